package gyre.net;

import static org.assertj.core.api.Assertions.assertThat;

import gyre.LoopGroup;
import gyre.Loops;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
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
class TcpServerTest {
  private static final InetSocketAddress ANY_PORT =
      new InetSocketAddress(InetAddress.getLoopbackAddress(), 0);

  @Parameter String engine = "";

  private static void echo(TcpStream stream) {
    ByteBuffer buffer = ByteBuffer.allocate(64);
    while (stream.read(buffer.clear()) >= 0) {
      stream.write(buffer.flip());
    }
  }

  private static void exchange(Socket client, int value) throws IOException {
    client.getOutputStream().write(value);
    assertThat(client.getInputStream().read()).isEqualTo(value);
  }

  @Test
  void shouldServeOnASocketPerLoop() throws IOException {
    try (LoopGroup group = LoopGroup.open(2, Loops.options(engine));
        TcpServer server =
            TcpServer.open(
                group,
                ANY_PORT,
                Spread.SOCKET_PER_LOOP,
                ListenOptions.defaults(),
                TcpServerTest::echo)) {
      for (int i = 0; i < 20; i++) {
        try (Socket client = connect(server)) {
          exchange(client, i);
        }
      }
    }
  }

  @Test
  void shouldHandConnectionsToTheLeastLoadedLoop() throws IOException {
    try (LoopGroup group = LoopGroup.open(3, Loops.options(engine));
        TcpServer server =
            TcpServer.open(
                group,
                ANY_PORT,
                Spread.LEAST_LOADED,
                ListenOptions.defaults(),
                TcpServerTest::echo)) {
      List<Socket> clients = new ArrayList<>();
      for (int i = 0; i < 9; i++) {
        Socket client = connect(server);
        exchange(client, i);
        clients.add(client);
      }
      assertThat(server.connections()).containsExactly(3, 3, 3);
      for (Socket client : clients) {
        client.close();
      }
    }
  }

  private static Socket connect(TcpServer server) throws IOException {
    return new Socket(server.address().getAddress(), server.address().getPort());
  }
}
