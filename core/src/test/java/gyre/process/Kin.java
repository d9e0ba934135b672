package gyre.process;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.stream.Stream;

/** What the kernel says of this process's children and descriptors. */
final class Kin {
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

  static long descriptors() throws IOException {
    try (Stream<Path> all = Files.list(Path.of("/proc/self/fd"))) {
      return all.count();
    }
  }

  /** Blocks until it has ended; the limit of the test ends a wait in vain. */
  static void awaitGone(long process) throws InterruptedException {
    while (isAlive(process)) {
      Thread.sleep(1);
    }
  }

  /** Blocks until somebody has written a line to a file, which it answers without its end. */
  static String awaitLine(Path file) {
    try {
      String text = "";
      while (!text.endsWith("\n")) {
        text = Files.exists(file) ? Files.readString(file) : "";
        Thread.sleep(1);
      }
      return text.strip();
    } catch (IOException | InterruptedException e) {
      throw new AssertionError(e);
    }
  }
}
