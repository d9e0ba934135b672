package gyre.sim;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import gyre.Fiber;
import gyre.Loop;
import gyre.net.ConnectOptions;
import gyre.net.NetworkException;
import gyre.net.NetworkTimeoutException;
import gyre.net.StreamOptions;
import gyre.net.TcpListener;
import gyre.net.TcpStream;
import gyre.sim.fault.Fault;
import gyre.sim.fault.Faults;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** What a world does to connections, clocks and hosts, seen by programs. */
@Timeout(60)
class NetworkTest {
  private static final StreamOptions PATIENT =
      StreamOptions.defaults().readTimeout(Duration.ofHours(1));

  private static void serve() {
    try (TcpListener listener = TcpListener.bind("0.0.0.0", 7000)) {
      listener.serve(stream -> {
        ByteBuffer buffer = ByteBuffer.allocate(100);
        while (stream.read(buffer.clear()) >= 0) {
          stream.write(buffer.flip());
        }
      });
    }
  }

  private static void ping(TcpStream stream) {
    stream.write(new byte[] {1, 2, 3});
    stream.readFully(ByteBuffer.allocate(3));
  }

  private static TcpStream connect() {
    return TcpStream.connect("server", 7000, PATIENT);
  }

  private static Duration time(World world, Runnable what) {
    Duration start = world.elapsed();
    what.run();
    return world.elapsed().minus(start);
  }

  @Test
  void shouldTakeTheLatencyOfTheLink() {
    Simulation.seed(1)
        .world(world -> {
          world.host("server").background(NetworkTest::serve);
          world.link("client", "server").latency(Duration.ofMillis(100));
          world
              .host("client")
              .run(() -> {
                Fiber.sleep(Duration.ofMillis(1));
                try (TcpStream stream = connect()) {
                  assertThat(time(world, () -> ping(stream)).toMillis()).isBetween(200L, 205L);
                }
              });
        })
        .run();
  }

  @Test
  void shouldTakeTheTimeThatTheBandwidthNeeds() {
    Simulation.seed(1)
        .world(world -> {
          world.host("server").background(NetworkTest::serve);
          world.link("client", "server").latency(Duration.ofMillis(1)).bandwidth(100_000);
          world
              .host("client")
              .run(() -> {
                Fiber.sleep(Duration.ofMillis(1));
                try (TcpStream stream = connect()) {
                  Fiber<?> writer = Fiber.start(() -> stream.write(new byte[200_000]));
                  Runnable receive = () -> stream.readFully(ByteBuffer.allocate(200_000));
                  assertThat(time(world, receive))
                      .isBetween(Duration.ofSeconds(2), Duration.ofSeconds(6));
                  writer.join();
                }
              });
        })
        .run();
  }

  @Test
  void shouldHoldBackWhatIsSentIntoAPartitionUntilItHeals() {
    Simulation.seed(2)
        .world(world -> {
          world.host("server").background(NetworkTest::serve);
          world
              .host("client")
              .run(() -> {
                Fiber.sleep(Duration.ofMillis(1));
                try (TcpStream stream = connect()) {
                  ping(stream);
                  world.link("client", "server").cutOneWay();
                  world.after(Duration.ofSeconds(30), () -> world.link("client", "server").heal());
                  assertThat(time(world, () -> ping(stream)))
                      .isBetween(Duration.ofSeconds(30), Duration.ofSeconds(100));
                }
              });
        })
        .run();
  }

  @Test
  void shouldGiveUpAConnectionIntoAnEndlessPartition() {
    Simulation.seed(3)
        .world(world -> {
          world.host("server").background(NetworkTest::serve);
          world
              .host("client")
              .run(() -> {
                Fiber.sleep(Duration.ofMillis(1));
                try (TcpStream stream = connect()) {
                  ping(stream);
                  world.link("client", "server").cut();
                  assertThatThrownBy(() -> ping(stream))
                      .isInstanceOf(NetworkException.class)
                      .hasMessageContaining("ETIMEDOUT");
                  assertThat(world.elapsed()).isGreaterThan(Duration.ofMinutes(10));
                }
                assertThatThrownBy(NetworkTest::connect)
                    .isInstanceOf(NetworkTimeoutException.class);
                ConnectOptions patient = ConnectOptions.defaults().timeout(Duration.ofHours(1));
                assertThatThrownBy(
                        () -> TcpStream.connect("server", 7000, StreamOptions.defaults(), patient))
                    .hasMessageContaining("ETIMEDOUT");
                world.link("client", "server").heal();
              });
        })
        .run();
  }

  @Test
  void shouldRefuseConnectionsWhereNobodyListens() {
    Simulation.seed(4)
        .world(world -> {
          world.host("server").run(() -> {});
          world
              .host("client")
              .run(() ->
                  assertThatThrownBy(NetworkTest::connect).hasMessageContaining("ECONNREFUSED"));
        })
        .run();
  }

  @Test
  void shouldLeaveAPeerHalfOpenWhenAHostCrashesAndResetItAfterTheRestart() {
    List<String> lives = new ArrayList<>();
    Simulation.seed(5)
        .world(world -> {
          Host server = world.host("server");
          server.background(() -> {
            lives.add("server at " + world.elapsed().toSeconds());
            serve();
          });
          world
              .host("client")
              .run(() -> {
                Fiber.sleep(Duration.ofMillis(1));
                try (TcpStream stream = connect()) {
                  ping(stream);
                  server.crash();
                  Fiber.sleep(Duration.ofMinutes(1));
                  server.restart();
                  Fiber.sleep(Duration.ofMinutes(1));
                  assertThat(stream.isOpen()).isTrue();
                  assertThatThrownBy(() -> ping(stream)).hasMessageContaining("ECONNRESET");
                }
                try (TcpStream again = connect()) {
                  ping(again);
                }
              });
        })
        .run();
    assertThat(lives).containsExactly("server at 0", "server at 60");
  }

