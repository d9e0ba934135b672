package gyre.sim;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import gyre.ExitStatus;
import gyre.Fiber;
import gyre.Loop;
import gyre.LoopGroup;
import gyre.LoopOptions;
import gyre.ShutdownOptions;
import gyre.net.ServerOptions;
import gyre.net.TcpServer;
import gyre.net.TcpStream;
import gyre.process.OsSignal;
import gyre.process.SignalEvent;
import gyre.process.SignalStream;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Signals of simulated hosts. */
@Timeout(60)
class HostSignalTest {
  private static final int PORT = 7000;
  private static final int REQUESTS = 100;
  private static final Duration SOON = Duration.ofMillis(10);

  @Test
  void shouldReachTheLoopsOfOneHostAlone() {
    List<String> told = new ArrayList<>();
    Simulation.seed(1)
        .world(world -> {
          told.clear();
          Host server = world.host("server");
          server.run(() -> {
            try (LoopGroup group = LoopGroup.open(1, LoopOptions.defaults())) {
              CompletableFuture<SignalEvent> other =
                  group
                      .loop(0)
                      .callAsync(() -> {
                        try (SignalStream signals = SignalStream.open(OsSignal.HUP)) {
                          return signals.next();
                        }
                      });
              try (SignalStream signals = SignalStream.open(OsSignal.HUP, OsSignal.TERM)) {
                told.add("first " + signals.next());
                told.add("second " + Fiber.await(other));
                told.add("third " + signals.next());
              }
            }
          });
          world
              .host("operator")
              .run(() -> {
                SignalStream own = SignalStream.open(OsSignal.HUP);
                Fiber.sleep(SOON);
                server.signal(OsSignal.USR1); // nobody there wants that
                server.signal(OsSignal.HUP);
                Fiber.sleep(SOON);
                server.signal(OsSignal.TERM);
                assertThat(own.poll()).isEmpty();
                own.close();
              });
        })
        .check();
    assertThat(told).containsExactly("first HUP", "second HUP", "third TERM");
  }

  /**
   * What runs in a loop of its own ends in order at the first signal, and at once at the second.
   */
  @Test
  void shouldEndAProgramAsItsSignalsSay() {
    for (int signals = 0; signals <= 2; signals++) {
      int count = signals;
      List<ExitStatus> ended = new ArrayList<>();
      Simulation.seed(1)
          .world(world -> {
            ended.clear();
            Host host = world.host("host");
            host.runUntilShutdown(
                () -> {
                  try {
                    Fiber.sleep(Duration.ofMillis(50));
                  } finally {
                    gyre.Cancellation.shield(
                        Duration.ofMinutes(1), () -> Fiber.sleep(Duration.ofSeconds(2)));
                  }
                },
                ended::add);
            for (int i = 1; i <= count; i++) {
              world.after(SOON.multipliedBy(i), () -> host.signal(OsSignal.TERM));
            }
          })
          .check();

      assertThat(ended).hasSize(1);
      assertThat(ended.getFirst().code()).isEqualTo(count == 2 ? 128 + 15 : 0);
      assertThat(ended.getFirst().signal()).isEqualTo(count == 0 ? "" : "TERM");
    }
  }

  @Test
  void shouldForgetWhoListenedBeforeACrash() {
    List<String> told = new ArrayList<>();
    Simulation.seed(1)
        .world(world -> {
          told.clear();
          Host server = world.host("server");
          server.run(() -> {
            try (SignalStream signals = SignalStream.open(OsSignal.USR1)) {
              told.add(Loop.current().name() + " " + signals.next());
            }
          });
          world
              .host("operator")
              .run(() -> {
                Fiber.sleep(SOON);
                server.crash();
                server.signal(OsSignal.USR1);
                Fiber.sleep(SOON);
                server.restart();
                Fiber.sleep(SOON);
                server.signal(OsSignal.USR1);
              });
        })
        .check();
    assertThat(told).containsExactly("server USR1");
  }

  /** 100 requests of 200 ms are under way when TERM comes, and HUP before it. */
  @Test
  void shouldAnswerWhatIsUnderWayAndRefuseWhatComesLater() {
    List<ExitStatus> ended = new ArrayList<>();
    int[] answers = new int[1];
    Simulation.seed(5)
        .world(world -> {
          ended.clear();
          answers[0] = 0;
          Host server = world.host("server");
          server.run(() -> ended.add(serve()));
          world
              .host("client")
              .run(() -> {
                Fiber.sleep(SOON);
                for (int i = 0; i < REQUESTS; i++) {
                  Fiber<?> ignored =
                      Fiber.start(() -> {
                        int answer = ask(); // parks, and others count meanwhile
                        answers[0] += answer;
                      });
                }
                Fiber.sleep(Duration.ofMillis(100));
                server.signal(OsSignal.HUP);
                server.signal(OsSignal.TERM);
                Fiber.sleep(Duration.ofMillis(50));
                assertThatThrownBy(HostSignalTest::ask).hasMessageContaining("ECONNREFUSED");
              });
        })
        .check();
    assertThat(answers[0]).isEqualTo(REQUESTS);
    assertThat(ended).hasSize(1);
    assertThat(ended.getFirst().code()).isZero();
    assertThat(ended.getFirst().signal()).isEqualTo("TERM");
  }

  private static ExitStatus serve() {
    try (LoopGroup group = LoopGroup.open(2, LoopOptions.defaults())) {
      return group.runUntilShutdown(
          ShutdownOptions.defaults(),
          () -> {
            TcpServer ignored =
                TcpServer.serve(
                    group,
                    new InetSocketAddress("0.0.0.0", PORT),
                    ServerOptions.defaults(),
                    stream -> {
                      assertThat(stream.read(ByteBuffer.allocate(1))).isEqualTo(1);
                      Fiber.sleep(Duration.ofMillis(200));
                      stream.write(new byte[] {1});
                    });
          });
    }
  }

  private static int ask() {
    try (TcpStream stream = TcpStream.connect("server", PORT)) {
      stream.write(new byte[] {1});
      return stream.read(ByteBuffer.allocate(1));
    }
  }
}
