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

  private final Loop loop;
  private final Probe probe;
  private final StallLog log;
  private final Sampler sampler;
  private final long limitNanos;
  private boolean isEnded;
  private State state = State.CALM;
  private long turnNanos;
  private long turnsSeen;
  private long stallsSeen;
  private long unseenNanos;
  private Machine.ThreadTimes baseline = new Machine.ThreadTimes('?', 0, 0);
  private long collectedBefore;
  private long pausedNanos;
  private long examinedNanos;
  private @Nullable StallReport report;

  /** Of the present turn, before it is a stall: it may be over when this thread looks again. */
  private @Nullable StallReport early;

  WatchedLoop(Loop loop, Probe probe, StallLog log, Sampler sampler) {
    this.loop = loop;
    this.probe = probe;
    this.log = log;
    this.sampler = sampler;
    this.limitNanos = probe.stallLimitNanos();
  }

  Loop loop() {
    return loop;
  }

  Probe probe() {
    return probe;
  }

  long limitNanos() {
    return limitNanos;
  }

  /** When one was last over before it was seen; 0 if none was. */
  long unseenNanos() {
    return unseenNanos;
  }

  /** From any thread: nothing is asked of the loop any more. */
  synchronized void end() {
    isEnded = true;
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
    if (turn != 0) {
      lookAtTurn(turn, now);
    }
    lookForUnseen(now);
    turnsSeen = probe.get(Counter.TURNS);
  }

  private void lookAtTurn(long turn, long now) {
    if (state == State.CALM) {
      state = State.SUSPECT;
      turnNanos = turn;
      pausedNanos = 0;
      early = null;
      collectedBefore = sampler.collectedTotalNanos() - sampler.collectedNanos();
      baseline = sampler.times(probe.thread());
    }
    pausedNanos += sampler.lateNanos();
    if (early == null && now - turn > limitNanos / EARLY_PART) {
      early = examine(turn, now);
    }
    if (now - turn > limitNanos) {
      if (state == State.SUSPECT) {
        state = State.STALLED;
        report = examine(turn, now);
        log.add(report);
      } else if (report != null) {
        report =
            now - examinedNanos > AGAIN_NANOS ? again(report, turn, now) : log.seen(report, now);
      }
    }
  }

  /** What held it up at first may be over, and something else go on. */
  private StallReport again(StallReport old, long turn, long now) {
    StallReport changed = examine(turn, now);
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
    long stalls = probe.get(Counter.STALLS);
    if (stalls > stallsSeen && state == State.CALM) {
      long known = stallsSeen;
      stallsSeen = stalls;
      boolean isGc = sampler.collectedNanos() > limitNanos / 2;
      boolean isPause = sampler.lateNanos() > limitNanos / 2;
      if (!isGc && !isPause) {
        unseenNanos = now;
      }
      StallReport seen = early;
      early = null;
      if (seen != null && seen.beganNanos() == turnNanos && !isGc && !isPause) {
        log.add(seen.ended(now));
        return;
      }
      Cause cause = isGc ? Cause.GC : isPause ? paused(limitNanos) : Cause.UNSEEN;
      String detail =
          isGc
              ? "collections took " + Figures.nanos(sampler.collectedNanos())
              : stalls - known > 1 ? stalls - known + " of them" : "";
      log.add(
          new StallReport(
              loop.name(),
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

  private StallReport examine(long turn, long now) {
    Fiber<?> fiber = Internals.running(loop);
    Thread thread = fiber == null ? Internals.thread(loop) : Internals.thread(fiber);
    StackTraceElement[] stack = thread.getStackTrace();
    Thread.State threadState = thread.getState();
    Handle handle = fiber == null ? null : Internals.inCallbackOf(fiber);
    Machine.ThreadTimes times = sampler.times(probe.thread());
    long total = now - turn;
    examinedNanos = now;
    Cause cause = cause(total, times, threadState, stack);
    return new StallReport(
        loop.name(),
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

  private Cause cause(
      long total, Machine.ThreadTimes times, Thread.State state, StackTraceElement[] stack) {
    // What has used up the limit on its processor is too long, whatever else happened.
    boolean hasRunLong = times.ranNanos() - baseline.ranNanos() > limitNanos;
    if (!hasRunLong) {
      long collected = sampler.collectedTotalNanos() - collectedBefore;
      if (collected >= total / 2) {
        return Cause.GC;
      }
      if (pausedNanos >= total / 2) {
        return paused(total);
      }
      if (times.waitedNanos() - baseline.waitedNanos() >= total / 2) {
        return sampler.throttledNanos() >= total / 2
            ? Cause.THROTTLED
            : sampler.stolenNanos() >= total / 2 ? Cause.STOLEN : Cause.PREEMPTED;
      }
    }
    if (isLock(state, stack)) {
      return Cause.LOCK;
    }
    boolean isNative = stack.length > 0 && stack[0].isNativeMethod();
    boolean isAsleep = times.state() == 'S' || times.state() == 'D';
    return isNative || isAsleep ? Cause.NATIVE : Cause.JAVA;
  }

  private Cause paused(long total) {
    return sampler.throttledNanos() >= total / 2
        ? Cause.THROTTLED
        : sampler.stolenNanos() >= total / 2 ? Cause.STOLEN : Cause.PAUSE;
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
          "ready to run for "
              + Figures.nanos(times.waitedNanos() - baseline.waitedNanos())
              + " of "
              + Figures.nanos(total);
      case PAUSE -> "the watchdog was late by " + Figures.nanos(pausedNanos) + " too";
      case LOCK -> stack.length == 0 ? "" : "in " + stack[0];
      case JAVA, UNSEEN -> "";
    };
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
