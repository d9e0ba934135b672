package gyre.net;

import gyre.Loop;
import gyre.engine.BlockPool;
import gyre.probe.Counter;
import gyre.probe.Probe;
import gyre.spi.Internals;
import gyre.spi.Resource;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

// Over 500 lines: one set of books; receiving, writing, accepting and resetting have a page each.
// Lists, line and standstill are elsewhere.
/**
 * Who may hold how much of a loop's memory, and who has to go. {@code docs/guide/limits.md} tells
 * it to users.
 *
 * <p>A reserve of the pool always lets a little be received on every stream. Beyond that, while
 * memory is scarce, who needs more asks before it receives: what it may have is promised, and set
 * aside, or it waits in line. So whoever had its turn can finish, whatever the others do. Who had
 * its turn and stands still, while others wait, is reset. Nobody else ever is.
 *
 * <p>While memory is plentiful nothing is counted or looked at; the pool tells when that ends.
 *
 * <p>It is long since the holders, the line and the writers are one set of books: every change of a
 * holder touches several of them, and assertions at the end compare them all.
 */
final class MemoryPolicy extends Resource implements MemoryLog.Memory {
  /** What every stream may hold, always. */
  static final int FLOOR_BYTES = BlockPool.SMALL_BYTES;

  /** Unsent bytes of a stream at which writers pause while memory is scarce. */
  static final int TIGHT_OUTPUT_BYTES = 32 * 1024;

  private static final int STEP_BYTES = BlockPool.LARGE_BYTES;

  /** Whoever was refused although there is room for somebody else tries again after this. */
  private static final long RETRY_NANOS = TimeUnit.MILLISECONDS.toNanos(10);

  private static final long WAIT_NANOS = TimeUnit.SECONDS.toNanos(1);

  /** So long the memory of those that were reset may take to come back. */
  private static final long SETTLE_NANOS = TimeUnit.MILLISECONDS.toNanos(100);

  private static final int VICTIMS_PER_TURN = 64;

  private final BlockPool pool;
  private final long relayBytes;
  private final long tightAboveBytes;
  private final long calmBelowBytes;
  private final Tick tick = new Tick(this);
  private final LogTick logTick = new LogTick(this);

  /** For writers that want more than there is. */
  private final Tick retryTick = new Tick(this);

  MemoryLevel level = MemoryLevel.CALM;
  private boolean turnRequested;

  private final Holders holders = new Holders();
  private final HolderLine line = new HolderLine();
  private final Standstill standstill = new Standstill(holders);

  /** Streams with a promise. */
  private int granted;

  /** Streams that want to write, and found no room although nothing of them is on its way. */
  private final LinkedHashSet<Holder> writers = new LinkedHashSet<>(0);

  private final List<SocketListener<?>> pausedListeners = new ArrayList<>(0);

  /** Since when there was not even room for a little; 0 if there is. */
  private long shortNanos;

  /** Memory of those that were reset which comes back soon, until then at the latest. */
  private long unsettledBytes;

  private long settledNanos;

  /** Nobody will be found to stand still before. */
  private long lookNanos;

  private long levelChanges;
  private long waitedNanosMax;
  private long grants;
  private long shedStreams;
  private long shedBytes;
  private long acceptPauses;
  private long writesRefused;
  private long resetsSeenPaused;
  private final MemoryLog log = new MemoryLog(this);

  private MemoryPolicy(Loop loop) {
    super(loop);
    pool = engine().pool();
    long limit = pool.limitBytes();
    long floors = Math.max(limit / 12, 16 * FLOOR_BYTES);
    long landing = Math.max(limit / 48, STEP_BYTES);
    relayBytes = landing;
    tightAboveBytes = limit / 2;
    calmBelowBytes = limit * 3 / 8;
    pool.govern(floors + landing + relayBytes, floors, landing, this::requestTurn);
    watchForTightness();
  }

  /**
   * While memory is plentiful: the pool tells when that ends, and little more than half of it can
   * be filled before this has had its turn.
   */
  private void watchForTightness() {
    pool.neverWake();
    pool.alarmAbove(tightAboveBytes);
    long cap = tightAboveBytes + pool.limitBytes() / 8;
    pool.transitCaps(cap, cap);
  }

