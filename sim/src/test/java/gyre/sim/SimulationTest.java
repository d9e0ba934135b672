package gyre.sim;

import static org.assertj.core.api.Assertions.assertThat;

import gyre.net.TcpListener;
import gyre.net.TcpStream;
import gyre.sim.fault.Faults;
import java.nio.ByteBuffer;
import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
class SimulationTest {
  private static void echo(int port) {
    try (TcpListener listener = TcpListener.bind("0.0.0.0", port)) {
      listener.serve(stream -> {
        ByteBuffer buffer = ByteBuffer.allocateDirect(4096);
        while (stream.read(buffer.clear()) >= 0) {
          stream.write(buffer.flip());
        }
      });
    }
  }

  private static void talk(String host, int port, int messages) {
    try (TcpStream stream = TcpStream.connect(host, port)) {
      for (int i = 0; i < messages; i++) {
        stream.write(ByteBuffer.allocate(4).putInt(i).flip());
        ByteBuffer answer = ByteBuffer.allocate(4);
        stream.readFully(answer);
        assertThat(answer.flip().getInt()).isEqualTo(i);
      }
    }
  }

  static Simulation echoes(long seed) {
    return Simulation.seed(seed)
        .world(world -> {
          world.host("server").background(() -> echo(7000));
          world.host("client").run(() -> talk("server", 7000, 100));
          world
              .link("client", "server")
              .latency(Duration.ofMillis(1), Duration.ofMillis(20))
              .loss(0.01);
        });
  }

  @Test
  void shouldRunTheSameWayTwice() {
    for (long seed = 1; seed <= 20; seed++) {
      Outcome first = echoes(seed).faults(Faults.timing()).run();
      Outcome second = echoes(seed).faults(Faults.timing()).run();
      assertThat(second).as("seed %d", seed).isEqualTo(first);
      assertThat(first.elapsed()).isGreaterThan(Duration.ofMillis(200));
    }
  }

  @Test
  void shouldRunOtherwiseForAnotherSeed() {
    assertThat(echoes(1).run().hash()).isNotEqualTo(echoes(2).run().hash());
  }
}
