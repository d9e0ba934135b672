package gyre.queue;

import java.io.IOException;
import java.nio.file.DirectoryIteratorException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.Iterator;
import java.util.List;
import java.util.OptionalLong;
import org.jspecify.annotations.Nullable;

/**
 * Deletes what is old: files, and lines of the ledger. It goes through all of it in small steps,
 * one in each round of the worker: so it is never in the way for long, and still looks at more
 * files than a round can add, whatever the rate. What is kept is bounded by that.
 *
 * <p>Used by the thread that executes.
 */
final class Cleanup implements AutoCloseable {
  /** Between the beginnings of two passes, of all workers of a queue. */
  private static final Duration EVERY = Duration.ofMinutes(5);

  private static final Duration STALE_TMP = Duration.ofHours(1);

  /** What was given up stays longer: somebody has to look at it. */
  private static final Duration FAILED_KEPT = Duration.ofDays(30);

  /** For each entry of a batch, which adds one file, or two with a result. */
  private static final int FILES_PER_ENTRY = 4;

  private static final int FILES_LEAST = 512;

  private record Place(Path directory, Duration kept) {}

  private final Spool spool;
  private final WorkerLog log;
  private final Path stamp;

  /** What is still to be looked at; the ledger comes behind the last. */
  private final ArrayDeque<Place> places = new ArrayDeque<>();

  private @Nullable DirectoryStream<Path> open;
  private @Nullable Iterator<Path> files;
  private boolean isRunning;
  private long deleted;

  Cleanup(Spool spool, WorkerLog log) {
    this.spool = spool;
    this.log = log;
    this.stamp = spool.base.resolve(".cleanup");
  }

  /**
   * When a pass was begun last, by a clock that was believed; empty if never. Then it is written
   * that one is begun now, so that the next start has something to compare with.
   */
  OptionalLong lastMillis() {
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

  boolean isRunning() {
    return isRunning;
  }

  /** Begins a pass, if no worker has begun one of late: the time of a file says so to all. */
  void begin(QueueConfig config, Instant now) {
    try {
      if (isRunning || (Files.exists(stamp) && isRecent(now))) {
        return;
      }
      spool.replace(stamp, now + "\n");
      places.addAll(
          List.of(
              new Place(spool.completed, config.cleanupAfter()),
              new Place(spool.failed, FAILED_KEPT),
              new Place(spool.tmp, STALE_TMP)));
      isRunning = true;
    } catch (IOException e) {
      failed(e);
    }
  }

  /** One that is ahead of the clock is from before the clock was set back, and says nothing. */
  private boolean isRecent(Instant now) throws IOException {
    Instant begun = changed(stamp);
    return !begun.isBefore(now.minus(EVERY)) && begun.isBefore(now.plus(EVERY));
  }

  /** Goes on a little with the pass that is under way, if one is. */
  void step(Engine engine, QueueConfig config, Instant now) {
    if (!isRunning) {
      return;
    }
    try {
      if (!places.isEmpty()) {
        lookAtFiles(places.element(), now, config.batch());
        return;
      }
      deleted += engine.prune(now.minus(config.ledgerKept()));
      if (engine.isPruned()) {
        end();
      }
    } catch (IOException e) {
      failed(e);
      closeFiles();
      places.poll(); // the others next; this one again with the next pass
    }
  }

  private void end() {
    if (deleted > 0) {
      log.info("cleanup: " + deleted + " old files and rows are gone");
    }
    deleted = 0;
    isRunning = false;
  }

  @SuppressWarnings("StreamResourceLeak") // closeFiles
  private void lookAtFiles(Place place, Instant now, int batch) throws IOException {
    Iterator<Path> left = files;
    try {
      if (left == null) {
        DirectoryStream<Path> opened = Files.newDirectoryStream(place.directory());
        open = opened;
        left = opened.iterator();
        files = left;
      }
      Instant before = now.minus(place.kept());
      int most = Math.max(FILES_LEAST, batch * FILES_PER_ENTRY);
      for (int i = 0; i < most; i++) {
        if (!left.hasNext()) {
          closeFiles();
          places.remove();
          return;
        }
        deleteIfOlder(left.next(), before);
      }
    } catch (DirectoryIteratorException e) {
      throw e.getCause();
    }
  }

  private void deleteIfOlder(Path file, Instant before) throws IOException {
    try {
      if (changed(file).isBefore(before) && !Files.isDirectory(file, LinkOption.NOFOLLOW_LINKS)) {
        deleted += Files.deleteIfExists(file) ? 1 : 0;
      }
    } catch (NoSuchFileException e) {
      // somebody else has taken or deleted it
    }
  }

  /**
   * The time at which the file came into the directory, which a rename leaves in the time of its
   * last change of status.
   */
  private static Instant changed(Path file) throws IOException {
    Object changed = Files.getAttribute(file, "unix:ctime", LinkOption.NOFOLLOW_LINKS);
    return ((FileTime) changed).toInstant();
  }

  private void failed(IOException e) {
    log.failure(QueueException.of("clean up", spool.base, e).getMessage() + "");
  }

  private void closeFiles() {
    DirectoryStream<Path> opened = open;
    open = null;
    files = null;
    if (opened != null) {
      try {
        opened.close();
      } catch (IOException e) {
        failed(e);
      }
    }
  }

  /** Breaks off the pass that is under way. */
  @Override
  public void close() {
    closeFiles();
    places.clear();
    isRunning = false;
  }
}