  static MemoryPolicy of(Loop loop) {
    return onePerLoop(loop, MemoryPolicy.class, MemoryPolicy::new);
  }

  @Override
  public boolean isTight() {
    return level != MemoryLevel.CALM;
  }

  // ---- receiving

  /** The most that one await may ask for. */
  long largestClaim() {
    return pool.commonBytes() / 4;
  }

  /**
   * Whether a stream may receive now; to be asked only while memory is scarce. If not, because it
   * needs more than a little, it is in line, and {@link Holder#granted} follows.
   */
  boolean mayReceive(Holder holder) {
    int wanted = holder.wanted();
    if (wanted <= FLOOR_BYTES) {
      withdraw(holder);
      return holder.inputSize() < FLOOR_BYTES;
    }
    MemoryState state = holder.memoryState;
    if (state == MemoryState.SHED || holder.inputSize() >= wanted) {
      return false;
    }
    if (state == MemoryState.WAITING) {
      holder.holding().claim = wanted;
      return false;
    }
    if (state == MemoryState.GRANTED) {
      if (wanted <= holder.holding().claim) {
        return true;
      }
      revoke(holder);
    }
    holder.holding().claim = wanted;
    long need = need(holder);
    if ((line.isEmpty() || holder.isOurs()) && need <= roomFor(holder)) {
      grant(holder, need);
      return true;
    }
    join(holder);
    return false;
  }

  /**
   * What to set aside so that the claim can be filled: what comes is packed tightly, into whole
   * blocks, of which the last may be begun.
   */
  private static long need(Holder holder) {
    long missing = Math.max(1, holder.holding().claim - holder.inputSize());
    return (missing + STEP_BYTES - 1) / STEP_BYTES * STEP_BYTES + STEP_BYTES;
  }

  /**
   * A part of the reserve is for those whose answers somebody waits for who was admitted, and for
   * the first in line while nobody else has a promise: so there is always one who can finish.
   */
  private long roomFor(Holder holder) {
    return pool.roomBytes() + relayRoom(holder);
  }

  private long relayRoom(Holder holder) {
    boolean mayRelay = holder.isOurs() || granted == 0;
    return mayRelay ? relayBytes : 0;
  }

  private void grant(Holder holder, long need) {
    boolean hasWaited = holder.memoryState == MemoryState.WAITING;
    boolean isNew = holder.memoryState == MemoryState.LIGHT;
    holder.memoryState = MemoryState.GRANTED;
    holder.holding().budget = holder.inputHeldBytes() + need;
    holder.holding().promise = need;
    pool.promise(need);
    assert pool.holdsInvariant();
    granted++;
    grants++;
    if (isNew) {
      hold(holder);
    } else if (hasWaited) {
      holder.mark(now());
    }
  }

  /** Takes back what was promised; the stream holds what it has. */
  private void revoke(Holder holder) {
    assert holder.memoryState == MemoryState.GRANTED;
    holder.memoryState = MemoryState.HOLDING;
    granted--;
    pool.promise(-holder.holding().promise);
    if (holder.holding().promise > 0) {
      requestTurn();
    }
    holder.holding().promise = 0;
  }

  /** How many bytes it may receive at present. */
  int allowance(Holder holder) {
    long size = holder.inputSize();
    return switch (holder.memoryState) {
      case GRANTED -> (int) Math.max(0, holder.holding().claim - size);
      case WAITING, SHED -> 0;
      case LIGHT, HOLDING -> {
        boolean hasRoom = pool.roomBytes() >= pool.commonBytes() / 8 && size < STEP_BYTES;
        yield hasRoom ? STEP_BYTES : (int) Math.max(0, FLOOR_BYTES - size);
      }
    };
  }

  /** While memory is scarce: it has received something, or packed it. */
  void received(Holder holder) {
    if (holder.memoryState == MemoryState.GRANTED) {
      boolean isFilled = holder.inputSize() >= holder.holding().claim;
      long left = isFilled ? 0 : Math.max(0, holder.holding().budget - holder.inputHeldBytes());
      left = Math.min(left, holder.holding().promise + Math.max(0, pool.roomBytes()));
      if (left != holder.holding().promise) {
        pool.promise(left - holder.holding().promise);
        holder.holding().promise = left;
      }
    }
  }

