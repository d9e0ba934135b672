package gyre.tls;

import static org.assertj.core.api.Assertions.assertThat;

import gyre.Fiber;
import gyre.Handle;
import gyre.Loop;
import gyre.io.ByteQueue;
import gyre.net.ListenOptions;
import gyre.net.MemoryCounters;
import gyre.net.MemoryLevel;
import gyre.net.StreamOptions;
import gyre.net.TcpListener;
import gyre.net.TcpStream;
import gyre.sim.Simulation;
import gyre.sim.WorldEngine;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Arrays;
import java.util.Deque;
import java.util.List;
import java.util.concurrent.TimeUnit;
import javax.net.ssl.SSLEngineResult;
import javax.net.ssl.SSLException;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * One TLS connection to a server whose memory somebody else has: what the loop is told of it, and
 * what it waits for.
 */
@Timeout(value = 60, unit = TimeUnit.SECONDS)
class TlsScarceMemoryTest {
  private static final int PORT = 7443;
  private static final int MESSAGE = 500;
  private static final int BLOCK = 1024;

  /** What TLS allows in one record, and what a writer waits for. */
  private static final int FULL = 16 * 1024;

  /** What is left of this pool when blocks have all the rest. */
  private static final int SLACK = 2;

  private static final long POOL_BYTES = 2L << 20;
  private static final Duration PATIENCE = Duration.ofMinutes(5);

  /** For a message to arrive, and for everybody to have had a turn. */
  private static final Duration WHILE = Duration.ofMillis(500);

  private static final StreamOptions PATIENT =
      StreamOptions.defaults().readTimeout(PATIENCE).writeTimeout(PATIENCE).closeTimeout(PATIENCE);

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

  private interface Side {
    void run(TcpStream tcp, TlsStream stream) throws Exception;
  }

  /** The handshake is over when each begins. */
  private void simulate(WorldEngine engine, Side serving, Side talking) {
    Simulation.seed(1)
        .engine(engine)
        .withoutFaults()
        .limit(Duration.ofHours(1))
        .world(world -> {
          world
              .host("server")
              .poolLimitBytes(POOL_BYTES)
              .run(() -> {
                ListenOptions how = ListenOptions.defaults().stream(PATIENT);
                try (TcpListener listener = TcpListener.bind("0.0.0.0", PORT, how);
                    TcpStream tcp = listener.accept();
                    TlsStream stream = server.stream(tcp)) {
                  stream.handshake();
                  serving.run(tcp, stream);
                }
              });
          world
              .host("client")
              .run(() -> {
                Fiber.sleep(WHILE); // until the server listens
                try (TcpStream tcp = TcpStream.connect("server", PORT, PATIENT);
                    TlsStream stream = client.stream(tcp, "server", PORT)) {
                  stream.handshake();
                  Fiber.sleep(WHILE); // until the server has no memory
                  talking.run(tcp, stream);
                }
              });
        })
        .run();
  }

  /** Takes the memory of a loop in small blocks, all but so much. */
  private static final class Hog implements AutoCloseable {
    private final ByteQueue of;
    private final Deque<ByteQueue> blocks = new ArrayDeque<>();

    Hog(TcpStream of) {
      this.of = of.input();
    }

    Hog leave(long bytes) {
      while (of.sibling().canAppend(bytes + BLOCK)) {
        ByteQueue block = of.sibling();
        block.append(new byte[BLOCK]);
        blocks.add(block);
      }
      while (!of.sibling().canAppend(bytes)) {
        blocks.remove().clear();
      }
      return this;
    }

    @Override
    public void close() {
      blocks.forEach(ByteQueue::clear);
      blocks.clear();
    }
  }

  private static MemoryCounters memory() {
    return MemoryCounters.of(Loop.current());
  }

  @ParameterizedTest
  @EnumSource(WorldEngine.class)
  void shouldHoldNothingOnceAHandlerHasConsumedAll(WorldEngine engine) {
    simulate(
        engine,
        (tcp, stream) -> {
          long[] consumed = {0};
          stream.onData(in -> {
            consumed[0] += in.size();
            in.clear(); // and no answer
          });
          try (Hog _ = new Hog(tcp).leave(POOL_BYTES / 8)) {
            Fiber.sleep(WHILE);
            Fiber.sleep(WHILE);
            assertThat(consumed[0]).isEqualTo(MESSAGE);
            assertThat(memory().level()).as("holders are counted").isEqualTo(MemoryLevel.TIGHT);
            assertThat(memory().holders()).as("who hold something").isZero();
          }
        },
        (tcp, stream) -> {
          stream.write(new byte[MESSAGE]);
          Fiber.sleep(WHILE.multipliedBy(3));
        });
  }

