package gyre.process;

import gyre.engine.Poll;
import gyre.sys.CallState;
import gyre.sys.LinuxChildren;
import gyre.sys.LinuxFiles;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardWatchEventKinds;
import java.nio.file.WatchKey;
import java.nio.file.WatchService;
import java.util.Objects;
import java.util.stream.Stream;

/** What the kernel says of this process's children and descriptors. */
final class Kin {
  private static final long SECOND_NANOS = 1_000_000_000;

  private Kin() {}

  /** Our children that have ended and were not waited for. */
  static long zombies() throws IOException {
    return count("Z");
  }

  /** All children of this process that are there, in whatever state. */
  static long children() throws IOException {
    return count("");
  }

  private static long count(String state) throws IOException {
    long self = ProcessHandle.current().pid();
    try (Stream<Path> all = Files.list(Path.of("/proc"))) {
      return all.filter(path -> isChild(path, self, state)).count();
    }
  }

  private static boolean isChild(Path path, long parent, String state) {
    try {
      String stat = Files.readString(path.resolve("stat"));
      String[] fields = stat.substring(stat.lastIndexOf(')') + 2).split(" ", -1);
      return fields[0].startsWith(state) && Long.parseLong(fields[1]) == parent;
    } catch (IOException | RuntimeException gone) {
      return false;
    }
  }

  /** It is there, and has not ended. */
  static boolean isAlive(long process) {
    try {
      String stat = Files.readString(Path.of("/proc/" + process + "/stat"));
      return stat.charAt(stat.lastIndexOf(')') + 2) != 'Z';
    } catch (IOException gone) {
      return false;
    }
  }

  /**
   * Blocks until no child is a zombie and no descriptor more is open than before. Nothing tells of
   * that but {@code /proc}: a helper thread of ours collects the one and closes the other.
   */
  static void awaitCollected(long descriptors) throws IOException, InterruptedException {
    while (zombies() > 0 || descriptors() > descriptors) {
      Thread.sleep(1);
    }
  }

  static long descriptors() throws IOException {
    try (Stream<Path> all = Files.list(Path.of("/proc/self/fd"))) {
      return all.count();
    }
  }

  /** Blocks until it has ended; the limit of the test ends a wait in vain. */
  static void awaitGone(long process) throws InterruptedException {
    try (Arena arena = Arena.ofConfined()) {
      CallState calls = new CallState(arena);
      int descriptor = LinuxChildren.open(calls, (int) process);
      if (descriptor >= 0) {
        long scratch = arena.allocate(24, 8).address();
        try {
          while (LinuxFiles.poll(calls, descriptor, Poll.READABLE, SECOND_NANOS, scratch) <= 0) {
            if (Thread.interrupted()) { // which the call takes no notice of
              throw new InterruptedException();
            }
          }
        } finally {
          int ignored = LinuxFiles.close(calls, descriptor);
        }
      }
    }
  }

  /** Blocks until somebody has written a line to a file, which it answers without its end. */
  static String awaitLine(Path file) {
    try (WatchService changes = file.getFileSystem().newWatchService()) {
      WatchKey ignored =
          Objects.requireNonNull(file.getParent())
              .register(
                  changes,
                  StandardWatchEventKinds.ENTRY_CREATE,
                  StandardWatchEventKinds.ENTRY_MODIFY);
      String text = read(file);
      while (!text.endsWith("\n")) {
        WatchKey changed = changes.take();
        changed.pollEvents().clear();
        boolean isWatched = changed.reset();
        assert isWatched : "the directory is gone";
        text = read(file);
      }
      return text.strip();
    } catch (IOException | InterruptedException e) {
      throw new AssertionError(e);
    }
  }

  private static String read(Path file) throws IOException {
    return Files.exists(file) ? Files.readString(file) : "";
  }
}
