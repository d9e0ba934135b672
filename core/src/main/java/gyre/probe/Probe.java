package gyre.probe;

import gyre.sys.Memory;
import java.lang.invoke.VarHandle;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * What one loop tells of itself. Its methods are called by the loop's thread, at fixed places of a
 * turn, and write into a slot that others may read.
 *
 * <p>One reading of the clock serves two purposes: where one callback ends the next one begins. So
 * {@link #lastNanos} is the time of the last reading, and each slice of work is what has passed
 * since.
 *
 * <p>Nothing here allocates, but for the first handle of a kind.
 */
public final class Probe {
  private static final int LOOKS_MAX = 3;

  /** A loop that has begun no turn for so long tells its watcher of the next one. */
  public static final long QUIET_NANOS = 25_000_000;

  /** Where the slot is; after the end of the loop, a place that nobody reads. */
  private long base;

  private final String[] kindNames = new String[SlotLayout.KINDS_MAX];
  private int kinds;

  private final long stallLimitNanos;

  private long turnNanos;
  private long previousTurnNanos;
  private long lastNanos;
  private boolean sleeps;
  private boolean isContinuous;
  private boolean isInTurn;
  private boolean isInCallback;
  private boolean isTold = true;
  private int carriedCallbacks;
  private int carriedFibers;
  private long sequence = SlotLayout.SEQUENCE_FIRST;

  /** Told of each event, while somebody traces. */
  private @Nullable Trace trace;

  /** Told when a turn begins after a quiet time; null while nobody watches. */
  private @Nullable Runnable watcher;

  Probe(long base, long stallLimitNanos) {
    this.base = base;
    this.stallLimitNanos = stallLimitNanos;
    Arrays.fill(kindNames, "");
    int ignored = kind("runtime");
  }

  // ---- the turn

  /** Before a loop waits: closes the turn, if one is open. */
  public void waits(long nowNanos, boolean mayBlock) {
    if (isInTurn) {
      long end = isContinuous ? nowNanos : lastNanos;
      long busy = Math.max(0, end - turnNanos);
      add(Counter.BUSY_NANOS, busy);
      record(Distribution.TURN.offset(), busy);
      isInTurn = false;
    }
    lastNanos = nowNanos;
    sleeps = mayBlock;
    if (mayBlock) {
      add(Counter.SLEEPS, 1);
    }
    phase(SlotLayout.WAITING, nowNanos);
    VarHandle.storeStoreFence();
    Memory.putLong(base + SlotLayout.SEQUENCE, ++sequence & -2L);
  }

  /** A phase is never seen together with a time that lies before it. */
  private void phase(long phase, long nowNanos) {
    Memory.putLong(base + SlotLayout.PHASE_SINCE, nowNanos);
    VarHandle.storeStoreFence();
    Memory.putLong(base + SlotLayout.PHASE, phase);
  }

  /**
   * The wait has ended.
   *
   * @param deadlineNanos when it should have ended at the latest, or {@link Long#MAX_VALUE}
   */
  public void turnBegins(long nowNanos, long deadlineNanos, int callbacks, int fibers) {
    sequence |= 1;
    Memory.putLong(base + SlotLayout.SEQUENCE, sequence);
    VarHandle.storeStoreFence();
    long waited = Math.max(0, nowNanos - lastNanos);
    add(sleeps ? Counter.IDLE_NANOS : Counter.POLL_NANOS, waited);
    if (sleeps && nowNanos - deadlineNanos >= 0 && deadlineNanos != Long.MAX_VALUE) {
      // What was due before the wait began is late by the loop's own doing.
      record(Distribution.POLL_DELAY.offset(), nowNanos - Math.max(deadlineNanos, lastNanos));
    }
    if (trace != null) {
      trace.add(Trace.WAIT, lastNanos, waited, null);
    }
    add(Counter.TURNS, 1);
    boolean wasQuiet = turnNanos == 0 || nowNanos - turnNanos >= QUIET_NANOS;
    previousTurnNanos = turnNanos == 0 ? nowNanos : turnNanos;
    turnNanos = nowNanos;
    lastNanos = nowNanos;
    isInTurn = true;
    isContinuous = false;
    carriedCallbacks = callbacks;
    carriedFibers = fibers;
    Memory.putLong(base + SlotLayout.ITEM_SINCE, nowNanos);
    phase(SlotLayout.IN_TURN, nowNanos);
    if (wasQuiet && watcher != null) {
      watcher.run();
    }
  }

  /** Completions, inbox and timers are done: what follows are callbacks and fibers. */
  public void dispatched(long nowNanos, int completions, int timers) {
    add(Counter.COMPLETIONS, completions);
    record(Distribution.TURN_EVENTS.offset(), completions);
    add(Counter.TIMERS_FIRED, timers);
    if (nowNanos - lastNanos > stallLimitNanos) {
      stalled(nowNanos - lastNanos);
    }
    if (trace != null) {
      trace.add(Trace.DISPATCH, lastNanos, nowNanos - lastNanos, null);
    }
    began(nowNanos);
  }

  public void tookFromInbox(int posts, int resumes, int left) {
    add(Counter.POSTS, posts);
    add(Counter.RESUMES, resumes);
    set(Counter.INBOX_DEPTH, left);
    record(Distribution.INBOX_TAKEN.offset(), posts + (long) resumes);
  }

  /** The turn is over but for what is handed to the kernel before the next wait. */
  public void turnEnds(int callbacksLeft, int fibersLeft) {
    set(Counter.RUNNABLE, fibersLeft);
    set(Counter.CALLBACKS_WAITING, callbacksLeft);
    if (callbacksLeft + fibersLeft > 0) {
      add(Counter.BUDGETS_USED_UP, 1);
    }
    Memory.putLong(base + SlotLayout.PHASE, SlotLayout.OUTSIDE);
  }

  /**
   * Its driver has the thread, who may not come back for long: what is told is whole until then.
   */
  public void rests() {
    VarHandle.storeStoreFence();
    Memory.putLong(base + SlotLayout.SEQUENCE, ++sequence & -2L);
  }

  /** The driver has it turn again. */
  public void restEnds() {
    sequence |= 1;
    Memory.putLong(base + SlotLayout.SEQUENCE, sequence);
    VarHandle.storeStoreFence();
  }

  /** The next turn follows at once: the loop is not turned by hand. */
  public void continues() {
    isContinuous = true;
  }

  // ---- callbacks and fibers

  /** A callback is about to run; the time is that of the last reading. */
  public void callbackBegins() {
    isInCallback = true;
    long readyNanos = turnNanos;
    if (carriedCallbacks > 0) {
      carriedCallbacks--;
      readyNanos = previousTurnNanos;
    }
    record(Distribution.QUEUE_DELAY.offset(), lastNanos - readyNanos);
  }

  public void callbackEnded(long nowNanos, int kind, @Nullable Object subject) {
    isInCallback = false;
    add(Counter.CALLBACKS, 1);
    slice(nowNanos, kind, subject);
  }

  /** A fiber that runs callbacks is about to run, be it that it goes on with one. */
  public void callbacksGoOn() {
    isTold = false;
  }

  /**
   * Whether something has run since the last slice that was told: a callback that has begun, or one
   * that was parked and went on, and that has not ended.
   */
  public boolean hasUntold() {
    return isInCallback || !isTold;
  }

  /** A callback waits for something, and its fiber with it. */
  public void callbackParked(long nowNanos, int kind, @Nullable Object subject) {
    isInCallback = false;
    slice(nowNanos, kind, subject);
  }

  private void slice(long nowNanos, int kind, @Nullable Object subject) {
    isTold = true;
    long nanos = nowNanos - lastNanos;
    record(SlotLayout.kindHistogramOffset(kind), nanos);
    if (trace != null) {
      trace.add(Trace.CALLBACK, lastNanos, nanos, subject);
    }
    if (nanos > stallLimitNanos) {
      stalled(nanos);
      long place = base + SlotLayout.kindOffset(kind) + SlotLayout.KIND_STALLS;
      Memory.putLong(place, Memory.getLong(place) + 1);
    }
    began(nowNanos);
  }

  /** A fiber that runs no callbacks is about to run. */
  public void fiberBegins() {
    long readyNanos = turnNanos;
    if (carriedFibers > 0) {
      carriedFibers--;
      readyNanos = previousTurnNanos;
    }
    record(Distribution.QUEUE_DELAY.offset(), Math.max(0, lastNanos - readyNanos));
  }

  public void fiberRan(long nowNanos, @Nullable Object subject) {
    long nanos = nowNanos - lastNanos;
    add(Counter.FIBER_RUNS, 1);
    record(Distribution.FIBER_RUN.offset(), nanos);
    if (trace != null) {
      trace.add(Trace.FIBER, lastNanos, nanos, subject);
    }
    if (nanos > stallLimitNanos) {
      stalled(nanos);
    }
    began(nowNanos);
  }

  private void began(long nowNanos) {
    lastNanos = nowNanos;
    Memory.putLong(base + SlotLayout.ITEM_SINCE, nowNanos);
  }

  /** Of which kind it was, if of any, is told by who calls. */
  private void stalled(long nanos) {
    add(Counter.STALLS, 1);
    if (nanos > Memory.getLong(base + Counter.LONGEST_NANOS.offset())) {
      set(Counter.LONGEST_NANOS, nanos);
    }
  }

  // ---- numbers

  public void add(Counter counter, long number) {
    long place = base + counter.offset();
    Memory.putLong(place, Memory.getLong(place) + number);
  }

  public void set(Counter counter, long number) {
    Memory.putLong(base + counter.offset(), number);
  }

  public void record(Distribution distribution, long value) {
    record(distribution.offset(), value);
  }

  private void record(int offset, long value) {
    long histogram = base + offset;
    long counted = Math.max(value, 0);
    Memory.putLong(histogram, Memory.getLong(histogram) + counted);
    if (counted > Memory.getLong(histogram + Buckets.MAX)) {
      Memory.putLong(histogram + Buckets.MAX, counted);
    }
    long bucket = histogram + Buckets.FIRST + (long) Buckets.index(counted) * Long.BYTES;
    Memory.putLong(bucket, Memory.getLong(bucket) + 1);
  }

  // ---- kinds of handles

  /** The number of a kind, which is given out for the first of it; 0 when there are too many. */
  @SuppressWarnings("ReferenceEquality") // names are literals: the slow comparison follows
  public int kind(String name) {
    for (int i = 0; i < kinds; i++) {
      if (kindNames[i] == name || kindNames[i].equals(name)) {
        return i;
      }
    }
    if (kinds == SlotLayout.KINDS_MAX) {
      return 0;
    }
    kindNames[kinds] = name;
    putText(SlotLayout.kindOffset(kinds) + SlotLayout.KIND_NAME, SlotLayout.KIND_NAME_BYTES, name);
    kinds++;
    Memory.putLong(base + SlotLayout.KINDS, kinds);
    return kinds - 1;
  }

  public void handles(int kind, int change) {
    long place = base + SlotLayout.kindOffset(kind) + SlotLayout.KIND_OPEN;
    Memory.putLong(place, Memory.getLong(place) + change);
  }

  // ---- who reads

  /** On the loop; null ends it. */
  public void trace(@Nullable Trace to) {
    trace = to;
  }

  /** On the loop: ends the trace to {@code from}, and none that has come in its place. */
  public void endTrace(Trace from) {
    if (trace == from) {
      trace = null;
    }
  }

  /**
   * On the loop: {@code told} is run where a turn begins after {@link #QUIET_NANOS} without one. So
   * a watcher need not look while nothing happens.
   */
  public void watch(Runnable told) {
    watcher = told;
  }

  /**
   * For how long no turn has begun nor gone on; 0 while one does. If it is more than {@link
   * #QUIET_NANOS} the next turn is told to the watcher. From any thread.
   */
  public long quietNanos(long nowNanos) {
    for (int i = 0; i < LOOKS_MAX; i++) {
      long since = Memory.getLong(base + SlotLayout.PHASE_SINCE);
      VarHandle.loadLoadFence();
      boolean isInTurnNow = Memory.getLong(base + SlotLayout.PHASE) == SlotLayout.IN_TURN;
      VarHandle.loadLoadFence();
      if (Memory.getLong(base + SlotLayout.PHASE_SINCE) == since) {
        return isInTurnNow ? 0 : since == 0 ? Long.MAX_VALUE : Math.max(0, nowNanos - since);
      }
    }
    return 0;
  }

  /** When the turn began that goes on, or 0: for a look from another thread, which may be late. */
  public long turnSinceNanos() {
    for (int i = 0; i < LOOKS_MAX; i++) {
      long since = Memory.getLong(base + SlotLayout.PHASE_SINCE);
      VarHandle.loadLoadFence();
      boolean isInTurnNow = Memory.getLong(base + SlotLayout.PHASE) == SlotLayout.IN_TURN;
      VarHandle.loadLoadFence();
      if (Memory.getLong(base + SlotLayout.PHASE_SINCE) == since) {
        return isInTurnNow ? since : 0;
      }
    }
    return 0; // one turn after the other: none of them is long
  }

  /** No other loop of this process has or had this number. From any thread. */
  public long loop() {
    return Memory.getLong(base + SlotLayout.LOOP);
  }

  /** When what runs now began. From any thread. */
  public long itemSinceNanos() {
    return Memory.getLong(base + SlotLayout.ITEM_SINCE);
  }

  /** From any thread, without guarantee. */
  public long get(Counter counter) {
    return Memory.getLong(base + counter.offset());
  }

  /** What takes longer is a stall. */
  public long stallLimitNanos() {
    return stallLimitNanos;
  }

  /** Of the loop's last reading of the clock. */
  public long lastNanos() {
    return lastNanos;
  }

  /** The kernel's number of the loop's thread; 0 where it is not known. */
  public long thread() {
    return Memory.getLong(base + SlotLayout.THREAD);
  }

  /** The slot is to be another loop's: what is still told of this one goes nowhere. */
  void end(long nowhere) {
    trace = null;
    watcher = null;
    base = nowhere;
  }

  /** Cut at the end where it is too long. */
  void putText(int offset, int bytes, String text) {
    byte[] encoded = text.getBytes(StandardCharsets.UTF_8);
    int length = Math.min(encoded.length, Math.min(bytes - 1, 255));
    Memory.copy(encoded, 0, base + offset + 1, length);
    Memory.putByte(base + offset, (byte) length);
  }

  void put(int offset, long number) {
    Memory.putLong(base + offset, number);
  }
}
