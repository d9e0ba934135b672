package gyre.balancer;

import static org.assertj.core.api.Assertions.assertThat;

import gyre.Fiber;
import gyre.Loop;
import gyre.net.ConnectOptions;
import gyre.net.StreamOptions;
import gyre.net.TcpListener;
import gyre.net.TcpStream;
import gyre.sim.Simulation;
import gyre.sim.WorldEngine;
import gyre.sim.fault.Faults;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Connections that are quiet or slow for a long time, which passes quickly here. */
@Timeout(60)
final class RelaySimulationTest {
  private static final int PORT = 8080;

  private @Nullable Balancer opened;

  private interface Talk {
    void with(TcpStream stream) throws Exception;
  }

  /** On each engine: how a relay waits and cuts differs. */
  private void run(Talk target, Talk client) {
    for (WorldEngine engine : WorldEngine.values()) {
      run(engine, target, client);
    }
  }

  private void run(WorldEngine engine, Talk target, Talk client) {
    Simulation.seed(11)
        .engine(engine)
        .limit(Duration.ofHours(3))
        .faults(Faults.none())
        .world(world -> {
          world
              .host("target")
              .address("10.0.1.1")
              .reliable()
              .background(() -> {
                try (TcpListener listener = TcpListener.bind("0.0.0.0", PORT)) {
                  listener.serve(target::with);
                }
              });
          world
              .host("balancer")
              .reliable()
              .background(() -> {
                opened = Balancer.open(Loop.current(), config(), new Events(false));
                Fiber.sleep(Duration.ofHours(2));
              });
          world
              .host("client")
              .reliable()
              .run(() -> {
                Fiber.sleep(Duration.ofMillis(100));
                StreamOptions patient = StreamOptions.defaults().readTimeout(Duration.ofHours(1));
                try (TcpStream stream =
                    TcpStream.connect("balancer", PORT, patient, ConnectOptions.defaults())) {
                  client.with(stream);
                }
              });
        })
        .run();
  }

  private static BalancerConfig config() {
    InetSocketAddress target = new InetSocketAddress(InetAddress.ofLiteral("10.0.1.1"), PORT);
    return BalancerConfig.of(
        List.of(
            ListenConfig.of("web", new InetSocketAddress("0.0.0.0", PORT), "web")
                .halfCloseTimeout(Duration.ofMinutes(3))),
        List.of(PoolConfig.of("web", List.of(TargetConfig.of(target)))));
  }

  private Balancer balancer() {
    return Objects.requireNonNull(opened);
  }

  @Test
  void shouldTakeTheTimeOfAHalfCloseFromItsBeginning() {
    run(
        stream -> {
          assertThat(stream.await(1)).isTrue();
          stream.input().clear();
          assertThat(stream.await(1)).isFalse();
          Fiber.sleep(Duration.ofMinutes(2)); // of the 3 min that a half-closed one may be quiet
          stream.write(new byte[] {2});
        },
        stream -> {
          stream.write(new byte[] {1});
          Fiber.sleep(Duration.ofMinutes(5)); // of the 10 that a connection may be quiet
          stream.shutdownOutput();
          assertThat(stream.readExactly(1)[0]).isEqualTo((byte) 2);
          assertThat(stream.await(1)).isFalse();
          assertThat(balancer().counters().timeouts.sum()).isZero();
        });
  }

  @Test
  void shouldSendTheTailToWhoeverReadsSlowly() {
    int bytes = 1_000_000;
    run(
        stream -> {
          stream.write(new byte[bytes]);
          stream.flush();
          assertThat(stream.await(1)).isFalse();
        },
        stream -> {
          stream.shutdownOutput();
          ByteBuffer room = ByteBuffer.allocate(10_000);
          int read = 0;
          for (int now = stream.read(room); now >= 0; now = stream.read(room.clear())) {
            read += now;
            Fiber.sleep(Duration.ofSeconds(5)); // slower than the time to close allows
          }
          assertThat(read).isEqualTo(bytes);
          assertThat(balancer().counters().broken.sum()).isZero();
        });
  }
}
