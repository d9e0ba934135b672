package gyre.tls;

import static org.assertj.core.api.Assertions.assertThat;

import gyre.ClosedException;
import gyre.Fiber;
import gyre.Loop;
import gyre.Scope;
import gyre.io.ByteQueue;
import gyre.io.IoException;
import gyre.net.ListenOptions;
import gyre.net.MemoryCounters;
import gyre.net.StreamOptions;
import gyre.net.TcpListener;
import gyre.net.TcpStream;
import gyre.sim.Simulation;
import gyre.sim.WorldEngine;
import gyre.sim.fault.Fault;
import gyre.sim.fault.Faults;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * A server with hardly any memory, and peers that hold it in what TLS keeps for them. As without
 * TLS, who stands still goes while others wait, and an honest client is served. {@code
 * -Dgyre.tls.shortage.seeds=N} (and {@code firstSeed}) runs other worlds.
 */
@Timeout(value = 120, unit = TimeUnit.SECONDS)
class TlsShortageTest {
  private static final int PORT = 7443;
  private static final int FRAME = 300_000;
  private static final int GREEDY = 9;
  private static final long POOL_BYTES = 2L << 20;
  private static final Duration PATIENCE = Duration.ofMinutes(5);
  private static final long SEEDS = Long.getLong("gyre.tls.shortage.seeds", 1);
  private static final long FIRST = Long.getLong("gyre.tls.shortage.firstSeed", 1);

  private static final int MESSAGE = 500;
  private static final Duration SHORT = Duration.ofSeconds(2);
  private static final Duration SHORTAGE = Duration.ofSeconds(9);

  /** For who waits until others have gone. */
  private static final StreamOptions PATIENT =
      StreamOptions.defaults().inputLimitBytes(FRAME).readTimeout(PATIENCE).writeTimeout(PATIENCE);

  private static final SelfSigned AUTHORITY = SelfSigned.authority("World");

  private final TlsServer server =
      TlsServer.of(
          TlsServerOptions.of(AUTHORITY.issueServer("server"))
              .handshakeTimeout(PATIENCE)
              .tasks(TaskPlace.LOOP),
          new HandshakeGate(64));
  private final TlsClient client =
      TlsClient.of(
          TlsClientOptions.defaults()
              .trust(List.of(AUTHORITY.certificate()))
              .handshakeTimeout(PATIENCE)
              .tasks(TaskPlace.LOOP));
  private boolean isOver;
  private long shed;

  private interface Client {
    void talk() throws Exception;
  }

  private void simulate(WorldEngine engine, boolean isPush, Client honest) {
    for (long seed = FIRST; seed < FIRST + SEEDS; seed++) {
      Simulation.seed(seed)
          .engine(engine)
          .limit(Duration.ofHours(10))
          .faults(Faults.timing().without(Fault.SMALL_BUFFERS))
          .world(world -> {
            isOver = false;
            world.host("server").poolLimitBytes(POOL_BYTES).run(() -> serve(isPush));
            world.host("greedy").run(this::hold);
            world
                .host("client")
                .run(() -> {
                  try {
                    Fiber.sleep(Duration.ofSeconds(5)); // until the others hold what there is
                    honest.talk();
                  } finally {
                    isOver = true;
                  }
                });
          })
          .run();
    }
  }

  private void serve(boolean isPush) {
    ListenOptions how = ListenOptions.defaults().stream(PATIENT);
    try (TcpListener listener = TcpListener.bind("0.0.0.0", PORT, how);
        Scope serving = Scope.openIsolated("serving")) {
      if (isPush) {
        listener.onConnection(tcp -> {
          TlsStream stream = server.stream(tcp);
          stream.onData(in -> {
            while (in.size() >= FRAME) {
              in.drain(FRAME);
              stream.write(new byte[] {1});
            }
          });
        });
      } else {
        Fiber<?> ignored =
            serving.start(() ->
                listener.serve(
                    server.serving(stream -> {
                      while (stream.await(FRAME)) {
                        stream.input().drain(FRAME);
                        stream.write(new byte[] {1});
                      }
                    })));
      }
      while (!isOver) {
        Fiber.sleep(Duration.ofSeconds(1));
      }
      MemoryCounters memory = MemoryCounters.of(Loop.current());
      assertThat(memory.levelChanges()).as("memory was short").isPositive();
      shed = memory.shedStreams();
      serving.cancel("the test is over");
    }
  }

