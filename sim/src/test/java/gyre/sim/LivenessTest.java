package gyre.sim;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import gyre.Fiber;
import gyre.Scope;
import gyre.net.TcpListener;
import gyre.net.TcpStream;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import java.util.function.Consumer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
class LivenessTest {
  private static String failure(SimulationFailure.Kind kind, Consumer<World> script) {
    Simulation simulation = Simulation.seed(1).limit(Duration.ofHours(10)).world(script);
    SimulationFailure failure = catchThrowableOfType(SimulationFailure.class, simulation::run);
    assertThat(failure.kind()).isEqualTo(kind);
    assertThat(SimulationFailure.shape(failure)).doesNotContain("fiber");
    return String.valueOf(failure.getMessage());
  }

  private static String deadlock(Consumer<World> script) {
    return failure(SimulationFailure.Kind.DEADLOCK, script);
  }

  private static void acceptAndRead() {
    try (TcpListener listener = TcpListener.bind("0.0.0.0", 7000);
        TcpStream stream = listener.accept()) {
      stream.readFully(ByteBuffer.allocate(8));
    }
  }

  private static void connectAndRead() {
    Fiber.sleep(Duration.ofMillis(1));
    try (TcpStream stream = TcpStream.connect("server", 7000)) {
      stream.write(ByteBuffer.allocate(4).putInt(1).flip());
      stream.readFully(ByteBuffer.allocate(8));
    }
  }

  @Test
  void shouldTellOfTwoWhoWaitForEachOther() {
    String message =
        deadlock(world -> {
          world.host("server").run(LivenessTest::acceptAndRead);
          world.host("client").run(LivenessTest::connectAndRead);
        });

    assertThat(message)
        .contains("nothing can happen any more: server waits, client waits\n")
        .containsPattern("\n  client, fiber main: reading from tcp-stream-[0-9]+( \\(.*\\))?\n")
        .contains("at gyre.sim.LivenessTest.connectAndRead(LivenessTest.java:")
        .containsPattern("10.255.0.2:[0-9]+ to .*10.255.0.1:7000: nothing has arrived")
        .contains("the other end on server is open")
        .containsPattern(
            "to be woken by fiber main of server, which is reading from tcp-stream-[0-9]+( \\(.*\\))? itself,"
                + " at .*LivenessTest.acceptAndRead");
  }

  @Test
  void shouldTellOfAPeerWhoDoesNothing() {
    String message =
        deadlock(world -> {
          world
              .host("server")
              .background(() -> {
                try (TcpListener listener = TcpListener.bind("0.0.0.0", 7000);
                    TcpStream stream = listener.accept()) {
                  assertThat(stream.isOpen()).isTrue();
                  Fiber.park();
                  Fiber.park();
                }
              });
          world.host("client").run(LivenessTest::connectAndRead);
        });

    assertThat(message)
        .contains("client, fiber main: reading from")
        .containsPattern("to be woken by whoever uses .* of server: no fiber waits in it")
        .doesNotContain("server, fiber");
  }

  @Test
  void shouldTellOfFibersThatWaitForFibers() {
    String message =
        deadlock(world ->
            world
                .host("a")
                .run(() -> {
                  try (Scope scope = Scope.open("pair")) {
                    Fiber<?> sleeper = scope.start("sleeper", Fiber::park);
                    scope.start("joiner", sleeper::join);
                    scope.join();
                  }
                }));

    assertThat(message)
        .contains("a, fiber main: waiting for all that lives in scope ")
        .contains("a, fiber sleeper: parked until somebody calls unpark")
        .contains("a, fiber joiner: waiting for the end of fiber sleeper");
  }

  @Test
  void shouldTellOfAListenerThatNobodyConnectsTo() {
    String message = deadlock(world -> world.host("server").run(LivenessTest::acceptAndRead));

    assertThat(message)
        .contains("server, fiber main: accepting on tcp-listener-")
        .contains("listens on /0.0.0.0:7000, 0 connections wait to be accepted");
  }

  @Test
  void shouldTellOfWhatIsNotTheLoops() {
    String message = deadlock(world -> world.host("a").run(() -> new CountDownLatch(1).await()));

    assertThat(message)
        .contains("a, fiber main: is blocked by something that is not its loop's: ")
        .contains("java.util.concurrent.CountDownLatch.await")
        .contains("Fiber.offload");
  }

  @Test
  void shouldTellOfAPartition() {
    String message =
        failure(
            SimulationFailure.Kind.TIMEOUT,
            world -> {
              world
                  .host("server")
                  .background(() -> {
                    try (TcpListener listener = TcpListener.bind("0.0.0.0", 7000)) {
                      listener.serve(stream -> {
                        stream.readFully(ByteBuffer.allocate(4));
                        world.link("server", "client").cut();
                        stream.write(ByteBuffer.allocate(8));
                        Fiber.sleep(Duration.ofDays(1));
                      });
                    }
                  });
              world.host("client").run(LivenessTest::connectAndRead);
            });

    assertThat(message)
        .contains("not over after PT10H: client waits\n")
        .contains("client, fiber main: reading from")
        .contains("server->client (partitioned)");
  }
}
