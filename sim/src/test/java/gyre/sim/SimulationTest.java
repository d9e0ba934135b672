package gyre.sim;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import gyre.Fiber;
import gyre.net.TcpListener;
import gyre.net.TcpStream;
import gyre.sim.fault.Faults;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicInteger;
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
  void shouldFailByWhatAProgramOfTheBackgroundAsserts() {
    Simulation simulation =
        Simulation.seed(1)
            .world(world -> {
              world
                  .host("server")
                  .background(() -> {
                    throw new AssertionError("not so");
                  });
              world.host("client").run(() -> Fiber.sleep(Duration.ofSeconds(1)));
            });
    assertThat(catchThrowableOfType(SimulationFailure.class, simulation::run))
        .hasMessageContaining("server failed")
        .hasMessageContaining("not so");
  }

  @Test
  void shouldPassOverAProgramOfTheBackgroundThatFails() {
    Simulation.seed(1)
        .world(world -> {
          world
              .host("server")
              .background(() -> {
                throw new IllegalStateException("nobody waits for it");
              });
          world.host("client").run(() -> Fiber.sleep(Duration.ofSeconds(1)));
        })
        .run();
  }

  private static Simulation restless() {
    return Simulation.seed(1)
        .world(world ->
            world
                .host("bed")
                .run(() -> {
                  while (true) {
                    Fiber.sleep(Duration.ofNanos(100));
                  }
                }));
  }

  @Test
  void shouldEndARunInWhichTooMuchHappens() {
    SimulationFailure failure =
        catchThrowableOfType(SimulationFailure.class, () -> restless().eventsLimit(10_000).run());

    assertThat(failure.kind()).isEqualTo(SimulationFailure.Kind.TIMEOUT);
    assertThat(failure)
        .hasMessageContaining("not over after 10,000 events, its limit: bed waits")
        .hasMessageContaining("bed, fiber main: ");
    assertThat(catchThrowableOfType(SimulationFailure.class, restless().eventsLimit(10_000)::run))
        .as("it is the same each time")
        .hasMessage(failure.getMessage());
  }

  @Test
  void shouldStopARunThatNobodyWaitsFor() {
    AtomicInteger looks = new AtomicInteger();

    SimulationFailure failure =
        catchThrowableOfType(
            SimulationFailure.class,
            () -> restless().stopWhen(() -> looks.incrementAndGet() == 3).run());

    assertThat(failure.kind()).isEqualTo(SimulationFailure.Kind.STOPPED);
    assertThat(looks).hasValue(3);
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