  private void hold() {
    try (Scope all = Scope.openIsolated("greedy")) {
      for (int i = 0; i < GREEDY; i++) {
        Fiber<?> ignored = all.start(this::holdOn);
      }
      while (!isOver) {
        Fiber.sleep(Duration.ofSeconds(1));
      }
      all.cancel("the test is over");
    }
  }

  private void holdOn() {
    try (TcpStream tcp = TcpStream.connect("server", PORT, PATIENT);
        TlsStream stream = client.stream(tcp, "server", PORT)) {
      stream.write(new byte[FRAME - 1000]);
      boolean isAnswered = stream.await(1);
      assertThat(isAnswered).as("half of a frame is answered").isFalse();
    } catch (IoException | ClosedException e) {
      // reset, as it deserves, or the test is over
    }
  }

  private void talk() {
    try (TcpStream tcp = TcpStream.connect("server", PORT, PATIENT);
        TlsStream stream = client.stream(tcp, "server", PORT)) {
      stream.write(new byte[FRAME]);
      assertThat(stream.await(1)).as("a frame is answered").isTrue();
    }
  }

  /** All but the reserve. */
  private static ByteQueue hog(TcpStream of) {
    ByteQueue all = of.input().sibling();
    while (all.canAppend(1024)) {
      all.append(new byte[1024]);
    }
    return all;
  }

  /** With less patience than the shortages last. */
  private void serveInShortages() {
    ListenOptions how =
        ListenOptions.defaults().stream(StreamOptions.defaults().readTimeout(SHORT));
    try (TcpListener listener = TcpListener.bind("0.0.0.0", PORT, how);
        TcpStream tcp = listener.accept()) {
      try (ByteQueue hog = hog(tcp);
          TlsStream stream = server.stream(tcp, SHORT)) {
        Fiber<?> handshake = Fiber.start(stream::handshake);
        Fiber.sleep(SHORTAGE);
        assertThat(stream.isEstablished()).as("it has no memory for that").isFalse();
        hog.clear();
        handshake.join();
        ByteQueue again = hog(tcp);
        Fiber<?> ignored =
            Fiber.start(() -> {
              Fiber.sleep(SHORTAGE);
              again.clear();
            });
        assertThat(stream.await(MESSAGE)).isTrue();
        stream.input().clear();
        stream.write(new byte[1]);
      }
    }
  }

  @ParameterizedTest
  @EnumSource(WorldEngine.class)
  void shouldNotCountTheTimeForWhichItHasNoMemory(WorldEngine engine) {
    Simulation.seed(1)
        .engine(engine)
        .withoutFaults()
        .limit(Duration.ofHours(1))
        .world(world -> {
          world.host("server").poolLimitBytes(POOL_BYTES).run(this::serveInShortages);
          world
              .host("client")
              .run(() -> {
                Fiber.sleep(Duration.ofSeconds(1));
                try (TcpStream tcp = TcpStream.connect("server", PORT, PATIENT);
                    TlsStream stream = client.stream(tcp, "server", PORT)) {
                  stream.handshake();
                  Fiber.sleep(Duration.ofMillis(100)); // until the server has no memory again
                  stream.write(new byte[MESSAGE]);
                  assertThat(stream.await(1)).as("the message is answered").isTrue();
                }
              });
        })
        .run();
  }

  @ParameterizedTest
  @CsvSource({
    "SIM, false",
    "SIM, true",
    "IO_URING, false",
    "IO_URING, true",
    "EPOLL, false",
    "EPOLL, true"
  })
  void shouldServeWhoIsHonestWhilePeersHoldItsMemory(WorldEngine engine, boolean isPush) {
    simulate(engine, isPush, this::talk);
    assertThat(shed).as("who stands still has to go").isPositive();
  }
}