  /** The longest of this engine: those that a stream makes are shorter. */
  private static byte[] longRecord(TlsStream of) throws SSLException {
    ByteBuffer made = ByteBuffer.allocate(of.tlsEngine().getSession().getPacketBufferSize());
    SSLEngineResult result = of.tlsEngine().wrap(ByteBuffer.allocate(FULL), made);
    assertThat(result.bytesConsumed()).isLessThanOrEqualTo(FULL);
    assertThat(made.position()).as("bytes of the record").isGreaterThan(FULL + SLACK);
    return Arrays.copyOf(made.array(), made.position());
  }

  @ParameterizedTest
  @EnumSource(WorldEngine.class)
  void shouldOpenTheLongestRecordInTheRoomThatItWaitsFor(WorldEngine engine) {
    simulate(
        engine,
        (tcp, stream) -> {
          long[] consumed = {0};
          stream.onData(in -> {
            consumed[0] += in.size();
            in.clear();
          });
          try (Hog hog = new Hog(tcp).leave(0)) {
            Fiber.sleep(WHILE.multipliedBy(2));
            assertThat(consumed[0]).as("it has no memory for that").isZero();
            hog.leave(FULL);
            assertThat(tcp.input().canAppend(FULL + SLACK + 1)).as("there is more").isFalse();
            assertThat(tcp.isWritable()).as("there is what is waited for").isTrue();
            Fiber.sleep(WHILE);
            assertThat(consumed[0]).as("bytes of the record").isPositive();
          }
        },
        (tcp, stream) -> {
          tcp.write(longRecord(stream));
          Fiber.sleep(WHILE.multipliedBy(4));
        });
  }

  @ParameterizedTest
  @EnumSource(WorldEngine.class)
  void shouldKeepNobodyWaitingWhoseInputIsPaused(WorldEngine engine) {
    simulate(
        engine,
        (tcp, stream) -> {
          stream.onData(ByteQueue::clear);
          try (Hog _ = new Hog(tcp).leave(0)) {
            Fiber.sleep(WHILE.multipliedBy(2));
            assertThat(stream.isKeptWaiting()).as("it lacks memory").isTrue();
            stream.pauseInput();
          }
          Fiber.sleep(WHILE);
          assertThat(stream.isKeptWaiting()).as("memory is there").isFalse();
        },
        (tcp, stream) -> {
          stream.write(new byte[MESSAGE]);
          Fiber.sleep(WHILE.multipliedBy(4));
        });
  }

  @ParameterizedTest
  @EnumSource(WorldEngine.class)
  void shouldWaitForNoMemoryForWhatItDrops(WorldEngine engine) {
    simulate(
        engine,
        (tcp, stream) -> {
          Fiber<?> closing = Fiber.start(stream::close);
          Fiber.sleep(Duration.ofMillis(1)); // its goodbye is sent, that of the peer is awaited
          boolean[] isFreed = {false};
          Hog hog = new Hog(tcp).leave(0);
          Fiber<?> freeing =
              Fiber.start(() -> {
                Fiber.sleep(WHILE.multipliedBy(4));
                isFreed[0] = true;
                hog.close();
              });
          assertThat(stream.state()).isEqualTo(Handle.State.CLOSING);
          closing.join();
          assertThat(isFreed[0]).as("it has waited for memory").isFalse();
          freeing.join();
        },
        (tcp, stream) -> {
          stream.write(new byte[MESSAGE]);
          stream.flush();
          Fiber.sleep(WHILE);
        });
  }

  @ParameterizedTest
  @EnumSource(WorldEngine.class)
  void shouldSayGoodbyeWhenThereIsMemoryForIt(WorldEngine engine) {
    simulate(
        engine,
        (tcp, stream) -> {
          Hog hog = new Hog(tcp).leave(0);
          Fiber<?> freeing =
              Fiber.start(() -> {
                Fiber.sleep(WHILE.multipliedBy(4));
                hog.close();
              });
          stream.close();
          freeing.join();
        },
        (tcp, stream) -> assertThat(stream.await(1)).as("more than the end").isFalse());
  }
}
