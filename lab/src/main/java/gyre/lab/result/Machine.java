package gyre.lab.result;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/**
 * Where it was measured: figures mean nothing without it.
 *
 * @param awake how its cores were kept from falling asleep; empty where they were not
 * @param isWatched whether it is known when others disturbed
 */
public record Machine(
    String processor,
    int cores,
    String kernel,
    String java,
    long descriptors,
    String commit,
    String awake,
    boolean isWatched) {

  public static Machine here(String commit, long descriptors, String awake, boolean isWatched) {
    return new Machine(
        readProcessor(),
        Runtime.getRuntime().availableProcessors(),
        System.getProperty("os.name") + " " + System.getProperty("os.version"),
        System.getProperty("java.vm.name") + " " + Runtime.version(),
        descriptors,
        commit,
        awake,
        isWatched);
  }

  private static String readProcessor() {
    try {
      return processorOf(Files.readAllLines(Path.of("/proc/cpuinfo")));
    } catch (IOException e) {
      return System.getProperty("os.arch");
    }
  }

  static String processorOf(List<String> lines) {
    return lines.stream()
        .filter(line -> line.startsWith("model name"))
        .map(line -> line.substring(line.indexOf(':') + 1).strip())
        .findFirst()
        .orElse(System.getProperty("os.arch"));
  }
}