  /** While memory is scarce: it holds bytes over a turn. */
  void kept(Holder holder) {
    if (holder.memoryState == MemoryState.LIGHT) {
      holder.memoryState = MemoryState.HOLDING;
      hold(holder);
    } else if (isHeld(holder)) {
      holder.touch(now());
      if (holder.wanted() <= FLOOR_BYTES) {
        withdraw(holder);
      }
    }
  }

  /** Whether it is among the holders. */
  private static boolean isHeld(Holder holder) {
    return switch (holder.memoryState) {
      case HOLDING, GRANTED, WAITING -> true;
      case LIGHT, SHED -> false;
    };
  }

  /** It holds nothing any more. */
  void left(Holder holder) {
    if (!isHeld(holder)) {
      return;
    }
    if (holder.wanted() > FLOOR_BYTES) {
      holder.touch(now()); // it has not begun to receive
    } else {
      withdraw(holder);
    }
    if (holder.memoryState == MemoryState.HOLDING) {
      holders.remove(holder);
      holder.memoryState = MemoryState.LIGHT;
      holder.forget();
    }
  }

  /** It asks for nothing more: its place in line, or what was promised, is others'. */
  private void withdraw(Holder holder) {
    if (holder.memoryState == MemoryState.WAITING) {
      leaveLine(holder);
      holder.memoryState = MemoryState.HOLDING;
    } else if (holder.memoryState == MemoryState.GRANTED) {
      revoke(holder);
    }
  }

  /** Nobody reads any more; what was received stays. */
  void readerLeft(Holder holder) {
    withdraw(holder);
    if (holder.memoryState == MemoryState.HOLDING && holder.heldBytes() == 0) {
      left(holder);
    }
  }

  /** It is closing. */
  void gone(Holder holder) {
    withdraw(holder);
    if (holder.memoryState == MemoryState.HOLDING) {
      holders.remove(holder);
    }
    if (holder.awaitsRoom()) {
      leaveWriters(holder);
      requestTurn(); // nobody may be reset for it
    }
    holder.memoryState = MemoryState.SHED;
    holder.forget();
  }

  /** Whether it is in none of the books: what a stream that has ended asserts. */
  boolean hasForgotten(Holder holder) {
    return holder.memoryState == MemoryState.SHED
        && holder.isForgotten()
        && !writers.contains(holder);
  }

  void resetSeen() {
    resetsSeenPaused++;
  }

  /** Whether it would get on if there was memory. */
  boolean keepsWaiting(Holder holder) {
    if (!isTight()) {
      return false;
    }
    boolean lacksMemory = holder.memoryState == MemoryState.WAITING || pool.isShort();
    return holder.awaitsRoom() || (lacksMemory && holder.isBehind());
  }

  // ---- writing

  /** Unsent bytes at which writers pause. */
  int outputLimit(int asked) {
    return isTight() ? Math.min(asked, TIGHT_OUTPUT_BYTES) : asked;
  }

  /** What callbacks, which can't pause, may have unsent in all. */
  long hardOutputLimit(int softBytes) {
    return isTight()
        ? Math.max(outputLimit(softBytes) + STEP_BYTES, Math.max(0, pool.roomBytes()) / 8)
        : Math.max(2L * softBytes, pool.commonBytes() / 8);
  }

  /** For bytes that are in the pool already, and only change the queue. */
  long hardMoveLimit(int softBytes) {
    return Math.max(2L * softBytes, pool.commonBytes() / 8);
  }

  void writeRefused() {
    writesRefused++;
  }

  /** Whether a piece of 16 KiB could be written now. */
  boolean hasRoomToWrite() {
    return pool.roomBytes() >= STEP_BYTES;
  }

  /** {@link Holder#roomCame} follows, unless it ends before. */
  void awaitRoom(Holder holder) {
    if (holder.memoryState == MemoryState.SHED) {
      return;
    }
    if (!holder.holding().awaitsRoom) {
      holder.holding().awaitsRoom = true;
      holder.holding().refusedUntilNanos = hasRoomToWrite() ? now() + RETRY_NANOS : now();
      writers.addLast(holder);
      requestTurn(); // another shortage may be under way, of which nobody is told again
    }
  }

