package gyre.queue;

import gyre.CancelledException;
import gyre.Fiber;
import gyre.Scope;
import gyre.file.Fifo;
import gyre.file.WatchEvent;
import gyre.file.WatchOptions;
import gyre.file.Watcher;
import gyre.io.ByteStream;
import gyre.io.IoException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * How a worker hears of new entries. The watcher of {@code pending/} tells at once; it is a hint,
 * and the directory is the truth: after each start, overflow and silence it is looked at.
 *
 * <p>A watcher that fails is started again. One that keeps failing gives way to polling, and is
 * tried again later; failures are forgotten after a quiet time.
 */
final class WorkerWatch {
  private static final Duration POLL = Duration.ofMillis(100);
  private static final Duration FORGET_AFTER = Duration.ofMinutes(5);
  private static final Duration RESTART_PAUSE = Duration.ofMillis(100);

  private final Spool spool;
  private final WorkerOptions options;
  private final Inbox inbox;
  private final WorkerStats stats;
  private final WorkerLog log;

  /** The one that makes FIFOs, which waits for directories; of the same loop. */
  private @Nullable Fiber<?> fifos;

  WorkerWatch(Spool spool, WorkerOptions options, Inbox inbox, WorkerStats stats, WorkerLog log) {
    this.spool = spool;
    this.options = options;
    this.inbox = inbox;
    this.stats = stats;
    this.log = log;
  }

  void run() {
    if (options.watching() == WorkerOptions.Watching.OFF) {
      log.info("polling, because USE_EVENT_LOOP is false");
      stats.wantsWatcher = false;
      stats.isPolling = true;
      while (true) {
        poll(options.watchAgainAfter());
      }
    }
    long lastFailureNanos = System.nanoTime();
    while (true) {
      try {
        watch();
      } catch (IoException e) {
        stats.isWatching = false;
        long now = System.nanoTime();
        if (now - lastFailureNanos > FORGET_AFTER.toNanos()) {
          stats.watcherRestarts.set(0);
        }
        lastFailureNanos = now;
        int restarts = stats.watcherRestarts.incrementAndGet();
        log.warn("the watcher has failed: " + e.getMessage());
        if (restarts > options.watcherRestarts()) {
          pollForAWhile();
        } else {
          Fiber.sleep(RESTART_PAUSE);
        }
      }
    }
  }

  private void pollForAWhile() {
    log.warn(
        "polling from now on, and watching is tried again in "
            + options.watchAgainAfter().toSeconds()
            + " s");
    stats.isPolling = true;
    poll(options.watchAgainAfter());
    log.info("trying to watch again");
  }

  private void poll(Duration time) {
    long untilNanos = System.nanoTime() + time.toNanos();
    while (System.nanoTime() - untilNanos < 0) {
      inbox.rescan();
      Fiber.sleep(POLL);
    }
  }

  /** Watches first, and looks then: so nothing falls between the two. */
  private void watch() {
    WatchOptions watching =
        WatchOptions.defaults()
            .recursive(true)
            .exclude(path -> EntryName.isIgnored(String.valueOf(path.getFileName())));
    try (Watcher watcher = Watcher.open(spool.pending, watching)) {
      stats.isWatching = true;
      if (stats.isPolling) {
        stats.isPolling = false;
        log.info("watching again");
      }
      inbox.rescan();
      while (true) {
        told(watcher.next());
      }
    } finally {
      stats.isWatching = false;
    }
  }

  private void told(WatchEvent event) {
    switch (event) {
      case WatchEvent.Created created when !created.isDirectory() -> inbox.arrived(created.path());
      case WatchEvent.Created created -> {
        directoryCame();
        inbox.rescan();
      }
      case WatchEvent.Moved moved when !moved.isDirectory() -> inbox.arrived(moved.path());
      case WatchEvent.Written written -> inbox.arrived(written.path());
      case WatchEvent.Deleted deleted -> {}
      case WatchEvent.Lost lost -> {
        log.warn("lost sight of " + lost.path() + ": " + lost.reason() + " " + lost.detail());
        inbox.rescan();
      }
      default -> inbox.rescan();
    }
  }

  /** Entries that are put aside for later, by whoever enqueues. */
  void runDelayed() {
    while (true) {
      try (Watcher watcher = Watcher.open(spool.delayed)) {
        inbox.delayed();
        while (true) {
          switch (watcher.next()) {
            case WatchEvent.Deleted deleted -> {}
            case WatchEvent.Created created -> inbox.delayed(created.path());
            case WatchEvent.Moved moved -> inbox.delayed(moved.path());
            case WatchEvent event -> inbox.delayed();
          }
        }
      } catch (IoException e) {
        Fiber.sleep(POLL.multipliedBy(10)); // the drainer looks from time to time in any case
      }
    }
  }

  // ---- FIFOs

  /** One for the worker, and one in each directory of a priority, also of those that come. */
  void runFifos() throws IOException {
    fifos = Fiber.current();
    deleteStale(spool.base);
    try (Scope scope = Scope.openIsolated("queue-fifos")) {
      Path own = spool.fifo(ProcessHandle.current().pid());
      scope.start("queue-fifo", () -> listen(own));
      boolean[] isServed = new boolean[EntryName.LAST_PRIORITY + 1];
      while (true) {
        for (int i = EntryName.FIRST_PRIORITY; i <= EntryName.LAST_PRIORITY; i++) {
          Path directory = spool.pending.resolve(String.valueOf(i));
          if (!isServed[i] && Files.isDirectory(directory)) {
            isServed[i] = true;
            deleteStale(directory);
            Path inside = directory.resolve(own.getFileName());
            scope.start("queue-fifo-" + i, () -> listen(inside));
          }
        }
        Fiber.park();
      }
    }
  }

  private void directoryCame() {
    Fiber<?> waiting = fifos;
    if (waiting != null) {
      waiting.unpark();
    }
  }

  private void listen(Path path) throws IOException {
    Fifo fifo = Fifo.at(path).keepOpen(true);
    Files.deleteIfExists(path);
    try {
      fifo.create();
      try (ByteStream in = fifo.openReader()) {
        ByteBuffer lines = ByteBuffer.allocate(512);
        while (in.read(lines.clear()) >= 0) {
          inbox.rescan(); // whatever was written
        }
      }
    } catch (CancelledException e) {
      throw e;
    } catch (IoException e) {
      log.warn("no FIFO, which is not needed for anything but waking by hand: " + e.getMessage());
    } finally {
      Files.deleteIfExists(path);
    }
  }

  /** Those of workers that are dead. */
  private static void deleteStale(Path directory) throws IOException {
    String prefix = ".event_pipe_";
    try (DirectoryStream<Path> files = Files.newDirectoryStream(directory, prefix + "*")) {
      for (Path file : files) {
        String pid = String.valueOf(file.getFileName()).substring(prefix.length());
        if (pid.matches("[0-9]{1,18}") && ProcessHandle.of(Long.parseLong(pid)).isEmpty()) {
          Files.deleteIfExists(file);
        }
      }
    }
  }
}
