package gyre.insight;

import java.lang.management.ManagementFactory;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * The stalls of a process, the newest of them kept, some of them logged: at most five a minute, and
 * none of the first seconds of a JVM, which loads classes then. From any thread.
 */
final class StallLog {
  static final System.Logger LOGGER = System.getLogger("gyre.insight");

  private static final int KEPT = 64;
  private static final int LOGGED_PER_MINUTE = 5;
  private static final long MINUTE_NANOS = TimeUnit.MINUTES.toNanos(1);

  /** While it starts, a JVM loads and compiles: only what is very long is told. */
  private static final long START_MILLIS = 10_000;

  private static final long START_LIMIT_NANOS = TimeUnit.SECONDS.toNanos(1);

  /** What the machine does to a loop is logged only if it is long; all of it can be asked for. */
  private static final long OTHERS_LIMIT_NANOS = TimeUnit.MILLISECONDS.toNanos(250);

  private static final int FRAMES_LOGGED = 12;

  /** What is kept for a log that takes nothing. */
  private static final int UNWRITTEN_MAX = 16;

  private final ArrayDeque<StallReport> newest = new ArrayDeque<>();
  private final ArrayDeque<Long> loggedNanos = new ArrayDeque<>();
  private final ArrayDeque<String> unwritten = new ArrayDeque<>();
  private @Nullable Thread writer;
  private final long startEndsNanos =
      System.nanoTime()
          + TimeUnit.MILLISECONDS.toNanos(
              START_MILLIS - ManagementFactory.getRuntimeMXBean().getUptime());
  private long total;
  private long totalAtLog;

  synchronized void add(StallReport report) {
    total++;
    newest.addLast(report);
    if (newest.size() > KEPT) {
      newest.removeFirst();
    }
    StallEvent.commit(report);
    if (isForLog(report)) {
      log(report);
    }
  }

  /** It goes on. */
  synchronized StallReport seen(StallReport report, long now) {
    StallReport seen = report.seen(now);
    replace(report, seen);
    return seen;
  }

  synchronized void ended(StallReport report, long now) {
    StallReport ended = report.ended(now);
    replace(report, ended);
    StallEvent.commitEnd(ended);
  }

  /** The same stall, seen better: one that was not worth a line may be by now. */
  synchronized void replace(StallReport old, StallReport changed) {
    List<StallReport> all = new ArrayList<>(newest);
    newest.clear();
    all.forEach(each -> newest.add(each.equals(old) ? changed : each));
    if (!isSameCulprit(old, changed)) {
      StallEvent.commit(changed);
    }
    boolean isOwnNow = changed.cause().isItsOwn() && !old.cause().isItsOwn();
    if (isForLog(changed) && (isOwnNow || !isForLog(old))) {
      log(changed);
    }
  }

  /** Whether a recording that has the one has what matters of the other. */
  private static boolean isSameCulprit(StallReport one, StallReport other) {
    return one.cause() == other.cause()
        && one.subject().equals(other.subject())
        && one.place().equals(other.place());
  }

  synchronized List<StallReport> all() {
    return List.copyOf(newest);
  }

  private boolean isForLog(StallReport report) {
    long least =
        Math.max(
            report.beganNanos() - startEndsNanos < 0 ? START_LIMIT_NANOS : 0,
            report.cause().isItsOwn() ? 0 : OTHERS_LIMIT_NANOS);
    return report.nanos() >= least;
  }

  private void log(StallReport report) {
    long now = System.nanoTime();
    while (!loggedNanos.isEmpty() && now - loggedNanos.getFirst() > MINUTE_NANOS) {
      loggedNanos.removeFirst();
    }
    if (loggedNanos.size() < LOGGED_PER_MINUTE && unwritten.size() < UNWRITTEN_MAX) {
      loggedNanos.addLast(now);
      unwritten.addLast(words(report));
      totalAtLog = total;
    }
  }

  /**
   * Has what is to be logged written, by a thread of its own: a log whose reader is stuck must hold
   * up neither who closes a loop nor who watches the others. Returns at once.
   */
  synchronized void write() {
    if (!unwritten.isEmpty() && (writer == null || !writer.isAlive())) {
      writer = Thread.ofPlatform().daemon().name("gyre-stall-log").start(this::writeAll);
    }
  }

  private void writeAll() {
    for (String text = next(); text != null; text = next()) {
      LOGGER.log(System.Logger.Level.WARNING, text);
    }
  }

  private synchronized @Nullable String next() {
    String text = unwritten.pollFirst();
    if (text == null) {
      writer = null; // whoever comes later needs another one
    }
    return text;
  }

  private String words(StallReport report) {
    StringBuilder text = new StringBuilder();
    text.append(report.loop())
        .append(report.endedNanos() == 0 ? " is held up for " : " was held up for ")
        .append(Figures.nanos(report.nanos()))
        .append(report.endedNanos() == 0 ? " so far: " : " or more: ")
        .append(report.verdict());
    if (!report.scopes().isEmpty()) {
      text.append(", in scope ").append(String.join(" < ", report.scopes()));
    }
    long unlogged = total - 1 - totalAtLog;
    if (unlogged > 0) {
      text.append("; ").append(unlogged).append(" stalls before it were not logged");
    }
    if (report.cause().isItsOwn()) {
      report.stack().stream()
          .limit(FRAMES_LOGGED)
          .forEach(frame -> text.append(System.lineSeparator()).append("\tat ").append(frame));
    }
    return text.toString();
  }
}
