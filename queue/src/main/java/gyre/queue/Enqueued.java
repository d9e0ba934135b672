package gyre.queue;

import gyre.Fiber;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** An entry that is in the queue, on the device. */
public final class Enqueued {
  /** What stands beside an entry in {@code completed/} if its result was asked for. */
  static final String RESULT_SUFFIX = ".result";

  private static final long FIRST_PAUSE_MILLIS = 1;
  private static final long LONGEST_PAUSE_MILLIS = 20;

  private final Spool spool;
  private final String id;
  private final String name;

  Enqueued(Spool spool, String id, String name) {
    this.spool = spool;
    this.id = id;
    this.name = name;
  }

  public String id() {
    return id;
  }

  /** Of its file. A retry changes the priority in it, and nothing else. */
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
    try {
      // A retry may have changed the priority, so what is looked for is the rest of the name.
      for (int priority = EntryName.FIRST_PRIORITY;
          priority <= EntryName.LAST_PRIORITY;
          priority++) {
        String candidate = EntryName.withPriority(name, priority);
        if (Files.exists(spool.completed.resolve(candidate))) {
          return Optional.of(new JobEnd(true, "", result(candidate)));
        }
        if (Files.exists(spool.failed.resolve(candidate))) {
          return Optional.of(new JobEnd(false, error(candidate), null));
        }
      }
      return Optional.empty();
    } catch (IOException e) {
      throw QueueException.of("look for entry", id, e);
    }
  }

  private @Nullable Object result(String candidate) throws IOException {
    Path file = spool.completed.resolve(candidate + RESULT_SUFFIX);
    return Files.exists(file) ? read(file).get("result") : null;
  }

  private String error(String candidate) throws IOException {
    Path file = spool.failed.resolve(candidate + Failure.SUFFIX);
    return Files.exists(file) ? String.valueOf(read(file).get("error")) : "";
  }

  private static Map<String, @Nullable Object> read(Path file) throws IOException {
    try {
      return Json.readObject(Files.readString(file).getBytes(StandardCharsets.UTF_8));
    } catch (BadEntryException e) {
      throw new IOException(file + ": " + e.getMessage(), e);
    }
  }

  @Override
  public String toString() {
    return "entry " + id;
  }
}
