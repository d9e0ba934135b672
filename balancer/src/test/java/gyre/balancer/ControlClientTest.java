package gyre.balancer;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** A client of the control socket, beside a balancer that ends while it answers. */
@Timeout(60)
final class ControlClientTest {
  @TempDir private Path directory;

  private String ask(String answer) throws Exception {
    Path socket = directory.resolve("balance.sock");
    try (ServerSocketChannel server = ServerSocketChannel.open(StandardProtocolFamily.UNIX)) {
      assertThat(server.bind(UnixDomainSocketAddress.of(socket))).isSameAs(server);
      CompletableFuture<Void> served =
          CompletableFuture.runAsync(() -> {
            try (SocketChannel client = server.accept()) {
              ByteBuffer request = ByteBuffer.allocate(1000);
              while (client.read(request) >= 0) {
                // until all of it is there: else the end of this is a reset
              }
              assertThat(client.write(ByteBuffer.wrap(answer.getBytes(StandardCharsets.UTF_8))))
                  .isEqualTo(answer.length());
            } catch (IOException e) {
              throw new AssertionError(e);
            }
          });
      try {
        return ControlClient.ask(socket, Map.of("command", "stats"));
      } finally {
        served.get();
      }
    }
  }

  @Test
  void shouldGiveTheAnswer() throws Exception {
    assertThat(ask("{\"ok\":true}\n")).isEqualTo("{\"ok\":true}");
  }

  @Test
  void shouldTakeNoPartForTheAnswer() {
    assertThatThrownBy(() -> ask("{\"ok\":true"))
        .isInstanceOf(IOException.class)
        .hasMessageContaining("in the middle of its answer");
  }

  @Test
  void shouldTellOfAClosedConnection() {
    assertThatThrownBy(() -> ask(""))
        .isInstanceOf(IOException.class)
        .hasMessageEndingWith("the balancer has closed the connection");
  }
}
