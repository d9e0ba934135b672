package gyre.sim;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import gyre.ClosedException;
import gyre.Fiber;
import gyre.Scope;
import gyre.io.ByteQueue;
import gyre.io.IdleTimeoutException;
import gyre.io.IoException;
import gyre.io.Pipe;
import gyre.net.ListenOptions;
import gyre.net.NetworkTimeoutException;
import gyre.net.StreamOptions;
import gyre.net.TcpListener;
import gyre.net.TcpStream;
import java.time.Duration;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** The time for which a server has no memory to receive into is not its peers'. */
@Timeout(60)
class PatienceSimTest {
  private static final int PORT = 80;
  private static final int HOG_PORT = 81;
  private static final int SINK_PORT = 82;
  private static final int MESSAGE = 500;

  /** More than everybody is given, so that who reads it has to get in line. */
  private static final int LARGE_MESSAGE = 4000;

  private static final Duration LIMIT = Duration.ofSeconds(30);
  private static final Duration SHORTAGE = Duration.ofMinutes(3);

  /** What the server does with its one connection. */
  private interface Handler {
    void serve(TcpStream stream) throws Exception;
  }

  private interface Client {
    void talk(TcpStream stream) throws Exception;
  }

  private boolean isOver;

  /** The client begins when there is no memory left; after a while there is. */
  private void simulate(WorldEngine engine, StreamOptions options, Handler handler, Client client) {
    Simulation.seed(3)
        .engine(engine)
        .limit(Duration.ofHours(1))
        .world(world -> {
          isOver = false;
          world
              .host("server")
              .poolLimitBytes(2L << 20)
              .run(() -> {
                try (TcpListener listener =
                        TcpListener.bind(
                            "0.0.0.0", PORT, ListenOptions.defaults().stream(options));
                    Scope hogs = Scope.open("hogs")) {
                  Fiber<?> ignored = hogs.start(PatienceSimTest::hog);
                  try (TcpStream stream = listener.accept()) {
                    handler.serve(stream);
                  }
                  hogs.cancel("the test is over");
                } finally {
                  isOver = true;
                }
              });
          world.host("sink").background(PatienceSimTest::sink);
          world
              .host("client")
              .run(() -> {
                try (TcpStream stream = TcpStream.connect("server", PORT)) {
                  exhaust();
                  client.talk(stream);
                  while (!isOver) {
                    Fiber.sleep(Duration.ofSeconds(1));
                  }
                }
              });
        })
        .run();
  }

  /** Takes all memory, the reserve too, out of a stream's input, where nobody sees that. */
  private static void hog() {
    try (TcpListener listener = TcpListener.bind("0.0.0.0", HOG_PORT);
        TcpStream stream = listener.accept();
        ByteQueue all = stream.input().sibling();
        Scope hogging = Scope.open("hogging")) {
      Fiber<?> ignored =
          hogging.start(() -> {
            while (stream.await(1)) {
              Fiber.sleep(Duration.ofMillis(1)); // so it is copied, into the part for little ones
              all.append(stream.input());
            }
          });
      Fiber.sleep(SHORTAGE);
      hogging.cancel("it is enough");
    }
  }

  private static void exhaust() {
    Fiber<?> ignored =
        Fiber.start(() -> {
          try (TcpStream stream = TcpStream.connect("server", HOG_PORT)) {
            stream.write(new byte[8 << 20]);
          } catch (IoException | ClosedException e) {
            // the shortage is over
          }
        });
    Fiber.sleep(Duration.ofSeconds(5));
  }

  private static void sink() {
    try (TcpListener listener = TcpListener.bind("0.0.0.0", SINK_PORT)) {
      listener.serve(stream -> {
        while (stream.await(1)) {
          stream.input().clear();
        }
      });
    }
  }

  private static void send(TcpStream stream) {
    stream.write(new byte[MESSAGE]);
    stream.flush();
  }

  @ParameterizedTest
  @EnumSource(WorldEngine.class)
  void shouldReadWhatWasSentInTimeThoughItHadNoMemoryForIt(WorldEngine engine) {
    simulate(
        engine,
        StreamOptions.defaults().readTimeout(LIMIT),
        stream -> assertThat(stream.await(MESSAGE)).isTrue(),
        PatienceSimTest::send);
  }

