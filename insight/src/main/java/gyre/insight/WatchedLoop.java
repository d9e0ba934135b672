package gyre.insight;

import gyre.Fiber;
import gyre.Handle;
import gyre.Loop;
import gyre.Scope;
import gyre.insight.StallReport.Cause;
import gyre.probe.Counter;
import gyre.probe.Probe;
import gyre.spi.Internals;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * One loop, as the watchdog sees it from one look to the next.
 *
 * <pre>
 *   CALM --a turn goes on--&gt; SUSPECT --for longer than the limit--&gt; STALLED --it ends--&gt; CALM
 *     ^                         |
 *     +------it ends------------+
 * </pre>
 */
final class WatchedLoop {
  private enum State {
    CALM,
    SUSPECT,
    STALLED
  }

  /** A turn that has taken this part of the limit is looked into, to be on the safe side. */
  private static final int EARLY_PART = 4;

  /** A stall that goes on is looked into anew so often. */
  private static final long AGAIN_NANOS = 250_000_000;

  private static final int SCOPES_MAX = 32;
  private static final long LONGEST_PERIOD_MILLIS = 100;

  /** Of the period while a turn goes on, once a stall was over too soon to be seen: for so long. */
  private static final long ALERT_PERIOD_MILLIS = 2;

  private static final long ALERT_NANOS = 30_000_000_000L;

  /** Beyond {@link Probe#QUIET_NANOS}, for what the loop writes to be seen. */
  private static final long QUIET_MARGIN_NANOS = 5_000_000;

  /** The period where the loop wakes the watchdog when it begins a turn. */
  static final long ASLEEP = Long.MAX_VALUE;

  private static final StackTraceElement[] NO_STACK = {};

  /** How things stood when a turn was first looked into. */
  private record Baseline(
      long takenNanos, Machine.ThreadTimes times, long stolenNanos, long throttledNanos) {}

  private final Loop loop;
  private final Probe probe;
  private final StallLog log;
  private final Sampler sampler;
  private final long limitNanos;
  private final long number;
  private boolean isEnded;
  private State state = State.CALM;
  private long turnNanos;
  private long turnsSeen;
  private long stallsSeen;
  private long unseenNanos;
  private @Nullable Baseline baseline;
  private long collectedBefore;
  private long pausedNanos;
  private long pauseEndedNanos;
  private long examinedNanos;
  private @Nullable StallReport report;

  /** This thread was late itself when it first looked into the present turn. */
  private boolean isDoubtful;

  /** Of the present turn, before it is a stall: it may be over when this thread looks again. */
  private @Nullable StallReport early;

  WatchedLoop(Loop loop, Probe probe, StallLog log, Sampler sampler) {
    this.loop = loop;
    this.probe = probe;
    this.log = log;
    this.sampler = sampler;
    this.limitNanos = probe.stallLimitNanos();
    this.number = probe.loop();
  }

  Loop loop() {
    return loop;
  }

  Probe probe() {
    return probe;
  }

  /**
   * Milliseconds until the next look. Between turns it is short enough for one look to fall into
   * each turn that takes longer than the limit, when it is old enough to be looked into.
   */
  synchronized long periodMillis(long now) {
    long quietNanos = probe.quietNanos(now);
    boolean isQuiet = quietNanos > Probe.QUIET_NANOS + QUIET_MARGIN_NANOS;
    if (isEnded || (isQuiet && !hasTurned())) { // or else a turn is still to be told of
      return ASLEEP;
    }
    if (quietNanos > 0) {
      return Math.clamp(limitNanos / 1_500_000, ALERT_PERIOD_MILLIS, LONGEST_PERIOD_MILLIS);
    }
    boolean isAlert = unseenNanos != 0 && now - unseenNanos < ALERT_NANOS;
    return isAlert
        ? ALERT_PERIOD_MILLIS
        : Math.clamp(limitNanos / 3_000_000, ALERT_PERIOD_MILLIS, LONGEST_PERIOD_MILLIS);
  }

