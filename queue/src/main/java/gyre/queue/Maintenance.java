package gyre.queue;

import java.io.IOException;
import java.nio.file.DirectoryIteratorException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.Optional;
import java.util.OptionalLong;

/** What is done from time to time: old files go, recurring entries come, batches are looked at. */
final class Maintenance {
  private static final Duration STALE_TMP = Duration.ofHours(1);

  /** What was given up stays longer: somebody has to look at it. */
  private static final Duration FAILED_KEPT = Duration.ofDays(30);

  private static final long DELETED_AT_ONCE = 10_000;
  private static final Duration CLEANUP_EVERY = Duration.ofMinutes(5);

  private Maintenance() {}

  // ---- old files

  private static Path stamp(Spool spool) {
    return spool.base.resolve(".cleanup");
  }

  /**
   * When {@link #cleanup} was last done, by a clock that was believed; empty if never. Then it is
   * written that it is done now, so that the next start has something to compare with.
   */
  static OptionalLong lastCleanup(Spool spool, WorkerLog log) {
    Path stamp = stamp(spool);
    try {
      return OptionalLong.of(changed(stamp).toEpochMilli());
    } catch (NoSuchFileException e) {
      try {
        spool.replace(stamp, "never\n");
      } catch (IOException again) {
        log.failure(QueueException.of("write", stamp, again).getMessage() + "");
      }
    } catch (IOException e) {
      log.failure(QueueException.of("look at", stamp, e).getMessage() + "");
    }
    return OptionalLong.empty();
  }

  /** At most every five minutes; the time of the last is that of a file, for all workers. */
  static void cleanup(Spool spool, Engine engine, QueueConfig config, Instant now, WorkerLog log) {
    Path stamp = stamp(spool);
    try {
      if (Files.exists(stamp) && isRecent(stamp, now)) {
        return;
      }
      spool.replace(stamp, now + "\n");
      long deleted = delete(spool.completed, now.minus(config.cleanupAfter()));
      deleted += delete(spool.failed, now.minus(FAILED_KEPT));
      deleted += delete(spool.tmp, now.minus(STALE_TMP));
      deleted += engine.prune(now.minus(config.ledgerKept()));
      if (deleted > 0) {
        log.info("cleanup: " + deleted + " old files and rows are gone");
      }
    } catch (IOException e) {
      log.failure(QueueException.of("clean up", spool.base, e).getMessage() + "");
    }
  }

  /** One that is ahead of the clock is from before the clock was set back, and says nothing. */
  private static boolean isRecent(Path stamp, Instant now) throws IOException {
    return !isOlder(stamp, now.minus(CLEANUP_EVERY)) && isOlder(stamp, now.plus(CLEANUP_EVERY));
  }

  /**
   * By the time at which the file came into the directory, which a rename leaves in the time of its
   * last change of status.
   */
  private static boolean isOlder(Path file, Instant than) throws IOException {
    return changed(file).isBefore(than);
  }

  private static Instant changed(Path file) throws IOException {
    Object changed = Files.getAttribute(file, "unix:ctime", LinkOption.NOFOLLOW_LINKS);
    return ((java.nio.file.attribute.FileTime) changed).toInstant();
  }

  private static long delete(Path directory, Instant before) throws IOException {
    long count = 0;
    try (DirectoryStream<Path> files = Files.newDirectoryStream(directory)) {
      for (Path file : files) {
        if (count == DELETED_AT_ONCE) {
          return count; // the others next time: entries wait meanwhile
        }
        if (isOlder(file, before) && !Files.isDirectory(file, LinkOption.NOFOLLOW_LINKS)) {
          Files.deleteIfExists(file);
          count++;
        }
      }
    } catch (DirectoryIteratorException e) {
      throw e.getCause();
    } catch (NoSuchFileException e) {
      return count; // somebody else cleans up too
    }
    return count;
  }

  // ---- batches

  static void batches(Spool spool, Settler settler, WorkerLog log) {
    try (DirectoryStream<Path> files = Files.newDirectoryStream(spool.batches, "*.json")) {
      for (Path file : files) {
        batch(file, settler, log);
      }
    } catch (IOException | DirectoryIteratorException e) {
      log.failure(QueueException.of("look into", spool.batches, e).getMessage() + "");
    }
  }

  private static void batch(Path file, Settler settler, WorkerLog log) {
    try {
      Object name = Json.readObject(Files.readAllBytes(file)).get("batch");
      if (name instanceof String batch) {
        settler.batchMayBeDone(batch);
      }
    } catch (IOException | BadEntryException e) {
      log.failure(QueueException.of("read batch", file, e).getMessage() + "");
    }
  }

  // ---- recurring

  /**
   * Enqueues the next time of each recurring entry ahead, into {@code delayed/}. Its id is made of
   * the name and the time: so a restart, or several workers, make no second one that counts.
   */
  static void recurring(Queue queue, QueueConfig config, Instant now, WorkerLog log) {
    for (QueueConfig.Recurring each : config.recurring()) {
      try {
        recurring(queue, each, now);
      } catch (IOException | RuntimeException e) {
        log.failure(QueueException.of("plan", each.name(), e).getMessage() + "");
      }
    }
  }

  private static void recurring(Queue queue, QueueConfig.Recurring each, Instant now)
      throws IOException {
    Optional<Instant> next = each.cron().next(now);
    if (next.isEmpty()) {
      return;
    }
    Path mark =
        queue.spool().base.resolve(".recurring." + Queue.hash(each.name()).substring(0, 16));
    String planned = next.get().toString();
    if (Files.exists(mark) && Files.readString(mark).strip().equals(planned)) {
      return;
    }
    queue.enqueue(each.job().id("recurring:" + each.name() + ":" + planned).at(next.get()));
    queue.spool().replace(mark, planned + "\n");
  }
}
