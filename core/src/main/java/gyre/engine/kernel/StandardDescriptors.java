package gyre.engine.kernel;

import gyre.sys.CallState;
import gyre.sys.LinuxFiles;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** What this process was given as 0, 1 and 2 by who started it. */
final class StandardDescriptors {
  private static final Path JAVA_HOME = Path.of(System.getProperty("java.home"));

  private StandardDescriptors() {}

  /**
   * Whether it was given that one. If not, the first file that the JVM opens gets the number, which
   * is one of its own: the one with its classes, or one that is close-on-exec.
   */
  static boolean isGiven(CallState state, int number) {
    return LinuxFiles.isInherited(state, number) && !isOfJvm(number);
  }

  private static boolean isOfJvm(int number) {
    try {
      return Files.readSymbolicLink(Path.of("/proc/self/fd/" + number)).startsWith(JAVA_HOME);
    } catch (IOException | RuntimeException e) {
      return false; // no /proc, or no descriptor to look with
    }
  }
}
