package gyre.lab.program;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/**
 * What a proxy passes everything on to: the echo of {@code c-epoll}, on the last core there is,
 * which is the generator's. It ends with this process, which holds the other end of its input.
 */
final class EchoBehind {
  private static final Path ONLINE = Path.of("/sys/devices/system/cpu/online");

  private EchoBehind() {}

  /** Starts one; its port. */
  static int start() throws IOException {
    Path program = Path.of(System.getProperty("gyre.lab.peers", "."), "c-epoll");
    if (!Files.isExecutable(program)) {
      throw new UnsupportedOperationException(
          "no echo to pass on to: " + program + " is not built (lab/peers/build c-epoll)");
    }
    Process process =
        new ProcessBuilder(
                List.of("taskset", "-c", lastCore(), program.toString(), "echo", "--port", "0"))
            .redirectError(ProcessBuilder.Redirect.INHERIT)
            .start();
    BufferedReader said =
        new BufferedReader(new InputStreamReader(process.getInputStream(), StandardCharsets.UTF_8));
    String line = said.readLine();
    if (line == null || !line.startsWith("listening ")) {
      throw new UnsupportedOperationException(program + " does not say where it listens: " + line);
    }
    return Integer.parseInt(line.substring("listening ".length()));
  }

  /** The end of a list such as {@code 0-3,8}. */
  private static String lastCore() throws IOException {
    String online = Files.readString(ONLINE).strip();
    return online.substring(Math.max(online.lastIndexOf('-'), online.lastIndexOf(',')) + 1);
  }
}
