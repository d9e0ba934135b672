package gyre.sim;

import static org.assertj.core.api.Assertions.assertThat;

import gyre.Fiber;
import gyre.Loop;
import gyre.LoopGroup;
import gyre.LoopOptions;
import gyre.ShutdownOptions;
import gyre.ShutdownReport;
import gyre.net.ConnectionHandler;
import gyre.net.Distribution;
import gyre.net.ListenOptions;
import gyre.net.ServerOptions;
import gyre.net.TcpListener;
import gyre.net.TcpServer;
import gyre.net.TcpStream;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

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

  @ParameterizedTest
  @EnumSource(Distribution.class)
  void shouldServeOnAllLoopsOfAGroup(Distribution distribution) {
    Set<String> served = new TreeSet<>();
    Simulation simulation =
        Simulation.seed(3)
            .world(world -> {
              served.clear();
              world.host("server").background(() -> serveOnGroup(distribution, served));
              world
                  .host("client")
                  .run(() -> {
                    Fiber.sleep(Duration.ofMillis(10));
                    for (int i = 0; i < 10; i++) {
                      askSeveralAtOnce();
                    }
                  });
            });
    simulation.check();
    assertThat(served).containsExactly("worker-0", "worker-1", "worker-2");
  }

  private static void askSeveralAtOnce() {
    try (TcpStream one = TcpStream.connect("server", PORT);
        TcpStream two = TcpStream.connect("server", PORT);
        TcpStream three = TcpStream.connect("server", PORT)) {
      for (TcpStream stream : List.of(one, two, three)) {
        assertThat(stream.read(ByteBuffer.allocate(1))).isEqualTo(1);
      }
    }
  }

  private static void serveOnGroup(Distribution distribution, Set<String> served) {
    ConnectionHandler<TcpStream> handler =
        stream -> {
          served.add(Loop.current().name());
          stream.write(new byte[] {1});
          assertThat(stream.read(ByteBuffer.allocate(1))).isEqualTo(-1); // until the client goes
        };
    try (LoopGroup group = LoopGroup.open(3, LoopOptions.defaults().name("worker"));
        TcpServer server =
            TcpServer.serve(
                group,
                new InetSocketAddress("0.0.0.0", PORT),
                ServerOptions.defaults().distribution(distribution),
                handler)) {
      assertThat(server.address().getPort()).isEqualTo(PORT);
      Fiber.sleep(Duration.ofHours(1)); // until the world ends
    }
  }

  @ParameterizedTest
  @EnumSource(Distribution.class)
  void shouldPushOnAllLoopsOfAGroupAndCloseInOrder(Distribution distribution) {
    Set<String> served = new TreeSet<>();
    Simulation simulation =
        Simulation.seed(4)
            .world(world -> {
              served.clear();
              world.host("server").run(() -> pushForASecond(distribution, served));
              world
                  .host("client")
                  .run(() -> {
                    Fiber.sleep(Duration.ofMillis(10));
                    for (int i = 0; i < 10; i++) {
                      askSeveralAtOnce();
                    }
                  });
            });
    simulation.check();
    assertThat(served).containsExactly("worker-0", "worker-1", "worker-2");
  }

  private static void pushForASecond(Distribution distribution, Set<String> served) {
    try (LoopGroup group = LoopGroup.open(3, LoopOptions.defaults().name("worker"));
        TcpServer server =
            TcpServer.onConnection(
                group,
                new InetSocketAddress("0.0.0.0", PORT),
                ServerOptions.defaults().distribution(distribution),
                stream -> {
                  served.add(Loop.current().name());
                  stream.write(new byte[] {1});
                  stream.onData(in -> in.drain(in.size()));
                })) {
      Fiber.sleep(Duration.ofSeconds(5));
      server.close(Duration.ofSeconds(10));
      assertThat(server.connections()).containsExactly(0, 0, 0);
    }
  }

  @Test
  void shouldCallOtherLoopsOfItsHostAndRunTheirShutdownActions() {
    List<String> log = new ArrayList<>();
    Simulation simulation =
        Simulation.seed(5)
            .world(world -> {
              log.clear();
              world
                  .host("one")
                  .run(() -> {
                    try (LoopGroup group = LoopGroup.open(2, LoopOptions.defaults().name("w"))) {
                      String name =
                          group
                              .loop(1)
                              .call(() -> {
                                Loop.current()
                                    .onShutdown(() -> {
                                      Fiber.sleep(Duration.ofMillis(5));
                                      log.add("left");
                                    });
                                Fiber.sleep(Duration.ofSeconds(1));
                                return Loop.current().name();
                              });
                      log.add("called " + name);
                      log.add("awaited " + Fiber.await(group.loop(0).callAsync(() -> 7)));
                    }
                  });
            });
    simulation.check();
    assertThat(log).containsExactly("called w-1", "awaited 7", "left");
  }

  @Test
  void shouldTellHowTheLoopsOfAGroupHaveEnded() {
    List<Integer> inTime = new ArrayList<>();
    Simulation.seed(4)
        .world(world ->
            world
                .host("one")
                .run(() -> {
                  LoopGroup group = LoopGroup.open(2);
                  assertThat(group.join(Duration.ofSeconds(1))).isNull();
                  assertThat(world.elapsed()).isGreaterThanOrEqualTo(Duration.ofSeconds(1));
                  group.shutdown(ShutdownOptions.defaults());
                  List<ShutdownReport> reports = group.join(Duration.ofMinutes(1));
                  assertThat(group.ended(1).toCompletableFuture()).isCompleted();
                  inTime.add(Objects.requireNonNull(reports).size());
                }))
        .run();
    assertThat(inTime).containsExactly(2);
  }

  @Test
  void shouldOpenAGroupAnewWhenItsHostComesBack() {
    List<Integer> opened = new ArrayList<>();
    Simulation.seed(5)
        .world(world -> {
          Host server = world.host("server");
          server.background(() -> {
            try (LoopGroup group = LoopGroup.open(2)) {
              opened.add(group.size());
              Fiber.sleep(Duration.ofHours(1));
            }
          });
          world
              .host("other")
              .run(() -> {
                Fiber.sleep(Duration.ofSeconds(1));
                server.crash();
                Fiber.sleep(Duration.ofSeconds(1));
                server.restart();
                Fiber.sleep(Duration.ofSeconds(1));
              });
        })
        .run();
    assertThat(opened).containsExactly(2, 2);
  }
}
