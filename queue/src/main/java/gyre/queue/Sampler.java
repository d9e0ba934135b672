package gyre.queue;

import gyre.queue.Inspection.Place;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.jspecify.annotations.Nullable;

/**
 * Looks at a queue for its dashboard. It reads names and heartbeats, never the content of entries.
 * Directories are counted on a thread of its own, large ones more seldom: so heartbeats are told
 * each second whatever waits, and looking does not take from the worker what it needs.
 *
 * <p>Used by one thread at a time.
 */
final class Sampler implements AutoCloseable {
  private static final String PAUSED = "paused.";

  /** Counting a place may take at most this part of the time. */
  private static final int SHARE = 20;

  /** So long a look waits for counts; what takes longer is told by a later one. */
  private static final long PATIENCE_NANOS = 200_000_000;

  private static final long NANOS_PER_MILLI = 1_000_000;
  private static final int KINDS_LIMIT = 100;

  private final Inspection inspection;
  private final Spool spool;
  private final ExecutorService scanner =
      Executors.newSingleThreadExecutor(
          Thread.ofPlatform().name("gyre-queue-scan").daemon().factory());
  private final Scan<Waiting> waiting = new Scan<>(this::scanPending, Waiting.NONE);
  private final Scan<Long> failed = count(Place.FAILED);
  private final Scan<Long> completed = count(Place.COMPLETED);
  private final Scan<Long> delayed = count(Place.DELAYED);
  private final Scan<Long> processing = count(Place.PROCESSING);
  private long patienceEndsNanos;
  private Sample last = Sample.NONE;

  Sampler(Inspection inspection) {
    this.inspection = inspection;
    this.spool = inspection.spool();
  }

  Sample look(long nowMillis) {
    long begin = System.nanoTime();
    patienceEndsNanos = begin + PATIENCE_NANOS;
    try {
      last = read(nowMillis, begin);
    } catch (IOException | UncheckedIOException e) {
      last =
          last.failedNow(
              nowMillis,
              QueueException.of("look into", spool.base, e).getMessage() + "",
              tookMillis(begin));
    } catch (QueueException e) {
      last = last.failedNow(nowMillis, e.getMessage() + "", tookMillis(begin));
    }
    return last;
  }

  private static long tookMillis(long begin) {
    return (System.nanoTime() - begin) / NANOS_PER_MILLI;
  }

  private Sample read(long nowMillis, long begin) throws IOException {
    Waiting now = waiting.get();
    List<WorkerSample> workers = inspection.workers().stream().map(WorkerSample::of).toList();
    return new Sample(
        nowMillis,
        now.byPriority,
        delayed.get(),
        processing.get(),
        failed.get(),
        completed.get(),
        now.oldestMillis == 0 ? 0 : Math.max(0, (nowMillis - now.oldestMillis) / 1000.0),
        inspection.isPaused(),
        pausedKinds(),
        workers,
        "",
        tookMillis(begin));
  }

  /**
   * What waits.
   *
   * @param oldestMillis since when the oldest of the first entries of each priority is where it
   *     waits: an entry that was due a moment ago waits for a moment, whenever it was written; 0 if
   *     there is none
   */
  @SuppressWarnings("ArrayRecordComponent") // nobody compares them
  private record Waiting(long[] byPriority, long oldestMillis) {
    static final Waiting NONE = new Waiting(new long[EntryName.LAST_PRIORITY + 1], 0);
  }

  private Waiting scanPending() throws IOException {
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
    return new Waiting(byPriority, oldestMillis(firsts));
  }

  private static long oldestMillis(@Nullable EntryName[] firsts) {
    long oldest = 0;
    for (EntryName each : Arrays.asList(firsts)) {
      if (each != null) {
        try {
          long came = cameMillis(each.path());
          oldest = oldest == 0 ? came : Math.min(oldest, came);
        } catch (IOException e) {
          // it was taken meanwhile
        }
      }
    }
    return oldest;
  }

  /** A rename leaves its time in that of the last change of status. */
  private static long cameMillis(Path file) throws IOException {
    Object changed = Files.getAttribute(file, "unix:ctime", LinkOption.NOFOLLOW_LINKS);
    return ((FileTime) changed).toMillis();
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

  private Scan<Long> count(Place place) {
    return new Scan<>(() -> inspection.count(place), 0L);
  }

  @Override
  public void close() {
    scanner.shutdownNow(); // not waited for: a disk may not answer
  }

  /** What is found by going through a directory, again when that may be afforded. */
  private final class Scan<T> {
    private final Callable<T> work;
    private T found;
    private @Nullable Future<T> running;
    private long nextNanos = System.nanoTime();
    private volatile long tookNanos;

    Scan(Callable<T> work, T first) {
      this.work = work;
      this.found = first;
    }

    T get() throws IOException {
      long now = System.nanoTime();
      Future<T> current = running;
      if (current == null) {
        if (now - nextNanos < 0 || scanner.isShutdown()) {
          return found;
        }
        current = scanner.submit(this::timed);
        running = current;
      }
      try {
        found = current.get(Math.max(0, patienceEndsNanos - now), TimeUnit.NANOSECONDS);
        ended();
      } catch (TimeoutException e) {
        // the next look may have it
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt(); // the dashboard is closed
      } catch (ExecutionException e) {
        ended();
        throw failure(e.getCause());
      }
      return found;
    }

    private T timed() throws Exception {
      long begin = System.nanoTime();
      try {
        return work.call();
      } finally {
        tookNanos = System.nanoTime() - begin;
      }
    }

    private void ended() {
      running = null;
      // Below a millisecond it costs nothing.
      nextNanos = System.nanoTime() + (tookNanos < NANOS_PER_MILLI ? 0 : tookNanos * SHARE);
    }

    private IOException failure(@Nullable Throwable cause) {
      return switch (cause) {
        case IOException e -> e;
        case QueueException e -> throw e;
        case null, default -> new IOException(String.valueOf(cause), cause);
      };
    }
  }
}