  /** From any thread: nothing is asked of the loop any more, and what held it up is over. */
  synchronized void end() {
    isEnded = true;
    over(System.nanoTime());
  }

  synchronized boolean isEnded() {
    return isEnded;
  }

  /** Whether the loop has turned since the last look, or a turn goes on. */
  synchronized boolean hasTurned() {
    return !isEnded
        && (state != State.CALM
            || probe.turnSinceNanos() != 0
            || probe.get(Counter.TURNS) != turnsSeen);
  }

  synchronized void look(long now) {
    if (isEnded) {
      return;
    }
    long turn = probe.turnSinceNanos();
    if (state != State.CALM && turn != turnNanos) {
      over(now);
    }
    lookForUnseen(now); // before the next turn, whose stack would be taken for it
    if (turn != 0) {
      lookAtTurn(turn, now);
    }
    turnsSeen = probe.get(Counter.TURNS);
  }

  private void lookAtTurn(long turn, long now) {
    if (state == State.CALM) {
      state = State.SUSPECT;
      turnNanos = turn;
      pausedNanos = 0;
      pauseEndedNanos = turn;
      early = null;
      baseline = null;
      isDoubtful = false;
      collectedBefore = sampler.collectedTotalNanos() - sampler.collectedNanos();
    }
    pausedNanos += sampler.lateNanos();
    if (sampler.lateNanos() > limitNanos / EARLY_PART) {
      pauseEndedNanos = now;
    }
    if (early == null && now - turn > limitNanos / EARLY_PART) {
      if (baseline == null) { // files of the kernel: not for each turn that is in time
        baseline = baseline(now);
        // Who was woken, and comes late, does not know for how long he slept too long.
        boolean isOld = now - turn > limitNanos / 4 * 3; // a look in time comes earlier
        isDoubtful = isOld || sampler.lateNanos() > limitNanos / EARLY_PART;
      }
      early = examine(turn, now);
    }
    if (now - turn > limitNanos && !isInDoubt(now)) {
      if (state == State.SUSPECT) {
        begin(examine(turn, now));
      } else if (report != null) {
        report = isToBeExamined(report, now) ? again(report, turn, now) : log.seen(report, now);
      }
    }
  }

  /**
   * Where this thread was held up before it saw the turn at all, the loop may have been too: what
   * runs there is not to blame before it was seen for a while.
   */
  private boolean isInDoubt(long now) {
    Baseline then = baseline;
    return isDoubtful && then != null && now - then.takenNanos < limitNanos / EARLY_PART;
  }

  /** What the machine did at the beginning acquits nobody who then goes on by himself. */
  private boolean isToBeExamined(StallReport known, long now) {
    return now - examinedNanos > (known.cause().isItsOwn() ? AGAIN_NANOS : limitNanos / 2);
  }

  private Baseline baseline(long now) {
    return new Baseline(
        now, sampler.times(probe.thread()), sampler.stolenNanos(), sampler.throttledNanos());
  }

  /** Null where what ran was over while it was looked at: then the next look tells. */
  private void begin(@Nullable StallReport seen) {
    if (seen != null) {
      state = State.STALLED;
      report = seen;
      log.add(seen);
    }
  }

  /** What held it up at first may be over, and something else go on. */
  private StallReport again(StallReport old, long turn, long now) {
    StallReport changed = examine(turn, now);
    if (changed == null) {
      return log.seen(old, now);
    }
    log.replace(old, changed);
    return changed;
  }

  private void over(long now) {
    StallReport known = report;
    if (known != null) {
      log.ended(known, now);
      stallsSeen = probe.get(Counter.STALLS);
    }
    report = null;
    state = State.CALM;
  }