  @Test
  void shouldFindADeadPeerByKeepAlive() {
    Simulation.seed(6)
        .world(world -> {
          Host server = world.host("server");
          server.background(NetworkTest::serve);
          world
              .host("client")
              .run(() -> {
                Fiber.sleep(Duration.ofMillis(1));
                StreamOptions probing = StreamOptions.defaults().keepAlive(true);
                try (TcpStream stream = TcpStream.connect("server", 7000, probing)) {
                  ping(stream);
                  server.crash();
                  assertThatThrownBy(() -> stream.read(ByteBuffer.allocate(1)))
                      .hasMessageContaining("ETIMEDOUT");
                  assertThat(world.elapsed()).isBetween(Duration.ofHours(2), Duration.ofHours(3));
                }
              });
        })
        .run();
  }

  @Test
  void shouldRunClocksApart() {
    List<Instant> dates = new ArrayList<>();
    Simulation.seed(7)
        .world(world -> {
          world
              .host("slow")
              .drift(-50_000)
              .run(() -> {
                Fiber.sleep(Duration.ofSeconds(100));
                assertThat(world.elapsed().toMillis()).isBetween(105_000L, 106_000L);
              });
          Host jumping = world.host("jumping");
          jumping.run(() -> {
            long start = Loop.current().nanoTime();
            dates.add(Loop.current().clock().instant());
            jumping.stepClock(Duration.ofHours(-3));
            Fiber.sleep(Duration.ofSeconds(1));
            dates.add(Loop.current().clock().instant());
            assertThat(Loop.current().nanoTime() - start).isBetween(1_000_000_000L, 1_100_000_000L);
          });
        })
        .run();
    assertThat(Duration.between(dates.getFirst(), dates.getLast()))
        .isBetween(Duration.ofHours(-3), Duration.ofHours(-3).plusSeconds(2));
  }

  @Test
  void shouldRunOutOfDescriptorsAndGoOn() {
    Outcome outcome =
        Simulation.seed(8)
            .world(world -> {
              world.host("server").descriptors(6).background(NetworkTest::serve);
              world
                  .host("client")
                  .run(() -> {
                    Fiber.sleep(Duration.ofMillis(1));
                    for (int i = 0; i < 5; i++) {
                      Fiber.start(() -> {
                        try (TcpStream stream = connect()) {
                          ping(stream);
                          Fiber.sleep(Duration.ofSeconds(1));
                        }
                      });
                    }
                  });
            })
            .run();
    assertThat(outcome.reports())
        .anyMatch(report -> report.failure().toString().contains("EMFILE"));
  }

  @Test
  void shouldOffloadInVirtualTime() {
    Simulation.seed(9)
        .world(world ->
            world
                .host("one")
                .run(() -> {
                  Thread caller = Thread.currentThread();
                  Thread worker = Fiber.offload(Thread::currentThread);
                  assertThat(worker).isNotEqualTo(caller);
                  assertThat(world.elapsed()).isPositive();
                }))
        .run();
  }

  @Test
  void shouldBeTheSameUpToTheFirstFaultThatIsLeftOut() {
    Faults faults = Faults.timing();
    Outcome all = talkative(1).faults(faults).run();
    Outcome none = talkative(1).faults(faults).admitting(number -> false).run();
    Outcome same = talkative(1).faults(faults).admitting(number -> number <= 1_000_000).run();
    assertThat(all.faults()).isGreaterThan(20);
    assertThat(none.faults()).isZero();
    assertThat(none.faultsNumbered()).isPositive();
    assertThat(same).isEqualTo(all);
  }

  @Test
  void shouldNotChangeWhatOtherKindsDoWhenOneIsLeftOut() {
    Outcome without = talkative(1).faults(Faults.none()).run();
    Outcome rare = talkative(1).faults(Faults.none().with(Fault.RESET, 1e-12)).run();
    assertThat(rare.hash()).isEqualTo(without.hash());
  }

  private static Simulation talkative(long seed) {
    return Simulation.seed(seed)
        .world(world -> {
          world.host("server").background(NetworkTest::serve);
          world
              .host("client")
              .run(() -> {
                Fiber.sleep(Duration.ofMillis(1));
                try (TcpStream stream = connect()) {
                  for (int i = 0; i < 50; i++) {
                    ping(stream);
                  }
                }
              });
        });
  }

  @Test
  void shouldSayWhoReachesInFromOutside() {
    Simulation intruded =
        Simulation.seed(10)
            .world(world ->
                world
                    .host("one")
                    .run(() -> {
                      Loop loop = Loop.current();
                      Thread thread = Thread.ofPlatform().start(() -> loop.post(() -> {}));
                      while (thread.isAlive()) {
                        Thread.onSpinWait();
                      }
                      Fiber.sleep(Duration.ofSeconds(1));
                    }));
    assertThatThrownBy(intruded::run)
        .isInstanceOf(SimulationFailure.class)
        .hasMessageContaining("not deterministic")
        .hasMessageContaining("seed 10")
        .extracting(failure -> ((SimulationFailure) failure).kind())
        .isEqualTo(SimulationFailure.Kind.NOT_DETERMINISTIC);
  }
}
