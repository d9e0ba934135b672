package gyre.examples;

import static org.assertj.core.api.Assertions.assertThat;

import gyre.Fiber;
import gyre.FreePort;
import gyre.Loop;
import gyre.Scope;
import gyre.io.IoException;
import gyre.net.TcpStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** The example {@code upload}. */
@Timeout(120)
class UploadTest {
  private static final int LIMIT_BYTES = 3_000_000;

  @TempDir private Path directory;

  private static TcpStream connect(int port) {
    while (true) {
      try {
        return TcpStream.connect("127.0.0.1", port);
      } catch (IoException e) {
        Fiber.sleep(Duration.ofMillis(20)); // it has not begun yet
      }
    }
  }

  private static String put(int port, String name, int announced, byte[] content) {
    try (TcpStream stream = connect(port)) {
      stream.write(
          "PUT /"
              + name
              + " HTTP/1.1\r\nHost: a\r\nConnection: close\r\nContent-Length: "
              + announced
              + "\r\n\r\n");
      stream.write(content);
      stream.shutdownOutput();
      String line = stream.readLine(1000);
      return line == null ? "" : line;
    }
  }

  @Test
  void shouldStoreWholeFilesWithinTheLimitAlone() throws Exception {
    int port = FreePort.next();
    byte[] content = new byte[2_000_000];
    new Random(1).nextBytes(content);
    String[] arguments = {String.valueOf(port), directory.toString(), String.valueOf(LIMIT_BYTES)};
    try (Loop loop = Loop.open()) {
      loop.run(() -> {
        try (Scope scope = Scope.open("program")) {
          scope.start(() -> Program.of(Upload.class, "auto", arguments).run());
          assertThat(put(port, "film", content.length, content)).contains(" 201 ");
          assertThat(put(port, "large", LIMIT_BYTES + 1, new byte[10])).contains(" 413 ");
          assertThat(put(port, "cut", content.length, Arrays.copyOf(content, 1000)))
              .contains(" 400 ");
          assertThat(put(port, "..%2fout", 1, new byte[1])).contains(" 400 ");
          scope.cancel("it works");
        }
      });
    }
    assertThat(directory.resolve("film")).hasBinaryContent(content);
    try (var names = Files.list(directory)) {
      assertThat(names).hasSize(1);
    }
  }
}
