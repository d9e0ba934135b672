package gyre.net;

import static org.assertj.core.api.Assertions.assertThat;

import gyre.Fiber;
import gyre.Loops;
import gyre.Scope;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.Parameter;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.provider.ValueSource;

@Tag("fiber-modes")
@ParameterizedClass
@ValueSource(strings = {"io_uring", "epoll"})
@Timeout(value = 30, unit = TimeUnit.SECONDS, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class TcpEchoTest {
  @Parameter String engine = "";

  @Test
  void shouldEchoInDirectStyle() {
    Loops.run(
        engine,
        () -> {
          TcpListener listener = TcpListener.bind("127.0.0.1", 0);
          Fiber<?> server =
              Fiber.start(
                  "server",
                  () ->
                      listener.serve(stream -> {
                        ByteBuffer buffer = ByteBuffer.allocateDirect(4096);
                        while (stream.read(buffer.clear()) >= 0) {
                          stream.write(buffer.flip());
                        }
                      }));
          try (Scope scope = Scope.open("clients")) {
            for (int i = 0; i < 20; i++) {
              int number = i;
              scope.start(() -> exchange(listener, "hello " + number));
            }
            scope.join();
          }
          listener.close();
          server.join();
        });
  }

  @Test
  void shouldEchoInPushStyle() {
    Loops.run(
        engine,
        () -> {
          TcpListener listener = TcpListener.bind("127.0.0.1", 0);
          listener.onConnection(stream -> stream.onData(stream::write));
          exchange(listener, "hello");
          listener.close();
        });
  }

  private static void exchange(TcpListener listener, String text) {
    try (TcpStream stream = TcpStream.connect(listener.address())) {
      for (int i = 0; i < 100; i++) {
        byte[] sent = (text + " " + i).getBytes(StandardCharsets.UTF_8);
        stream.write(sent);
        ByteBuffer answer = ByteBuffer.allocate(sent.length);
        stream.readFully(answer);
        assertThat(answer.array()).isEqualTo(sent);
      }
    }
  }
}