  @ParameterizedTest
  @EnumSource(WorldEngine.class)
  void shouldNotCountTheTimeInLine(WorldEngine engine) {
    simulate(
        engine,
        StreamOptions.defaults().readTimeout(LIMIT).idleTimeout(LIMIT),
        stream -> {
          Fiber.sleep(Duration.ofSeconds(10)); // until there is no memory
          assertThat(stream.await(LARGE_MESSAGE)).isTrue();
        },
        stream -> stream.write(new byte[LARGE_MESSAGE]));
  }

  @ParameterizedTest
  @EnumSource(WorldEngine.class)
  void shouldNotTakeAStreamForIdleWhoseBytesItHadNoMemoryFor(WorldEngine engine) {
    simulate(
        engine,
        StreamOptions.defaults().idleTimeout(LIMIT),
        stream -> assertThat(stream.await(MESSAGE)).isTrue(),
        PatienceSimTest::send);
  }

  @ParameterizedTest
  @EnumSource(WorldEngine.class)
  void shouldNotTakeAHandlersStreamForIdleEither(WorldEngine engine) {
    simulate(
        engine,
        StreamOptions.defaults().idleTimeout(LIMIT),
        stream -> {
          int[] received = {0};
          stream.onData(in -> {
            received[0] += (int) in.size();
            in.clear();
          });
          while (stream.isOpen() && received[0] < MESSAGE) {
            Fiber.sleep(Duration.ofSeconds(1));
          }
          assertThat(received[0]).isEqualTo(MESSAGE);
        },
        PatienceSimTest::send);
  }

  @ParameterizedTest
  @EnumSource(WorldEngine.class)
  void shouldNotTakeAPipeForIdleWhoseBytesItHadNoMemoryFor(WorldEngine engine) {
    simulate(
        engine,
        StreamOptions.defaults(),
        stream -> {
          try (TcpStream sink = TcpStream.connect("sink", SINK_PORT)) {
            Pipe.between(stream, sink, LIMIT).run();
          }
        },
        stream -> {
          send(stream);
          stream.shutdownOutput();
          while (stream.await(1)) {
            stream.input().clear();
          }
        });
  }

  @ParameterizedTest
  @EnumSource(WorldEngine.class)
  void shouldGiveUpOnASilentPeerThoughItHasNoMemory(WorldEngine engine) {
    StreamOptions options = StreamOptions.defaults().readTimeout(LIMIT).idleTimeout(LIMIT);
    simulate(
        engine,
        options,
        stream ->
            assertThatThrownBy(() -> stream.await(MESSAGE))
                .isInstanceOf(NetworkTimeoutException.class),
        stream -> {});
    simulate(
        engine,
        StreamOptions.defaults(),
        stream -> {
          try (TcpStream sink = TcpStream.connect("sink", SINK_PORT)) {
            assertThatThrownBy(() -> Pipe.between(stream, sink, LIMIT).run())
                .isInstanceOf(IdleTimeoutException.class);
          }
        },
        stream -> {});
  }

  /**
   * A peer that takes no answers, and asks on and on: it is what keeps it waiting, not this side.
   */
  @ParameterizedTest
  @EnumSource(WorldEngine.class)
  void shouldGiveUpOnAPeerThatTakesNoAnswersThoughItAsksForMore(WorldEngine engine) {
    Simulation.seed(3)
        .engine(engine)
        .limit(Duration.ofHours(1))
        .world(world -> {
          isOver = false;
          world
              .host("server")
              .run(() -> {
                StreamOptions options = StreamOptions.defaults().idleTimeout(LIMIT);
                try (TcpListener listener =
                    TcpListener.bind("0.0.0.0", PORT, ListenOptions.defaults().stream(options))) {
                  TcpStream stream = listener.accept();
                  stream.onData(stream::write);
                  while (stream.isOpen()) {
                    Fiber.sleep(Duration.ofSeconds(1));
                  }
                } finally {
                  isOver = true;
                }
              });
          world
              .host("client")
              .run(() -> {
                try (TcpStream stream = TcpStream.connect("server", PORT)) {
                  Fiber<?> ignored = Fiber.start(() -> ask(stream));
                  Fiber.sleep(Duration.ofSeconds(5));
                  for (int taken = 0; taken < 300_000; ) { // once, and never again
                    assertThat(stream.await(1)).isTrue();
                    taken += (int) stream.input().size();
                    stream.input().clear();
                  }
                  while (!isOver) {
                    Fiber.sleep(Duration.ofSeconds(1));
                  }
                }
              });
        })
        .run();
  }

  private static void ask(TcpStream stream) {
    try {
      stream.write(new byte[8 << 20]);
    } catch (IoException | ClosedException e) {
      // the server has given up
    }
  }
}