  private void resumeWriters(long now) {
    for (int left = writers.size(); left > 0 && hasRoomToWrite(); left--) {
      Holder writer = writers.getFirst();
      if (writer.holding().refusedUntilNanos - now > 0) {
        writers.addLast(writer); // others may want less
        if (!retryTick.isActive()) {
          retryTick.start(RETRY_NANOS);
        }
        continue;
      }
      leaveWriters(writer);
      writer.roomCame();
    }
  }

  private void leaveWriters(Holder writer) {
    boolean wasThere = writers.remove(writer);
    assert wasThere : writer.name() + " awaits room, and is in no line";
    writer.holding().awaitsRoom = false;
    if (!isHeld(writer)) {
      writer.forget();
    }
  }

  // ---- accepting

  /** False where there is no room for newcomers; the listener is told when there is. */
  boolean mayAccept(SocketListener<?> listener) {
    if (!isTight() || pool.roomBytes() + pool.reserveBytes() >= pool.reserveBytes() / 4) {
      return true;
    }
    if (!pausedListeners.contains(listener)) {
      acceptPauses++;
      pausedListeners.add(listener);
    }
    return false;
  }

  private void resumeAccepting() {
    if (!pausedListeners.isEmpty()
        && pool.roomBytes() + pool.reserveBytes() >= pool.reserveBytes() / 2) {
      List<SocketListener<?>> all = List.copyOf(pausedListeners);
      pausedListeners.clear();
      all.forEach(SocketListener::acceptMore);
    }
  }

  // ---- turns

  @Override
  public String loopName() {
    return loop().name();
  }

  @Override
  public void turnAgain() {
    requestTurn();
  }

  @Override
  public void tellLater(long delayNanos) {
    if (!logTick.isActive()) {
      logTick.start(Math.max(1, delayNanos));
    }
  }

  private void requestTurn() {
    if (!turnRequested) {
      turnRequested = true;
      requestEndOfTurn();
      engine().hurry(); // it may be about to wait
    }
  }

  @Override
  protected void endOfTurn() {
    turnRequested = false;
    assert areBooksRight();
    long now = now();
    boolean wasShort = pool.isShort() || !writers.isEmpty();
    // Not before: who receives looks before each wait, and would tell of it again each time.
    if (pool.roomBytes() >= 0 && pool.hasTransit()) {
      pool.shortageEnded();
    }
    boolean isShort = pool.isShort() || !writers.isEmpty();
    if (isShort && shortNanos == 0) {
      shortNanos = now;
    } else if (!isShort) {
      shortNanos = 0;
    }
    if (level == MemoryLevel.CALM && !tighten(now, wasShort)) {
      resumeWriters(now);
      watchForTightness();
      tell();
      return;
    }
    serve(now);
    resumeWriters(now);
    resumeAccepting();
    shed(now);
    if (inUse() < calmBelowBytes && line.isEmpty() && writers.isEmpty()) {
      relax(now);
    } else {
      log.turn(now);
      rearm(now);
    }
    tell();
  }

  /** To those who read it from outside. */
  private void tell() {
    Probe probe = Internals.probe(loop());
    if (probe != null) {
      probe.set(
          Counter.MEMORY_LEVEL,
          switch (level) {
            case CALM -> 0;
            case TIGHT -> 1;
            case SHED -> 2;
          });
      probe.set(Counter.MEMORY_WAITING, line.size());
      probe.set(Counter.STREAMS_SHED, shedStreams);
      probe.set(Counter.WRITES_REFUSED, writesRefused);
      probe.set(Counter.ACCEPT_PAUSES, acceptPauses);
    }
  }

  private long inUse() {
    return pool.usedBytes() + pool.transitBytes();
  }

  private long now() {
    return loop().nanoTime();
  }

  private boolean tighten(long now, boolean isShort) {
    if (inUse() <= tightAboveBytes && (!isShort || inUse() < calmBelowBytes)) {
      return false;
    }
    level = MemoryLevel.TIGHT;
    levelChanges++;
    // The last quarter is for those who have asked.
    pool.transitCaps(pool.commonBytes() * 3 / 4, Long.MAX_VALUE);
    tightenEach(true); // whose turn ends frees most
    tightenEach(false);
    log.tightened(now);
    requestTurn(); // who may have to wait is known then
    return true;
  }

