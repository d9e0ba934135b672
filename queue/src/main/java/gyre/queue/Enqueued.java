package gyre.queue;

import gyre.Fiber;
import java.time.Duration;
import java.util.Optional;
import java.util.function.Supplier;

/** An entry that is in the queue, on the device. */
public final class Enqueued {
  /** What stands beside an entry in {@code completed/} if its result was asked for. */
  static final String RESULT_SUFFIX = ".result";

  private static final long FIRST_PAUSE_MILLIS = 1;
  private static final long LONGEST_PAUSE_MILLIS = 20;

  private final String id;
  private final String name;
  private final Supplier<Optional<JobEnd>> end;

  /**
   * @param end looks where the queue is
   */
  Enqueued(String id, String name, Supplier<Optional<JobEnd>> end) {
    this.id = id;
    this.name = name;
    this.end = end;
  }

  public String id() {
    return id;
  }

  /** Of its file or row. A retry changes the priority in the name of a file, and nothing else. */
  public String name() {
    return name;
  }

  /**
   * Waits for its end: fibers park, and threads sleep. It looks again and again, at most 50 times a
   * second, which works from any process.
   *
   * @return empty if it has not ended within {@code limit}
   */
  public Optional<JobEnd> await(Duration limit) {
    long deadlineNanos = System.nanoTime() + limit.toNanos();
    long pauseMillis = FIRST_PAUSE_MILLIS;
    while (true) {
      Optional<JobEnd> end = end();
      if (end.isPresent() || System.nanoTime() - deadlineNanos > 0) {
        return end;
      }
      pause(Duration.ofMillis(pauseMillis));
      pauseMillis = Math.min(LONGEST_PAUSE_MILLIS, pauseMillis * 2);
    }
  }

  private static void pause(Duration duration) {
    if (isInFiber()) {
      Fiber.sleep(duration);
      return;
    }
    try {
      Thread.sleep(duration);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new gyre.CancelledException("interrupted while waiting for an entry", e);
    }
  }

  private static boolean isInFiber() {
    try {
      Fiber.current();
      return true;
    } catch (IllegalStateException e) {
      return false;
    }
  }

  /** How it has ended, if it has. */
  public Optional<JobEnd> end() {
    return end.get();
  }

  @Override
  public String toString() {
    return "entry " + id;
  }
}