  /** Some stalls are over before anybody looks; the loop has counted them. */
  private void lookForUnseen(long now) {
    if (state != State.CALM) {
      return;
    }
    StallReport seen = early; // of the turn that is over, in which they were counted
    early = null;
    long stalls = probe.get(Counter.STALLS);
    if (stalls > stallsSeen) {
      long counted = stalls - stallsSeen;
      stallsSeen = stalls;
      boolean isGc = sampler.collectedNanos() > limitNanos / 2;
      boolean isPause = sampler.lateNanos() > limitNanos / 2;
      if (!isGc && !isPause) {
        unseenNanos = now;
      }
      if (seen != null && seen.cause() != Cause.MANY && !isGc && !isPause && !isInDoubt(now)) {
        Machine.ThreadTimes times = sampler.times(probe.thread());
        long total = now - seen.beganNanos();
        Cause ofMachine = causeOfMachine(total, now, times);
        StallReport known =
            ofMachine == null
                ? seen
                : seen.by(ofMachine, detail(ofMachine, total, times, NO_STACK));
        log.add(known.ended(now));
        return;
      }
      Cause cause = isGc ? Cause.GC : isPause ? paused(now) : Cause.UNSEEN;
      String detail =
          isGc
              ? "collections took " + Figures.nanos(sampler.collectedNanos())
              : counted > 1 ? counted + " of them" : "";
      log.add(
          new StallReport(
              loop.name(),
              number,
              "runtime",
              "a callback or fiber of " + loop.name(),
              List.of(),
              now - limitNanos,
              now,
              now,
              cause,
              detail,
              List.of()));
    }
  }

  // ---- what holds it up

  /** Null where the turn, or what ran in it, ended meanwhile: then the stack is another one's. */
  private @Nullable StallReport examine(long turn, long now) {
    long item = probe.itemSinceNanos();
    Fiber<?> fiber = Internals.running(loop);
    Thread thread = fiber == null ? Internals.thread(loop) : Internals.thread(fiber);
    StackTraceElement[] stack = thread.getStackTrace();
    Thread.State threadState = thread.getState();
    Handle handle = fiber == null ? null : Internals.inCallbackOf(fiber);
    Machine.ThreadTimes times = sampler.times(probe.thread());
    long total = now - turn;
    Cause ofMachine = causeOfMachine(total, now, times);
    examinedNanos = now;
    if (ofMachine == null && now - item < Math.min(total, limitNanos) / 2) {
      return probe.turnSinceNanos() == turn ? many(turn, now, now - item) : null;
    }
    if (probe.turnSinceNanos() != turn || probe.itemSinceNanos() != item) {
      return null;
    }
    Cause cause = ofMachine == null ? causeOfCode(times, threadState, stack) : ofMachine;
    return new StallReport(
        loop.name(),
        number,
        kind(fiber, handle),
        subject(fiber, handle),
        scopes(fiber),
        turn,
        0,
        now,
        cause,
        detail(cause, total, times, stack),
        Arrays.stream(stack).map(StackTraceElement::toString).toList());
  }

  /** Whoever runs at the moment is not to blame. */
  private StallReport many(long turn, long now, long itemNanos) {
    return new StallReport(
        loop.name(),
        number,
        "runtime",
        "the loop itself",
        List.of(),
        turn,
        0,
        now,
        Cause.MANY,
        "the present one for " + Figures.nanos(Math.max(0, itemNanos)),
        List.of());
  }

  /** Null where it is the program's own doing. */
  private @Nullable Cause causeOfMachine(long total, long now, Machine.ThreadTimes times) {
    Baseline then = baseline;
    long known = then == null ? 0 : now - then.takenNanos;
    // What has used up its time on its processor is too long, whatever else happened. Before it was
    // looked into it has run, unless that was late.
    long before = total - known > limitNanos / 2 ? 0 : total - known;
    boolean hasRunLong =
        then != null && times.ranNanos() - then.times.ranNanos() > limitNanos - before;
    if (hasRunLong) {
      return null;
    }
    long collected = sampler.collectedTotalNanos() - collectedBefore;
    if (collected >= total / 2) {
      return Cause.GC;
    }
    // What goes on for long after the last pause would have been too long without it.
    if (pausedNanos >= total / 2 && now - pauseEndedNanos <= limitNanos) {
      return paused(now);
    }
    boolean hasWaited =
        then != null && known > 0 && times.waitedNanos() - then.times.waitedNanos() >= known / 2;
    return hasWaited ? taken(now, Cause.PREEMPTED) : null;
  }