  private void tightenEach(boolean holdsMuch) {
    eachHandle(handle -> {
      if (handle instanceof Holder holder
          && holder.state() != State.CLOSED
          && holder.inputSize() > FLOOR_BYTES == holdsMuch) {
        holder.tighten();
      }
    });
  }

  private void relax(long now) {
    level = MemoryLevel.CALM;
    levelChanges++;
    for (Holder holder = holders.oldest(); holder != null; holder = holders.oldest()) {
      if (holder.memoryState == MemoryState.GRANTED) {
        revoke(holder);
      }
      holders.remove(holder);
      holder.memoryState = MemoryState.LIGHT;
      holder.forget();
      holder.granted();
    }
    assert granted == 0 && holders.size() == 0 && pool.promisedBytes() == 0 && isNoneHeld();
    resumeAccepting();
    tick.cancel();
    watchForTightness();
    long ignored = pool.trim();
    log.relaxed(now);
  }

  private void serve(long now) {
    for (Holder first = line.first(); first != null; first = line.first()) {
      long need = need(first);
      if (need > roomFor(first)) {
        return;
      }
      waitedNanosMax = Math.max(waitedNanosMax, now - first.holding().waitingNanos);
      line.remove(first);
      grant(first, need);
      first.granted();
    }
  }

  private void rearm(long now) {
    Holder first = line.first();
    pool.wakeAt(calmBelowBytes - 1, roomWanted());
    boolean isNeeded = first != null || shortNanos != 0;
    if (!isNeeded) {
      tick.cancel();
    } else if (!tick.isActive()) {
      tick.start(Math.max(1, Math.max(settledNanos, nextDue(now)) - now));
    }
  }

  /** The room that there must be before somebody can go on who can't now. */
  private long roomWanted() {
    long wanted = Long.MAX_VALUE;
    Holder first = line.first();
    if (first != null) {
      wanted = need(first) - relayRoom(first);
    }
    if (!writers.isEmpty()) {
      wanted = Math.min(wanted, STEP_BYTES);
    }
    if (pool.isShort()) {
      wanted = Math.min(wanted, 0);
    }
    if (!pausedListeners.isEmpty()) {
      wanted = Math.min(wanted, -pool.reserveBytes() / 2);
    }
    return wanted;
  }

  // ---- shedding

  /** Makes room for whoever has waited for long: one after the other, as each gets its turn. */
  private void shed(long now) {
    @Nullable Deque<Holder> candidates = null;
    for (int left = VICTIMS_PER_TURN; isOverdue(now); left--) {
      if (left == 0) {
        requestTurn();
        return;
      }
      level = MemoryLevel.SHED;
      if (candidates == null) {
        candidates = standstill.atFault(now);
        candidates = candidates.isEmpty() ? stuck(now) : candidates;
      }
      if (candidates.isEmpty()) {
        lookNanos = nextDue(now);
        return;
      }
      shed(candidates.removeFirst(), now);
      serve(now);
    }
  }

  /** Whether somebody has waited for long, for whom there is no room and none on its way. */
  private boolean isOverdue(long now) {
    Holder first = line.first();
    long missing =
        first != null
            ? need(first) - roomFor(first)
            : shortNanos != 0 ? STEP_BYTES - pool.roomBytes() : 0;
    if (missing <= 0) {
      level = MemoryLevel.TIGHT;
      return false;
    }
    long since = first != null ? first.holding().waitingNanos : shortNanos;
    long comingBytes = now < settledNanos ? unsettledBytes : 0;
    return now - since >= WAIT_NANOS && now >= lookNanos && missing > comingBytes;
  }

  /**
   * Nobody stands still by itself, and yet for long the first in line gets no turn, or nobody even
   * a little: all of them have a part of what they need, and wait for the rest. Then it counts that
   * they stood still before.
   */
  private Deque<Holder> stuck(long now) {
    Holder first = line.first();
    long since = first != null ? first.holding().waitingNanos : shortNanos;
    if (now - since <= Standstill.PATIENCE_NANOS) {
      return new ArrayDeque<>(0);
    }
    boolean isStuck =
        first == null || granted == 0 || line.heldBytes() > pool.commonBytes() * 3 / 4;
    return isStuck ? standstill.unfinished(first, since, now) : new ArrayDeque<>(0);
  }

