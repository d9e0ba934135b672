package gyre.balancer;

import static org.assertj.core.api.Assertions.assertThat;

import gyre.LoopGroup;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.Channels;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Connections to the control socket that stay open hold up nobody. */
@Timeout(30)
final class ControlPlacesTest {
  private static final int PLACES = 64;

  @TempDir private Path directory;

  /** A client that keeps its connection. */
  private record Client(SocketChannel channel, BufferedReader answers) {
    static Client open(Path socket) throws IOException {
      SocketChannel channel = SocketChannel.open(StandardProtocolFamily.UNIX);
      assertThat(channel.connect(UnixDomainSocketAddress.of(socket))).isTrue();
      return new Client(
          channel,
          new BufferedReader(
              new InputStreamReader(Channels.newInputStream(channel), StandardCharsets.UTF_8)));
    }

    /** The answer, or null if the connection is closed. */
    @Nullable String ask() throws IOException {
      int ignored =
          channel.write(
              ByteBuffer.wrap("{\"command\":\"stats\"}\n".getBytes(StandardCharsets.UTF_8)));
      return answers.readLine();
    }
  }

  @Test
  void shouldCloseTheConnectionThatIsIdleLongestForOneThatComes() throws Exception {
    Path socket = directory.resolve("balance.sock");
    Peers peers = new Peers();
    List<Client> clients = new ArrayList<>();
    try (LoopGroup group = LoopGroup.open(1);
        Balancer balancer =
            Balancer.open(
                group,
                BalancerConfig.of(
                        List.of(ListenConfig.of("web", BalancerTest.anyPort(), "web")),
                        List.of(PoolConfig.of("web", List.of(peers.echo("a").target()))))
                    .stopTimeout(Duration.ofMillis(50))
                    .control(socket))) {
      for (int i = 0; i < PLACES - 1; i++) {
        clients.add(Client.open(socket));
        assertThat(clients.getLast().ask()).contains("\"ok\":true");
      }
      // Who asks is not idle any more.
      assertThat(clients.getFirst().ask()).contains("\"ok\":true");
      for (int i = 0; i < 2; i++) {
        assertThat(ControlClient.ask(socket, Map.of("command", "list"))).contains("\"ok\":true");
        assertThat(clients.get(1 + i).answers.readLine()).as("closed").isNull();
        clients.add(Client.open(socket));
        assertThat(clients.getLast().ask()).contains("\"ok\":true");
      }
      assertThat(clients.getFirst().ask()).contains("\"ok\":true");
      assertThat(balancer.recentEvents())
          .filteredOn(event -> event.contains("idle longest"))
          .containsExactly(
              "all 64 places at the control socket are taken: closed the connection that was idle"
                  + " longest (1 so far)");
    } finally {
      for (Client each : clients) {
        each.channel.close();
      }
      peers.close();
    }
  }
}
