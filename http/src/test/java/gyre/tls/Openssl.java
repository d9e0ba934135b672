package gyre.tls;

import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** The command openssl, as a judge from outside. Tests that need it are skipped without it. */
final class Openssl {
  private static final Path COMMAND = Path.of("/usr/bin/openssl");

  private Openssl() {}

  /** What it said, on both of its outputs, and how it ended. */
  record Output(int status, String text) {}

  static Output run(String input, String... arguments) throws IOException, InterruptedException {
    assumeTrue(Files.isExecutable(COMMAND), "openssl is not installed");
    List<String> command = new ArrayList<>(List.of(COMMAND.toString()));
    command.addAll(List.of(arguments));
    Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
    try (OutputStream in = process.getOutputStream()) {
      in.write(input.getBytes(StandardCharsets.UTF_8));
    } catch (IOException e) {
      assert !process.isAlive() || e.getMessage() != null : "it has left before it read all";
    }
    String text = new String(process.getInputStream().readAllBytes(), StandardCharsets.ISO_8859_1);
    return new Output(process.waitFor(), text);
  }

  /** A client that sends what it is given, and goes on reading until the server closes. */
  static Output client(int port, String input, String... more)
      throws IOException, InterruptedException {
    List<String> arguments =
        new ArrayList<>(List.of("s_client", "-connect", "127.0.0.1:" + port, "-ign_eof"));
    arguments.addAll(List.of(more));
    return run(input, arguments.toArray(String[]::new));
  }
}
