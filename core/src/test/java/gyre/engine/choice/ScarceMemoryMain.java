package gyre.engine.choice;

import gyre.engine.EngineUnavailable;
import gyre.engine.uring.UringEngine;
import gyre.engine.uring.UringOptions;
import gyre.sys.CallState;
import gyre.sys.LinuxProcess;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * Opens an engine on io_uring that needs more memory than there is, again and again, and says what
 * of the rings is left: "rings: 0" if all went as it must.
 */
public final class ScarceMemoryMain {
  private static final int RLIMIT_AS = 9;
  private static final int PAGE_BYTES = 4096;
  private static final int ATTEMPTS = 8;
  private static final long HEADROOM_BYTES = 128L << 20;

  private ScarceMemoryMain() {}

  public static void main(String[] arguments) throws IOException {
    @SuppressWarnings("SystemOut") // a program that speaks to its parent
    PrintStream out = new PrintStream(System.out, true, StandardCharsets.UTF_8);
    UringOptions good = UringOptions.defaults();
    UringEngine.open(good).close();
    limitMemory();
    UringOptions large = good.bufferLimitBytes(1L << 39).bufferBytes(1 << 24);
    for (int i = 0; i < ATTEMPTS; i++) {
      try {
        UringEngine.open(large).close();
        throw new AssertionError("there is no such memory");
      } catch (EngineUnavailable expected) {
        if (!String.valueOf(expected.getMessage()).startsWith("no memory for rings")) {
          throw expected;
        }
      }
    }
    out.println("rings: " + rings());
    UringEngine.open(good).close();
  }

  private static void limitMemory() throws IOException {
    String statm = Files.readString(Path.of("/proc/self/statm"));
    long bytes = Long.parseLong(statm.substring(0, statm.indexOf(' '))) * PAGE_BYTES;
    if (LinuxProcess.limit(new CallState(), RLIMIT_AS, bytes + HEADROOM_BYTES) != 0) {
      throw new IllegalStateException("no limit");
    }
  }

  /** Mappings keep a ring alive as its descriptor does. */
  private static long rings() throws IOException {
    long mapped =
        Files.readAllLines(Path.of("/proc/self/maps")).stream()
            .filter(line -> line.contains("io_uring"))
            .count();
    long open = 0;
    try (var descriptors = Files.newDirectoryStream(Path.of("/proc/self/fd"))) {
      for (Path descriptor : descriptors) {
        if (Files.isSymbolicLink(descriptor)
            && Files.readSymbolicLink(descriptor).toString().contains("io_uring")) {
          open++;
        }
      }
    }
    return mapped + open;
  }
}