  private static Cause causeOfCode(
      Machine.ThreadTimes times, Thread.State state, StackTraceElement[] stack) {
    if (isLock(state, stack)) {
      return Cause.LOCK;
    }
    boolean isNative = stack.length > 0 && stack[0].isNativeMethod();
    boolean isAsleep = times.state() == 'S' || times.state() == 'D';
    return isNative || isAsleep ? Cause.NATIVE : Cause.JAVA;
  }

  private Cause paused(long now) {
    return taken(now, Cause.PAUSE);
  }

  /** What was throttled or stolen is compared over the time in which it was. */
  private Cause taken(long now, Cause otherwise) {
    Baseline then = baseline;
    long half = then == null ? 0 : (now - then.takenNanos) / 2;
    if (then == null || half <= 0) {
      return otherwise;
    }
    return sampler.throttledNanos() - then.throttledNanos >= half
        ? Cause.THROTTLED
        : sampler.stolenNanos() - then.stolenNanos >= half ? Cause.STOLEN : otherwise;
  }

  /** A virtual thread that parks leaves its loop alone, unless it is pinned. */
  private static boolean isLock(Thread.State state, StackTraceElement[] stack) {
    if (state == Thread.State.BLOCKED) {
      return true;
    }
    for (int i = 0; i < Math.min(stack.length, 8); i++) {
      String method = stack[i].getMethodName();
      if (method.equals("parkOnCarrierThread")
          || method.startsWith("wait0")
          || (method.equals("park") && stack[i].getClassName().endsWith("Unsafe"))) {
        return true;
      }
    }
    return false;
  }

  private String detail(
      Cause cause, long total, Machine.ThreadTimes times, StackTraceElement[] stack) {
    return switch (cause) {
      case GC ->
          "collections took "
              + Figures.nanos(sampler.collectedTotalNanos() - collectedBefore)
              + " of "
              + Figures.nanos(total);
      case NATIVE -> stack.length == 0 ? "" : "in " + stack[0] + asleep(times);
      case PREEMPTED, THROTTLED, STOLEN ->
          "ready to run for " + Figures.nanos(waited(times)) + " of " + Figures.nanos(total);
      case PAUSE -> "the watchdog was late by " + Figures.nanos(pausedNanos) + " too";
      case LOCK -> stack.length == 0 ? "" : "in " + stack[0];
      case JAVA, UNSEEN, MANY -> "";
    };
  }

  private long waited(Machine.ThreadTimes times) {
    Baseline then = baseline;
    return then == null ? 0 : Math.max(0, times.waitedNanos() - then.times.waitedNanos());
  }

  private static String asleep(Machine.ThreadTimes times) {
    return times.state() == 'S' || times.state() == 'D' ? ", waiting in the kernel" : "";
  }

  /** It has callbacks to run, and is in none of them. */
  private static boolean isBetweenCallbacks(Fiber<?> fiber, @Nullable Handle handle) {
    return handle == null && Internals.isCallback(fiber) && !Internals.isPosted(fiber);
  }

  private static String kind(@Nullable Fiber<?> fiber, @Nullable Handle handle) {
    if (fiber == null || isBetweenCallbacks(fiber, handle)) {
      return "runtime";
    }
    if (handle != null) {
      return handle.kind();
    }
    return Internals.isPosted(fiber) ? "post" : "fiber";
  }

  private static String subject(@Nullable Fiber<?> fiber, @Nullable Handle handle) {
    if (fiber == null || isBetweenCallbacks(fiber, handle)) {
      return "the loop itself";
    }
    if (handle != null) {
      return "the callback of " + handle.name();
    }
    return Internals.isPosted(fiber) ? "a posted task" : "fiber " + fiber.name();
  }

  private static List<String> scopes(@Nullable Fiber<?> fiber) {
    List<String> names = new ArrayList<>();
    Scope scope = fiber == null ? null : Internals.currentScope(fiber);
    while (scope != null && names.size() < SCOPES_MAX) {
      names.add(scope.name());
      scope = scope.parent();
    }
    return names;
  }
}