  /** When the next one may be found to stand still, while somebody waits. */
  private long nextDue(long now) {
    Holder first = line.first();
    long since = shortNanos != 0 ? shortNanos : now;
    since = first != null ? Math.min(since, first.holding().waitingNanos) : since;
    // Whose bytes no handler asks for is due for ever: look again later.
    long least = now - since < WAIT_NANOS ? since + WAIT_NANOS : now + WAIT_NANOS;
    return Math.max(standstill.nextDue(now), least);
  }

  private void shed(Holder victim, long now) {
    long held = victim.heldBytes();
    long stoodNanos = now - victim.holding().markNanos;
    shedStreams++;
    shedBytes += held;
    log.shed(held);
    long others = Math.max(1, line.size() - (victim.memoryState == MemoryState.WAITING ? 1 : 0));
    gone(victim);
    victim.shed(
        "was reset: it held %d bytes and moved nothing for %d s, while %d others waited for memory"
            .formatted(held, TimeUnit.NANOSECONDS.toSeconds(stoodNanos), others));
    long rest = victim.heldBytes();
    if (rest > 0) {
      unsettledBytes = (now < settledNanos ? unsettledBytes : 0) + rest;
      settledNanos = now + SETTLE_NANOS;
    }
  }

  // ---- lists

  private void hold(Holder holder) {
    holders.add(holder);
    holder.mark(now());
  }

  /** Gets in line: at the end, or in front if others wait for what it receives. */
  private void join(Holder holder) {
    if (holder.memoryState == MemoryState.LIGHT) {
      hold(holder);
    }
    holder.memoryState = MemoryState.WAITING;
    holder.holding().waitingNanos = now();
    line.add(holder, holder.isOurs());
    requestTurn();
  }

  private void leaveLine(Holder holder) {
    line.remove(holder);
    requestTurn();
  }

  // ---- assertions

  /** Whether each list has whom it should have, and what they were promised is set aside. */
  private boolean areBooksRight() {
    int held = 0;
    int waiting = 0;
    int withPromise = 0;
    long promised = 0;
    for (Holder holder = holders.oldest(); holder != null; holder = holder.holding().holdsNext) {
      if (!isHeld(holder) || holder.state() == State.CLOSED) {
        return false;
      }
      held++;
      waiting += holder.memoryState == MemoryState.WAITING ? 1 : 0;
      withPromise += holder.memoryState == MemoryState.GRANTED ? 1 : 0;
      promised += holder.holding().promise;
    }
    return held == holders.size()
        && waiting == line.size()
        && withPromise == granted
        && promised == pool.promisedBytes()
        && writers.stream().allMatch(each -> each.awaitsRoom() && each.state() != State.CLOSED);
  }

  private boolean isNoneHeld() {
    boolean[] isAny = {false};
    eachHandle(handle -> isAny[0] |= handle instanceof Holder holder && !holder.isForgotten());
    return !isAny[0];
  }

  // ---- what is known of it

  @Override
  public MemoryCounters counters() {
    return new MemoryCounters(
        level,
        levelChanges,
        pool.limitBytes(),
        pool.usedBytes(),
        pool.peakBytes(),
        pool.promisedBytes(),
        holders.size(),
        line.size(),
        waitedNanosMax,
        grants,
        shedStreams,
        shedBytes,
        acceptPauses,
        writesRefused,
        resetsSeenPaused);
  }

  @Override
  public @Nullable Holder firstHolder() {
    return holders.oldest();
  }

  @Override
  public String kind() {
    return "memory-policy";
  }

  @Override
  public int pendingOperations() {
    return 0;
  }

  @Override
  protected void closing() {}

  @Override
  protected void aborting() {}

  /** Looks again whether somebody stands still. Runs only while others wait. */
  private static final class Tick extends Timeout {
    private final MemoryPolicy policy;

    Tick(MemoryPolicy policy) {
      super(policy);
      this.policy = policy;
    }

    @Override
    protected void expired() {
      policy.requestTurn();
    }
  }

  /** Tells what came too early to be told. */
  private static final class LogTick extends Timeout {
    private final MemoryPolicy policy;

    LogTick(MemoryPolicy policy) {
      super(policy);
      this.policy = policy;
    }

    @Override
    protected void expired() {
      policy.log.late(policy.now());
    }
  }
}
