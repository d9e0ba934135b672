package gyre.lab.gates;

import gyre.lab.race.ProcessFiles;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;

/**
 * How much memory a process has. A JVM is asked to collect before each look: what it no longer uses
 * is no leak.
 */
final class MemoryOf {
  private static final int PATIENCE_SECONDS = 10;

  private final long pid;
  private boolean collects;

  private MemoryOf(long pid, boolean collects) {
    this.pid = pid;
    this.collects = collects;
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

  /** NaN where it can't be known. */
  double bytes() {
    if (collects) {
      collects = collect();
    }
    long bytes = ProcessFiles.rssBytes(pid);
    return bytes < 0 ? Double.NaN : (double) bytes;
  }

  private boolean collect() {
    String jcmd = Path.of(System.getProperty("java.home"), "bin", "jcmd").toString();
    ProcessBuilder builder =
        new ProcessBuilder(jcmd, "-J-XX:TieredStopAtLevel=1", Long.toString(pid), "GC.run")
            .redirectErrorStream(true)
            .redirectOutput(ProcessBuilder.Redirect.DISCARD);
    try {
      Process process = builder.start();
      if (process.waitFor(PATIENCE_SECONDS, TimeUnit.SECONDS)) {
        return process.exitValue() == 0;
      }
      process.destroyForcibly();
      return false;
    } catch (IOException e) {
      return false;
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return false;
    }
  }

  String what() {
    return collects ? "resident memory after a collection" : "resident memory";
  }
}
