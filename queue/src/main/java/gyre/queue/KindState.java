package gyre.queue;

import gyre.sync.TokenBucket;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/** What of one kind runs now, and what waits for its limits. Used by the thread that executes. */
final class KindState {
  static final long NOT_BY_TIME = Long.MAX_VALUE;

  /** What was found to be of this kind when no more of it was allowed to begin. */
  final Backlog parked;

  private Kind kind;
  private TokenBucket bucket;
  int running;
  boolean isPaused;

  /** As of the last look. */
  Hanging hanging = Hanging.NONE;

  /**
   * @param parkedPerLevel how many of a priority are kept while they wait
   */
  KindState(Kind kind, int parkedPerLevel) {
    this.kind = kind;
    this.parked = new Backlog(parkedPerLevel);
    this.bucket = bucket(kind);
  }

  private static TokenBucket bucket(Kind kind) {
    long rate = Math.max(1, kind.ratePerSecond());
    return TokenBucket.create(rate, rate, System.nanoTime());
  }

  /** After the configuration was read again. */
  void change(Kind next) {
    if (next.ratePerSecond() != kind.ratePerSecond()) {
      bucket = bucket(next);
    }
    kind = next;
  }

  Kind kind() {
    return kind;
  }

  /** Whether its concurrency allows one more. */
  private boolean hasRoom() {
    return !isPaused && (kind.isSql() || running + hanging.calls() < kind.concurrency());
  }

  /**
   * All its places are taken by calls that were given up: whether one is ever free nobody knows.
   */
  boolean isStuck() {
    return !kind.isSql() && hanging.isStuck(kind.concurrency(), System.nanoTime());
  }

  /** Until it counts as stuck, where something waits for that; {@link #NOT_BY_TIME} if not. */
  long stuckInMillis() {
    long millis =
        kind.isSql() || isPaused || parked.isEmpty()
            ? 0
            : hanging.waitMillis(kind.concurrency(), System.nanoTime());
    return millis == 0 ? NOT_BY_TIME : millis;
  }

  /** Whether one may begin now. */
  boolean mayBegin() {
    return hasRoom() && (kind.ratePerSecond() == 0 || bucket.nanosUntil(1, System.nanoTime()) <= 0);
  }

  /** Whether one may begin that has not waited: those that have come before it. */
  boolean mayBeginBehindOthers() {
    return parked.isEmpty() && mayBegin();
  }

  /** One begins, which {@link #mayBegin} has allowed: it takes its place in the rate. */
  void begins() {
    if (kind.ratePerSecond() > 0) {
      boolean isTaken = bucket.tryTake(1, System.nanoTime());
      assert isTaken : "begun though the rate of " + kind.operation() + " does not allow it";
    }
  }

  /** What waited, if it may begin now. */
  @Nullable EntryName pollParked() {
    return pauseMillis() == 0 ? parked.poll() : null;
  }

  /**
   * True once all that was parked is begun and more of it was left out: then it is looked for in
   * the directory.
   */
  boolean forgetLeftOut() {
    return parked.forgetLeftOut();
  }

  /**
   * When the rate allows the next of those that wait: {@link #NOT_BY_TIME} if that is no matter of
   * time.
   */
  long pauseMillis() {
    if (parked.isEmpty() || !hasRoom()) {
      return NOT_BY_TIME;
    }
    if (kind.ratePerSecond() == 0) {
      return 0;
    }
    long nanos = bucket.nanosUntil(1, System.nanoTime());
    return nanos <= 0 ? 0 : TimeUnit.NANOSECONDS.toMillis(nanos) + 1;
  }
}
