package gyre.examples;

import static org.assertj.core.api.Assertions.assertThat;

import gyre.Fiber;
import gyre.FreePort;
import gyre.Loop;
import gyre.Scope;
import gyre.io.IoException;
import gyre.net.TcpStream;
import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** The example {@code hello}. */
@Timeout(120)
class HelloTest {
  private static TcpStream connect(int port) {
    while (true) {
      try {
        return TcpStream.connect("127.0.0.1", port);
      } catch (IoException e) {
        Fiber.sleep(Duration.ofMillis(20)); // it has not begun yet
      }
    }
  }

  @Test
  void shouldGreet() throws Exception {
    int port = FreePort.next();
    try (Loop loop = Loop.open()) {
      loop.run(() -> {
        try (Scope scope = Scope.open("program")) {
          scope.start(() -> Program.of(Hello.class, "auto", String.valueOf(port)).run());
          try (TcpStream stream = connect(port)) {
            stream.write("GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");
            StringBuilder answer = new StringBuilder();
            for (String line = stream.readLine(1000); line != null; line = stream.readLine(1000)) {
              answer.append(line).append('\n');
            }
            assertThat(answer.toString())
                .startsWith("HTTP/1.1 200 OK\n")
                .endsWith("\n\nHello, World!\n");
          }
          scope.cancel("it works");
        }
      });
    }
  }
}
