package gyre;

import gyre.loop.Logging;
import gyre.loop.TimerNode;
import java.lang.System.Logger.Level;
import java.util.Arrays;
import java.util.HashMap;
import java.util.Iterator;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * Logs the failures of one loop that no fiber waits for, so that a peer who triggers one again and
 * again cannot fill the disk.
 *
 * <p>The first failure of a kind is logged with its stack trace. Those of the same kind that follow
 * are counted, and told in one line a minute. A kind that did not occur for a whole minute is
 * forgotten: its next failure is shown in full. At most {@link #KINDS_LIMIT} kinds are told apart.
 */
final class FailureLog implements FailureListener {
  static final long PERIOD_NANOS = TimeUnit.MINUTES.toNanos(1);
  static final int KINDS_LIMIT = 64;

  /** Where the lines go. */
  interface Target {
    void log(Level level, String message, @Nullable Throwable failure);
  }

  /** What was thrown, and the stack it was thrown from. */
  private record Kind(Class<?> type, int stack) {
    static Kind of(Throwable failure) {
      return new Kind(failure.getClass(), Arrays.hashCode(failure.getStackTrace()));
    }
  }

  /** Those of a kind that were not logged, and what the last of them said. */
  private static final class Repeats {
    long count;
    String last = "";
  }

  /** Runs on the wheel of a loop, which it does not keep from ending. */
  private static final class Period extends TimerNode {
    private final UserCalls calls;
    private @Nullable FailureLog log;

    Period(UserCalls calls) {
      this.calls = calls;
    }

    @Override
    protected void fired(long nowNanos) {
      if (log != null) {
        calls.add(log::endPeriod);
      }
    }
  }

  private final Target target;
  private final Runnable startPeriod;
  private final Map<Kind, Repeats> kinds = new HashMap<>();
  private final Repeats others = new Repeats();
  private boolean counting;

  /**
   * @param startPeriod has {@link #endPeriod} called once, after {@link #PERIOD_NANOS}
   */
  FailureLog(Target target, Runnable startPeriod) {
    this.target = target;
    this.startPeriod = startPeriod;
  }

  /**
   * @param calls in which it is told of failures, and so of the time
   */
  static FailureLog of(Loop loop, UserCalls calls) {
    Period period = new Period(calls);
    FailureLog log = new FailureLog(Logging::log, () -> loop.startTimer(period, PERIOD_NANOS));
    period.log = log;
    return log;
  }

  @Override
  public void failed(String source, Throwable failure) {
    Kind kind = Kind.of(failure);
    Repeats known = kinds.get(kind);
    if (known == null && kinds.size() < KINDS_LIMIT) {
      kinds.put(kind, new Repeats());
      target.log(Level.ERROR, source + " failed", failure);
    } else {
      Repeats repeats = known == null ? others : known;
      repeats.count++;
      repeats.last = source + " failed: " + failure;
    }
    if (!counting) {
      counting = true;
      startPeriod.run();
    }
  }

  /** Tells what was only counted, and forgets the kinds that have not occurred again. */
  void endPeriod() {
    counting = false;
    Iterator<Repeats> all = kinds.values().iterator();
    while (all.hasNext()) {
      if (!told(all.next())) {
        all.remove();
      }
    }
    boolean ignored = told(others);
    if (!kinds.isEmpty()) {
      counting = true;
      startPeriod.run();
    }
  }

  /** The loop ends, and with it the minute. */
  void close() {
    for (Repeats repeats : kinds.values()) {
      boolean ignored = told(repeats);
    }
    boolean ignored = told(others);
  }

  private boolean told(Repeats repeats) {
    long count = repeats.count;
    if (count > 0) {
      repeats.count = 0;
      target.log(
          Level.ERROR, count + " more failures like one before, the last: " + repeats.last, null);
    }
    return count > 0;
  }
}
