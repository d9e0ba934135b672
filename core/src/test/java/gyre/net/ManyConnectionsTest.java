package gyre.net;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.sun.management.UnixOperatingSystemMXBean;
import gyre.Fiber;
import gyre.Loops;
import java.lang.management.ManagementFactory;
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

/** As many connections as the process may have, up to ten thousand, each active in its turn. */
@Tag("slow")
@ParameterizedClass
@ValueSource(strings = {"io_uring", "epoll", "nio"})
@Timeout(value = 60, unit = TimeUnit.SECONDS, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class ManyConnectionsTest {
  private static final int WANTED = 10_000;
  private static final int ENOUGH = 100;

  /** Descriptors that the process needs besides. */
  private static final int RESERVE = 200;

  @Parameter String engine = "";

  private static int affordable() {
    if (ManagementFactory.getOperatingSystemMXBean() instanceof UnixOperatingSystemMXBean system) {
      long free = system.getMaxFileDescriptorCount() - system.getOpenFileDescriptorCount();
      return Math.clamp((free - RESERVE) / 2, 0, WANTED); // both ends are here
    }
    return WANTED / 10;
  }

  @Test
  void shouldLoseNoneOfTheConnectionsThatAreActiveInTurn() {
    int count = affordable();
    assumeTrue(count >= ENOUGH, "too few descriptors: raise the limit with ulimit -n");
    Loops.run(
        engine,
        () -> {
          TcpListener listener = TcpListener.bind("127.0.0.1", 0);
          listener.onConnection(stream -> stream.onData(stream::write));
          List<TcpStream> clients = new ArrayList<>(count);
          for (int i = 0; i < count; i++) {
            clients.add(TcpStream.connect(listener.address()));
          }
          for (int round = 0; round < 2; round++) {
            exchangeInTurn(clients, round);
          }
          assertThat(listener.connections()).isEqualTo(count);
          clients.forEach(TcpStream::reset);
          while (listener.connections() > 0) {
            Fiber.yield();
          }
          listener.close();
        });
  }

  private static void exchangeInTurn(List<TcpStream> clients, int round) {
    ByteBuffer answer = ByteBuffer.allocate(Long.BYTES);
    for (int i = 0; i < clients.size(); i++) {
      long expected = (long) round << 32 | i;
      TcpStream client = clients.get(i);
      client.write(ByteBuffer.allocate(Long.BYTES).putLong(expected).flip());
      client.readFully(answer.clear());
      assertThat(answer.getLong(0)).as("answer to connection %d", i).isEqualTo(expected);
    }
  }
}
