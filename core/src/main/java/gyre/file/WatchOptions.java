package gyre.file;

import java.nio.file.Path;
import java.time.Duration;
import java.util.function.Predicate;

/**
 * How a directory is watched. Immutable; each method that takes a value gives a changed copy, and
 * throws {@link IllegalArgumentException} for a value that makes no sense.
 */
public final class WatchOptions {
  @SuppressWarnings("UnnecessaryLambda") // it is compared with what is set
  private static final Predicate<Path> NOTHING = path -> false;

  private static final WatchOptions DEFAULTS = new WatchOptions(new Values());
  private static final Duration SHORTEST_POLL = Duration.ofMillis(10);
  private static final Duration LONGEST = Duration.ofDays(1);

  /** Everything that can be set, with its default. */
  private static final class Values implements Cloneable {
    boolean recursive;
    boolean existing;
    int queueLimit = 16_384;
    Duration coalesce = Duration.ZERO;
    Duration pollInterval = Duration.ofSeconds(1);
    boolean polling;
    boolean pollAtLimit;
    Predicate<Path> exclude = NOTHING;

    Values copy() {
      try {
        return (Values) clone();
      } catch (CloneNotSupportedException e) {
        throw new AssertionError(e);
      }
    }
  }

  private interface Change {
    void apply(Values values);
  }

  private final Values values;

  private WatchOptions(Values values) {
    this.values = values;
  }

  /** Only the directory itself, changes alone, as soon as they happen, and up to 16,384 waiting. */
  public static WatchOptions defaults() {
    return DEFAULTS;
  }

  private WatchOptions with(Change change) {
    Values changed = values.copy();
    change.apply(changed);
    return new WatchOptions(changed);
  }

  /** Also all directories below; links are not followed. Off by default. */
  public WatchOptions recursive(boolean on) {
    return with(v -> v.recursive = on);
  }

  /** Also tells, as created, of what is there at the beginning. Off by default. */
  public WatchOptions existing(boolean on) {
    return with(v -> v.existing = on);
  }

  /** How many events may wait to be taken before it overflows; 16,384 by default. */
  public WatchOptions queueLimit(int events) {
    if (events < 1) {
      throw new IllegalArgumentException("queueLimit is " + events + ": must be at least 1");
    }
    return with(v -> v.queueLimit = events);
  }

  /**
   * Gathers for so long from the first change on, and tells then what has come of it: a file that
   * was created and written is created, one that was created and deleted is not told of. Zero by
   * default, which gathers nothing.
   */
  public WatchOptions coalesce(Duration time) {
    if (time.isNegative() || time.compareTo(LONGEST) > 0) {
      throw new IllegalArgumentException("coalesce is " + time + ": must be from 0 to 1 day");
    }
    return with(v -> v.coalesce = time);
  }

  /**
   * Leaves out files and directories, and all that is below these: {@code path ->
   * path.endsWith(".git")}. Called on the loop for each path, and must be quick.
   */
  public WatchOptions exclude(Predicate<Path> which) {
    return with(v -> v.exclude = which);
  }

  /** How often it looks where the system tells of nothing, or {@link #polling}; 1 s by default. */
  public WatchOptions pollInterval(Duration time) {
    if (time.compareTo(SHORTEST_POLL) < 0 || time.compareTo(LONGEST) > 0) {
      throw new IllegalArgumentException(
          "pollInterval is " + time + ": must be from 10 ms to 1 day");
    }
    return with(v -> v.pollInterval = time);
  }

  /**
   * Looks from time to time even where the kernel would tell of changes: for file systems where it
   * does not, such as those of a network that others write to. Off by default.
   */
  public WatchOptions polling(boolean on) {
    return with(v -> v.polling = on);
  }

  /**
   * Goes on by looking from time to time, and says so with {@link WatchEvent.Degraded}, where the
   * system has no more watches to give. Off by default: {@link Watcher#open} throws then, and a
   * directory that appears later is {@link WatchEvent.Lost}.
   */
  public WatchOptions pollAtLimit(boolean on) {
    return with(v -> v.pollAtLimit = on);
  }

  boolean isRecursive() {
    return values.recursive;
  }

  boolean tellsExisting() {
    return values.existing;
  }

  int queueLimit() {
    return values.queueLimit;
  }

  long coalesceNanos() {
    return values.coalesce.toNanos();
  }

  long pollNanos() {
    return values.pollInterval.toNanos();
  }

  boolean isPolling() {
    return values.polling;
  }

  boolean isPollingAtLimit() {
    return values.pollAtLimit;
  }

  /** Else nobody need make the path. */
  boolean isExcluding() {
    return values.exclude != NOTHING;
  }

  boolean excludes(Path path) {
    return values.exclude.test(path);
  }
}
