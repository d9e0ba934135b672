package gyre.sim;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import gyre.Fiber;
import gyre.Loop;
import gyre.LoopGroup;
import gyre.net.ListenOptions;
import gyre.net.TcpListener;
import gyre.net.TcpStream;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.Set;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Hosts that run more than one loop. */
@Timeout(60)
class HostLoopsTest {
  private static final int PORT = 7000;

  @Test
  void shouldSpreadConnectionsOverTheLoopsOfAHost() {
    Set<String> served = new TreeSet<>();
    Simulation simulation =
        Simulation.seed(1)
            .world(world -> {
              served.clear();
              Host server = world.host("server");
              for (int i = 0; i < 3; i++) {
                server.background(() -> serve(served));
              }
              world
                  .host("client")
                  .run(() -> {
                    Fiber.sleep(Duration.ofMillis(10));
                    for (int i = 0; i < 50; i++) {
                      ask();
                    }
                  });
            });
    simulation.check();
    assertThat(served).containsExactly("server", "server-2", "server-3");
  }

  private static void serve(Set<String> served) {
    ListenOptions shared = ListenOptions.defaults().reusePort(true);
    try (TcpListener listener = TcpListener.bind("0.0.0.0", PORT, shared)) {
      listener.serve(stream -> {
        served.add(Loop.current().name());
        stream.write(new byte[] {1});
      });
    }
  }

  private static void ask() {
    try (TcpStream stream = TcpStream.connect("server", PORT)) {
      assertThat(stream.read(ByteBuffer.allocate(1))).isEqualTo(1);
    }
  }

  @Test
  void shouldRefuseAGroupOfLoopsThatStartsThreads() {
    Simulation.seed(2)
        .world(world ->
            world
                .host("one")
                .run(() ->
                    assertThatThrownBy(() -> LoopGroup.open(2))
                        .isInstanceOf(UnsupportedOperationException.class)
                        .hasMessageContaining("LoopGroup")
                        .hasMessageContaining("host.background")))
        .run();
  }
}
