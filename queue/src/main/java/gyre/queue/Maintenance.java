package gyre.queue;

import java.io.IOException;
import java.nio.file.DirectoryIteratorException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.Optional;

/** What is done from time to time: recurring entries come, batches are looked at. */
final class Maintenance {
  private Maintenance() {}

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
