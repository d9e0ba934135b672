package gyre.queue;

import static org.assertj.core.api.Assertions.assertThat;

import gyre.FreePort;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** The server of the other tests is theirs, and stays while they run. */
@Timeout(180)
class PostgresServerTest {
  @Test
  void shouldTakeAnotherPortAndBeOutOfReachOfSignalsToTheTests() throws IOException {
    AtomicInteger asked = new AtomicInteger();
    try (ServerSocket stranger = new ServerSocket(0, 50, InetAddress.getLoopbackAddress())) {
      PostgresServer server =
          PostgresServer.own(
              () -> asked.getAndIncrement() == 0 ? stranger.getLocalPort() : FreePort.next());
      try {
        assertThat(asked).hasValue(2);
        assertThat(server.port()).isNotEqualTo(stranger.getLocalPort());
        String stat = Files.readString(Path.of("/proc", "" + server.pid(), "stat"));
        assertThat(stat.split(" ", -1)[4]).as("its process group").isEqualTo("" + server.pid());
      } finally {
        server.remove();
      }
      server.stop(); // once more: it signals nobody
    }
  }
}
