package gyre.queue;

import gyre.queue.Inspection.Place;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Looks at a queue for its dashboard. It reads names and heartbeats, never the content of entries,
 * and what is large is counted more seldom: looking must not cost the worker what it needs.
 *
 * <p>Used by one thread at a time.
 */
final class Sampler {
  private static final String PAUSED = "paused.";

  /** Counting a place may take at most this part of the time. */
  private static final int SHARE = 20;

  private static final long NANOS_PER_MILLI = 1_000_000;
  private static final int KINDS_LIMIT = 100;

  private final Inspection inspection;
  private final Spool spool;
  private final Count failed = new Count(Place.FAILED);
  private final Count completed = new Count(Place.COMPLETED);
  private final Count delayed = new Count(Place.DELAYED);
  private final Count processing = new Count(Place.PROCESSING);
  private Sample last = Sample.NONE;

  Sampler(Inspection inspection) {
    this.inspection = inspection;
    this.spool = inspection.spool();
  }

  Sample look(long nowMillis) {
    long begin = System.nanoTime();
    try {
      last = read(nowMillis, begin);
    } catch (IOException | UncheckedIOException e) {
      last = last.failedNow(nowMillis, QueueException.of("look into", spool.base, e).getMessage()
          + "", tookMillis(begin));
    } catch (QueueException e) {
      last = last.failedNow(nowMillis, e.getMessage() + "", tookMillis(begin));
    }
    return last;
  }

  private static long tookMillis(long begin) {
    return (System.nanoTime() - begin) / NANOS_PER_MILLI;
  }

  private Sample read(long nowMillis, long begin) throws IOException {
    long[] byPriority = new long[EntryName.LAST_PRIORITY + 1];
    EntryName[] firsts = new EntryName[EntryName.LAST_PRIORITY + 1];
    PendingScan.scan(
        spool,
        name -> {
          byPriority[name.priority()]++;
          EntryName first = firsts[name.priority()];
          if (first == null || EntryName.ORDER.compare(name, first) < 0) {
            firsts[name.priority()] = name;
          }
        });
    List<WorkerSample> workers = inspection.workers().stream().map(WorkerSample::of).toList();
    return new Sample(
        nowMillis,
        byPriority,
        delayed.get(),
        processing.get(),
        failed.get(),
        completed.get(),
        oldestSeconds(firsts, nowMillis),
        inspection.isPaused(),
        pausedKinds(),
        workers,
        "",
        tookMillis(begin));
  }

  private static double oldestSeconds(@Nullable EntryName[] firsts, long nowMillis) {
    double oldest = 0;
    for (EntryName each : Arrays.asList(firsts)) {
      if (each != null) {
        try {
          long written =
              Files.getLastModifiedTime(each.path(), LinkOption.NOFOLLOW_LINKS).toMillis();
          oldest = Math.max(oldest, (nowMillis - written) / 1000.0);
        } catch (IOException e) {
          // it was taken meanwhile
        }
      }
    }
    return oldest;
  }

  private List<String> pausedKinds() throws IOException {
    List<String> kinds = new ArrayList<>();
    try (DirectoryStream<Path> files = Files.newDirectoryStream(spool.base, PAUSED + "*")) {
      for (Path each : files) {
        if (kinds.size() < KINDS_LIMIT) {
          kinds.add(String.valueOf(each.getFileName()).substring(PAUSED.length()));
        }
      }
    } catch (java.nio.file.DirectoryIteratorException e) {
      throw e.getCause();
    }
    kinds.sort(null);
    return kinds;
  }

  /** The number of files in a place, counted again when that may be afforded. */
  private final class Count {
    private final Place place;
    private long number;
    private long nextNanos = System.nanoTime();

    Count(Place place) {
      this.place = place;
    }

    long get() {
      long now = System.nanoTime();
      if (now - nextNanos >= 0) {
        number = inspection.count(place);
        long took = System.nanoTime() - now;
        // Below a millisecond it costs nothing.
        nextNanos = took < NANOS_PER_MILLI ? now : now + took * SHARE;
      }
      return number;
    }
  }
}
