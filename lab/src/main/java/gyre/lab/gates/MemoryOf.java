package gyre.lab.gates;

import gyre.lab.race.ProcessFiles;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;

/** How much memory a process has: what is resident, and of a JVM what its live objects take. */
final class MemoryOf {
  private static final int PATIENCE_SECONDS = 10;

  private final long pid;
  private final boolean isJvm;

  private MemoryOf(long pid, boolean isJvm) {
    this.pid = pid;
    this.isJvm = isJvm;
  }

  static MemoryOf process(long pid) {
    return new MemoryOf(pid, isJvm(pid));
  }

  private static boolean isJvm(long pid) {
    try {
      return Files.readString(Path.of("/proc/" + pid + "/maps")).contains("/libjvm.so");
    } catch (IOException e) {
      return false;
    }
  }

  /**
   * What was seen.
   *
   * @param live bytes of live objects; NaN where that is no JVM, or it does not answer
   * @param resident bytes of resident memory; NaN where the process is gone
   */
  record Look(double live, double resident) {
    Look plus(Look other) {
      return new Look(live + other.live, resident + other.resident);
    }
  }

  boolean isJvm() {
    return isJvm;
  }

  Look look() {
    double live = isJvm ? liveBytes() : Double.NaN;
    long resident = ProcessFiles.rssBytes(pid);
    return new Look(live, resident < 0 ? Double.NaN : (double) resident);
  }

  /**
   * By a histogram of classes, which counts what a full collection leaves. Resident memory alone
   * does not show a leak in a heap whose pages were all touched before.
   */
  private double liveBytes() {
    String jcmd = Path.of(System.getProperty("java.home"), "bin", "jcmd").toString();
    try {
      Path said = Files.createTempFile("gyre-gates", ".txt");
      try {
        Process process =
            new ProcessBuilder(
                    jcmd, "-J-XX:TieredStopAtLevel=1", Long.toString(pid), "GC.class_histogram")
                .redirectErrorStream(true)
                .redirectOutput(said.toFile())
                .start();
        if (!process.waitFor(PATIENCE_SECONDS, TimeUnit.SECONDS)) {
          process.destroyForcibly();
          return Double.NaN;
        }
        return process.exitValue() == 0 ? total(Files.readAllLines(said)) : Double.NaN;
      } finally {
        Files.deleteIfExists(said);
      }
    } catch (IOException e) {
      return Double.NaN;
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return Double.NaN;
    }
  }

  /** The last line of a histogram: instances and bytes of all classes. */
  static double total(List<String> histogram) {
    for (String line : histogram.reversed()) {
      String[] words = line.strip().split("\\s+", -1);
      if (words.length == 3 && words[0].equals("Total") && words[2].matches("[0-9]{1,18}")) {
        return Long.parseLong(words[2]);
      }
    }
    return Double.NaN;
  }
}
