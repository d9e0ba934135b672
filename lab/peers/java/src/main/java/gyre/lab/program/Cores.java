package gyre.lab.program;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * Puts threads on cores: a wake-up between cores costs several times one on the same core, and
 * without this the scheduler's choice would be measured. The JDK has no call for it.
 */
final class Cores {
  private static final String FIELD = "Cpus_allowed_list:";

  private Cores() {}

  static void pinToFirst() {
    pinTo(0);
  }

  static void pinToSecond() {
    pinTo(1);
  }

  /** The calling platform thread; nothing where there is one core, or no {@code taskset}. */
  private static void pinTo(int index) {
    try {
      List<Integer> cores = allowed(Files.readAllLines(Path.of("/proc/self/status")));
      if (cores.size() < 2) {
        return;
      }
      String thread = Files.readSymbolicLink(Path.of("/proc/thread-self")).getFileName().toString();
      new ProcessBuilder("taskset", "-cp", Integer.toString(cores.get(index)), thread)
          .redirectOutput(ProcessBuilder.Redirect.DISCARD)
          .start()
          .waitFor();
    } catch (IOException e) {
      System.err.println("threads are not pinned: " + e.getMessage());
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  /** Of a list like {@code 0-3,8}. */
  static List<Integer> allowed(List<String> status) {
    List<Integer> cores = new ArrayList<>();
    for (String line : status) {
      if (line.startsWith(FIELD)) {
        for (String part : line.substring(FIELD.length()).strip().split(",", -1)) {
          String[] ends = part.split("-", -1);
          int last = Integer.parseInt(ends[ends.length - 1]);
          for (int core = Integer.parseInt(ends[0]); core <= last; core++) {
            cores.add(core);
          }
        }
      }
    }
    return cores;
  }
}
