package gyre.lab.program;

import gyre.file.WatchEvent;
import gyre.file.WatchOptions;
import gyre.file.Watcher;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** A tree of directories, and one watcher of all of it. */
final class GyreWatch implements Round {
  private final GyreLoop loop;
  private final Watcher watcher;
  private final Path root;
  private final int directories;
  private final int operations;
  private long round;
  private long cpuNanos;
  private int errors;

  private GyreWatch(GyreLoop loop, Path root, int directories, int operations) {
    this.loop = loop;
    this.root = root;
    this.directories = directories;
    this.operations = operations;
    this.watcher = Watcher.open(root, WatchOptions.defaults().recursive(true));
  }

  static GyreWatch open(GyreLoop loop, Options options) throws Exception {
    int directories = options.number("dirs", 1000);
    int operations = options.number("ops", 500);
    Path root = Files.createTempDirectory(LabFile.directory(), "gyre-lab-watch-");
    for (int i = 0; i < directories; i++) {
      Files.createDirectory(root.resolve("" + i));
    }
    return loop.call(() -> new GyreWatch(loop, root, directories, operations));
  }

  @Override
  public void close() throws IOException {
    for (int i = 0; i < directories; i++) {
      Files.delete(root.resolve("" + i));
    }
    Files.delete(root);
  }

  @Override
  public void run(Figures figures) throws Exception {
    long elapsed = loop.call(this::measure);
    figures.put("dirs", directories);
    figures.put("ops", operations);
    figures.put("elapsedNanos", elapsed);
    figures.put("cpuNanos", cpuNanos);
    figures.put("errors", errors);
  }

  /** The changes hold up the loop, so that what is timed is only how they are told. */
  private long measure() throws IOException {
    round++;
    for (int i = 0; i < operations; i++) {
      Files.createFile(file(i));
    }
    long cpu = ProcessClock.cpuNanos();
    long begin = System.nanoTime();
    int created = 0;
    while (created < operations) {
      created += take() instanceof WatchEvent.Created ? 1 : 0;
    }
    long elapsed = System.nanoTime() - begin;
    cpuNanos = ProcessClock.cpuNanos() - cpu;
    for (int i = 0; i < operations; i++) {
      Files.delete(file(i));
    }
    int deleted = 0;
    while (deleted < operations) {
      deleted += take() instanceof WatchEvent.Deleted ? 1 : 0;
    }
    return elapsed;
  }

  private WatchEvent take() {
    WatchEvent event = watcher.next();
    if (event instanceof WatchEvent.Overflowed) {
      errors++;
    }
    return event;
  }

  private Path file(int i) {
    return root.resolve(Integer.toString((int) (i * 7919L % directories)))
        .resolve("f" + round + "-" + i);
  }
}
