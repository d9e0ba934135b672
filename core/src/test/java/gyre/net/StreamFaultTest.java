package gyre.net;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import gyre.Cancellation;
import gyre.CancelledException;
import gyre.DeadlineExceededException;
import gyre.Fiber;
import gyre.Loop;
import gyre.LoopOptions;
import gyre.Loops;
import gyre.Scope;
import gyre.Task;
import gyre.io.ByteQueue;
import gyre.io.ByteStream;
import gyre.io.DataHandler;
import gyre.io.IoException;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.StandardSocketOptions;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.Parameter;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.provider.ValueSource;

/** Bad input, broken peers and limits of time: what must hold for streams and listeners. */
// Over 500 lines: every fault that a stream must survive stands in one list.
@Tag("fiber-modes")
@ParameterizedClass
@ValueSource(strings = {"io_uring", "epoll", "nio"})
@Timeout(value = 30, unit = TimeUnit.SECONDS, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class StreamFaultTest {
  private static final Duration SHORT = Duration.ofMillis(20);
  private static final Duration LONG = Duration.ofSeconds(20);

  @Parameter String engine = "";

  /** What was reported: the source, a colon, the message. */
  private final List<String> reported = new ArrayList<>();

  private void runReporting(Task main) {
    LoopOptions options =
        Loops.options(engine).failures((source, e) -> reported.add(source + ": " + e.getMessage()));
    Loops.runReporting(options, main);
  }

  /** A client outside of the loop; its calls block, so they are offloaded. */
  private static SocketChannel client(TcpListener listener) throws Exception {
    InetSocketAddress address = listener.address();
    return Fiber.offload(() -> SocketChannel.open(address));
  }

  private static void reset(SocketChannel client) throws IOException {
    client.setOption(StandardSocketOptions.SO_LINGER, 0);
    client.close();
  }

  private static int exchange(SocketChannel client, int value) throws Exception {
    return Fiber.offload(() -> {
      ByteBuffer one = ByteBuffer.allocate(1).put((byte) value).flip();
      client.write(one);
      one.clear();
      return client.read(one) < 0 ? -1 : one.get(0);
    });
  }

  private static int readOne(SocketChannel client) throws Exception {
    return Fiber.offload(() -> {
      ByteBuffer one = ByteBuffer.allocate(1);
      return client.read(one) < 0 ? -1 : one.get(0);
    });
  }

  private static void echo(TcpStream stream) {
    ByteBuffer buffer = ByteBuffer.allocate(64);
    while (stream.read(buffer.clear()) >= 0) {
      stream.write(buffer.flip());
    }
  }

  private static Fiber<?> serve(TcpListener listener, ConnectionHandler<TcpStream> handler) {
    return Fiber.start("server", () -> listener.serve(handler));
  }

  private static void awaitNoConnections(TcpListener listener) {
    while (listener.connections() > 0) {
      Fiber.sleep(Duration.ofMillis(1));
    }
  }

  // ---- handlers that throw

  @Test
  void shouldCloseJustTheConnectionWhoseHandlerThrows() {
    runReporting(() -> {
      TcpListener listener = TcpListener.bind("127.0.0.1", 0);
      serve(
          listener,
          stream -> {
            ByteBuffer one = ByteBuffer.allocate(1);
            while (stream.read(one.clear()) >= 0) {
              if (one.get(0) == 66) {
                throw new IllegalStateException("bad byte");
              }
              stream.write(one.flip());
            }
          });
      try (SocketChannel good = client(listener);
          SocketChannel bad = client(listener)) {
        assertThat(exchange(good, 1)).isEqualTo(1);
        assertThatThrownBy(() -> exchange(bad, 66)).hasMessageContaining("reset");
        assertThat(exchange(good, 2)).isEqualTo(2);
      }
      awaitNoConnections(listener);
      listener.close();
    });
    assertThat(reported).hasSize(1);
    assertThat(reported.getFirst()).matches("tcp-stream-\\d+ \\(127.0.0.1:\\d+\\): bad byte");
  }

  @Test
  void shouldCloseJustTheConnectionWhosePushHandlerThrows() {
    runReporting(() -> {
      TcpListener listener = TcpListener.bind("127.0.0.1", 0);
      listener.onConnection(stream -> {
        stream.rename("pushed");
        stream.onData(in -> {
          if (in.byteAt(0) == 66) {
            throw new IllegalStateException("bad byte");
          }
          stream.write(in);
        });
      });
      try (SocketChannel good = client(listener);
          SocketChannel bad = client(listener)) {
        assertThat(exchange(good, 1)).isEqualTo(1);
        assertThatThrownBy(() -> exchange(bad, 66)).hasMessageContaining("reset");
        assertThat(exchange(good, 2)).isEqualTo(2);
      }
      awaitNoConnections(listener);
      listener.close();
    });
    assertThat(reported).hasSize(1);
    assertThat(reported.getFirst()).matches("pushed \\(127.0.0.1:\\d+\\): bad byte");
  }

  @Test
  void shouldCloseTheConnectionThatACallbackRefusesByThrowing() {
    runReporting(() -> {
      TcpListener listener = TcpListener.bind("127.0.0.1", 0);
      boolean[] refuse = {true};
      listener.onConnection(stream -> {
        if (refuse[0]) {
          refuse[0] = false;
          throw new IllegalStateException("refused");
        }
        stream.onData(stream::write);
      });
      try (SocketChannel refused = client(listener)) {
        assertThat(readOne(refused)).isEqualTo(-1);
      }
      try (SocketChannel taken = client(listener)) {
        assertThat(exchange(taken, 5)).isEqualTo(5);
      }
      awaitNoConnections(listener);
      listener.close();
    });
    assertThat(reported).hasSize(1);
    assertThat(reported.getFirst()).matches("tcp-stream-\\d+ \\(127.0.0.1:\\d+\\): refused");
  }

  @Test
  void shouldCloseAPushStreamWhoseHandlerConsumesTooLittle() {
    runReporting(() -> {
      StreamOptions small = StreamOptions.defaults().inputLimitBytes(1024);
      TcpListener listener =
          TcpListener.bind("127.0.0.1", 0, ListenOptions.defaults().stream(small));
      listener.onConnection(stream -> stream.onData(in -> {}));
      try (SocketChannel client = client(listener)) {
        Fiber.offload(() -> client.write(ByteBuffer.allocate(4096)));
        awaitConnectionThenNone(listener, client);
      }
      listener.close();
    });
    assertThat(reported).hasSize(1);
    assertThat(reported.getFirst()).contains("unconsumed, and the input limit is 1024");
  }

  /** Closing with unread input resets, which the client sees as the end or a failure. */
  private static void awaitConnectionThenNone(TcpListener listener, SocketChannel client) {
    try {
      assertThat(readOne(client)).isEqualTo(-1);
    } catch (Exception e) {
      assertThat(e).isInstanceOf(IOException.class);
    }
    awaitNoConnections(listener);
  }

  // ---- resets

  @Test
  void shouldSurviveResetsBeforeAndAfterAccept() {
    Loops.run(
        engine,
        () -> {
          TcpListener listener = TcpListener.bind("127.0.0.1", 0);
          for (int i = 0; i < 5; i++) {
            reset(client(listener)); // nobody accepts yet
          }
          serve(listener, StreamFaultTest::echo);
          for (int i = 0; i < 5; i++) {
            SocketChannel client = client(listener);
            assertThat(exchange(client, i)).isEqualTo(i);
            reset(client);
          }
          awaitNoConnections(listener);
          try (SocketChannel client = client(listener)) {
            assertThat(exchange(client, 7)).isEqualTo(7);
          }
          awaitNoConnections(listener);
          listener.close();
        });
  }

  @Test
  void shouldTakeConnectionsThatAreResetWhileAcceptIsParked() {
    Loops.run(
        engine,
        () -> {
          TcpListener listener = TcpListener.bind("127.0.0.1", 0);
          Fiber<Integer> server = Scope.current().call(() -> acceptUntilOneTalks(listener));
          Fiber.yield();
          for (int i = 0; i < 5; i++) {
            InetSocketAddress address = listener.address();
            Fiber.offload(() -> {
              reset(SocketChannel.open(address)); // before the loop can have taken it
              return true;
            });
          }
          try (SocketChannel client = client(listener)) {
            assertThat(exchange(client, 7)).isEqualTo(7);
            assertThat(server.join()).isBetween(0, 5);
          }
          listener.close();
        });
  }

  /** How many came and had gone. */
  private static int acceptUntilOneTalks(TcpListener listener) {
    for (int gone = 0; ; gone++) {
      try (TcpStream stream = listener.accept()) {
        ByteBuffer one = ByteBuffer.allocate(1);
        stream.readFully(one);
        stream.write(one.flip());
        return gone;
      } catch (NetworkException reset) {
        assertThat(reset).hasMessageContaining("ECONNRESET");
      }
    }
  }

  @Test
  void shouldTellAReaderOfAReset() {
    Loops.run(
        engine,
        () -> {
          TcpListener listener = TcpListener.bind("127.0.0.1", 0);
          SocketChannel client = client(listener);
          try (TcpStream stream = listener.accept()) {
            Fiber<?> reader =
                Fiber.start(() ->
                    assertThatThrownBy(() -> stream.read(ByteBuffer.allocate(1)))
                        .isInstanceOf(NetworkException.class)
                        .hasMessageContaining("ECONNRESET"));
            Fiber.yield();
            reset(client);
            reader.join();
            assertThatThrownBy(() -> stream.write(new byte[1]))
                .isInstanceOf(NetworkException.class);
            assertThatThrownBy(stream::flush).isInstanceOf(NetworkException.class);
          }
          listener.close();
        });
  }

  @Test
  void shouldTellAWriterOfAReset() {
    Loops.run(
        engine,
        () -> {
          TcpListener listener = TcpListener.bind("127.0.0.1", 0);
          SocketChannel client = client(listener);
          try (TcpStream stream = listener.accept()) {
            boolean[] parked = {false};
            Fiber<?> writer =
                Fiber.start(() -> {
                  byte[] piece = new byte[64 * 1024];
                  assertThatThrownBy(
                          () -> {
                            while (true) {
                              parked[0] = stream.pendingOutputBytes() > 0;
                              stream.write(piece);
                            }
                          })
                      .isInstanceOf(NetworkException.class);
                });
            while (!parked[0]) {
              Fiber.yield();
            }
            reset(client);
            writer.join();
          }
          listener.close();
        });
  }

  @Test
  void shouldSurviveAResetWhileClosing() {
    Loops.run(
        engine,
        () -> {
          TcpListener listener = listenWithRoom(StreamOptions.defaults());
          SocketChannel client = client(listener);
          TcpStream stream = listener.accept();
          fill(stream, client);
          Fiber<?> closer = Fiber.start(stream::close);
          Fiber.yield();
          reset(client);
          closer.join();
          assertThat(stream.pendingOperations()).isZero();
          listener.close();
        });
  }

  /**
   * Writes more than the kernel ever takes for a peer that does not read. How much that is must not
   * depend on how long it is tried, or on how the kernel sizes its buffers.
   */
  private static void fill(TcpStream stream, SocketChannel client) throws IOException {
    client.setOption(StandardSocketOptions.SO_RCVBUF, 64 * 1024);
    stream.sendBufferBytes(64 * 1024);
    stream.write(new byte[2 << 20]);
    assertThat(stream.isWritable()).as("the limit leaves room").isTrue();
  }

  private static TcpListener listenWithRoom(StreamOptions options) {
    StreamOptions roomy = options.outputLimitBytes(4 << 20);
    return TcpListener.bind("127.0.0.1", 0, ListenOptions.defaults().stream(roomy));
  }

  @Test
  void shouldResetThePeer() {
    Loops.run(
        engine,
        () -> {
          TcpListener listener = TcpListener.bind("127.0.0.1", 0);
          try (SocketChannel client = client(listener)) {
            TcpStream stream = listener.accept();
            stream.write(new byte[] {1});
            stream.flush();
            stream.reset();
            assertThatThrownBy(
                    () -> {
                      readOne(client);
                      readOne(client);
                    })
                .isInstanceOf(IOException.class);
          }
          listener.close();
        });
  }

  // ---- half-open

  @Test
  void shouldWriteToAPeerThatHasFinishedSending() {
    Loops.run(
        engine,
        () -> {
          TcpListener listener = TcpListener.bind("127.0.0.1", 0);
          try (SocketChannel client = client(listener);
              TcpStream stream = listener.accept()) {
            client.shutdownOutput();
            assertThat(stream.read(ByteBuffer.allocate(1))).isEqualTo(-1);
            assertThat(stream.read(ByteBuffer.allocate(1))).isEqualTo(-1);
            stream.write(new byte[] {9});
            assertThat(readOne(client)).isEqualTo(9);
          }
          listener.close();
        });
  }

  @Test
  void shouldReadAfterItsOwnEnd() {
    Loops.run(
        engine,
        () -> {
          TcpListener listener = TcpListener.bind("127.0.0.1", 0);
          try (SocketChannel client = client(listener);
              TcpStream stream = listener.accept()) {
            stream.write(new byte[] {8});
            stream.shutdownOutput();
            stream.flush();
            assertThat(readOne(client)).isEqualTo(8);
            assertThat(readOne(client)).isEqualTo(-1);
            Fiber.offload(() -> client.write(ByteBuffer.allocate(3)));
            ByteBuffer three = ByteBuffer.allocate(3);
            stream.readFully(three);
            assertThatThrownBy(() -> stream.write(new byte[1]))
                .isInstanceOf(IllegalStateException.class)
                .hasMessageContaining("shut down");
          }
          listener.close();
        });
  }

  @Test
  void shouldTakeEmptyWrites() {
    Loops.run(
        engine,
        () -> {
          TcpListener listener = TcpListener.bind("127.0.0.1", 0);
          try (SocketChannel client = client(listener);
              TcpStream stream = listener.accept()) {
            stream.write(new byte[0]);
            stream.write(ByteBuffer.allocate(0));
            stream.write(stream.input());
            stream.flush();
            stream.write(new byte[] {3});
            assertThat(readOne(client)).isEqualTo(3);
            assertThatThrownBy(() -> stream.read(ByteBuffer.allocate(0)))
                .isInstanceOf(IllegalArgumentException.class);
          }
          listener.close();
        });
  }

  // ---- time

  @Test
  void shouldGiveUpOnPeersThatNeverRead() {
    Loops.run(
        engine,
        () -> {
          StreamOptions options =
              StreamOptions.defaults().writeTimeout(SHORT).outputLimitBytes(64 * 1024);
          TcpListener listener =
              TcpListener.bind("127.0.0.1", 0, ListenOptions.defaults().stream(options));
          try (SocketChannel client = client(listener)) {
            TcpStream stream = listener.accept();
            byte[] piece = new byte[16 * 1024];
            assertThatThrownBy(
                    () -> {
                      while (true) {
                        stream.write(piece);
                        assertThat(stream.pendingOutputBytes()).isLessThanOrEqualTo(80 * 1024);
                      }
                    })
                .isInstanceOf(NetworkTimeoutException.class)
                .hasMessageContaining("could send nothing");
            assertThatThrownBy(stream::flush).isInstanceOf(NetworkTimeoutException.class);
            stream.reset();
            assertThat(client.isOpen()).isTrue();
          }
          listener.close();
        });
  }

  @Test
  void shouldTimeOutWritesAlsoWhileInputArrives() {
    Loops.run(
        engine,
        () -> {
          StreamOptions options = StreamOptions.defaults().writeTimeout(Duration.ofMillis(150));
          TcpListener listener =
              TcpListener.bind("127.0.0.1", 0, ListenOptions.defaults().stream(options));
          try (SocketChannel client = client(listener);
              Scope scope = Scope.open("talk")) {
            TcpStream stream = listener.accept();
            boolean[] stopped = {false};
            scope.start(() -> {
              while (!stopped[0]) {
                Fiber.offload(() -> client.write(ByteBuffer.allocate(1)));
                Fiber.sleep(Duration.ofMillis(5));
              }
            });
            Fiber<?> reader =
                scope.start(() ->
                    assertThatThrownBy(
                            () -> {
                              while (true) {
                                stream.read(ByteBuffer.allocate(64));
                              }
                            })
                        .isInstanceOf(NetworkTimeoutException.class));
            assertThatThrownBy(
                    () -> {
                      while (true) {
                        stream.write(new byte[64 * 1024]);
                      }
                    })
                .isInstanceOf(NetworkTimeoutException.class);
            reader.join();
            stopped[0] = true;
            scope.join();
            stream.reset();
          }
          listener.close();
        });
  }

  @Test
  void shouldGiveUpSendingWhenTheTimeForClosingIsUp() {
    Loops.run(
        engine,
        () -> {
          TcpListener listener = listenWithRoom(StreamOptions.defaults().closeTimeout(SHORT));
          try (SocketChannel client = client(listener)) {
            TcpStream stream = listener.accept();
            fill(stream, client);
            Fiber<?> flusher =
                Fiber.start(() ->
                    assertThatThrownBy(stream::flush)
                        .isInstanceOf(IllegalStateException.class)
                        .hasMessageContaining("closed"));
            Fiber.yield();
            stream.close();
            flusher.join();
            assertThat(client.isOpen()).isTrue();
          }
          listener.close();
        });
  }

  @Test
  void shouldTimeOutReadsAndIdleStreams() {
    Loops.run(
        engine,
        () -> {
          StreamOptions reads = StreamOptions.defaults().readTimeout(SHORT);
          StreamOptions idle = StreamOptions.defaults().idleTimeout(SHORT);
          for (StreamOptions options : List.of(reads, idle)) {
            TcpListener listener =
                TcpListener.bind("127.0.0.1", 0, ListenOptions.defaults().stream(options));
            try (SocketChannel client = client(listener);
                TcpStream stream = listener.accept()) {
              assertThatThrownBy(() -> stream.read(ByteBuffer.allocate(1)))
                  .isInstanceOf(NetworkTimeoutException.class);
              assertThat(client.isOpen()).isTrue();
            }
            listener.close();
          }
        });
  }

  @Test
  void shouldNotTellALaterReadOfATimeoutThatCameTogetherWithACancellation() {
    Duration limit = Duration.ofMillis(250);
    Loops.run(
        engine,
        () -> {
          UnixStream.Pair pair = UnixStream.pair(StreamOptions.defaults().readTimeout(limit));
          ByteBuffer target = ByteBuffer.allocate(1);
          Fiber.start(() -> holdTheLoop(limit.plus(SHORT))); // both are over in one turn
          assertThatThrownBy(() -> Cancellation.within(limit, () -> pair.left().read(target)))
              .isInstanceOf(DeadlineExceededException.class);
          Fiber.start(() -> pair.right().write(new byte[] {1})); // when the next read waits
          assertThat(pair.left().read(target)).isEqualTo(1);
          pair.left().close();
          pair.right().close();
        });
  }

  private static void holdTheLoop(Duration time) {
    long start = System.nanoTime();
    while (System.nanoTime() - start < time.toNanos()) {
      Thread.onSpinWait();
    }
  }

  @Test
  void shouldHandOutNoMoreConnectionsThanMayBeOpen() {
    Loops.run(
        engine,
        () -> {
          TcpListener listener =
              TcpListener.bind("127.0.0.1", 0, ListenOptions.defaults().maxConnections(1));
          try (SocketChannel first = client(listener);
              SocketChannel second = client(listener)) {
            TcpStream open = listener.accept();
            assertThatThrownBy(() -> Cancellation.within(SHORT, () -> listener.accept()))
                .isInstanceOf(DeadlineExceededException.class);
            open.close();
            listener.accept().close();
            assertThat(first.isOpen() && second.isOpen()).isTrue();
          }
          listener.close();
        });
  }

  @Test
  void shouldTellAPushHandlerThatItsStreamIsIdle() {
    Loops.run(
        engine,
        () -> {
          Fiber<?> self = Fiber.current();
          StreamOptions idle = StreamOptions.defaults().idleTimeout(SHORT);
          TcpListener listener =
              TcpListener.bind("127.0.0.1", 0, ListenOptions.defaults().stream(idle));
          List<IoException> failures = new ArrayList<>();
          listener.onConnection(stream ->
              stream.onData(
                  new DataHandler() {
                    @Override
                    public void onData(ByteQueue in) {}

                    @Override
                    public void onFailure(ByteStream broken, IoException failure) {
                      failures.add(failure);
                      self.unpark();
                    }
                  }));
          try (SocketChannel client = client(listener)) {
            while (failures.isEmpty()) {
              Fiber.park();
            }
            assertThat(client.isOpen()).isTrue();
          }
          assertThat(failures.getFirst()).isInstanceOf(NetworkTimeoutException.class);
          awaitNoConnections(listener);
          listener.close();
        });
  }

  // ---- cancellation leaves streams in a defined state

  @Test
  void shouldReadOnAfterACancelledRead() {
    Loops.run(
        engine,
        () -> {
          TcpListener listener = TcpListener.bind("127.0.0.1", 0);
          try (SocketChannel client = client(listener);
              TcpStream stream = listener.accept()) {
            for (int i = 0; i < 3; i++) {
              ByteBuffer one = ByteBuffer.allocate(1);
              assertThatThrownBy(() -> Cancellation.within(SHORT, () -> stream.read(one)))
                  .isInstanceOf(DeadlineExceededException.class);
              assertThat(one.position()).isZero();
              assertThat(exchangeBackwards(client, stream, i)).isEqualTo(i);
            }
          }
          listener.close();
        });
  }

  private static int exchangeBackwards(SocketChannel client, TcpStream stream, int value)
      throws Exception {
    Fiber.offload(() -> client.write(ByteBuffer.allocate(1).put((byte) value).flip()));
    ByteBuffer one = ByteBuffer.allocate(1);
    stream.readFully(one);
    return one.get(0);
  }

  @Test
  void shouldTellHowMuchACancelledWriteHasTaken() {
    Loops.run(
        engine,
        () -> {
          TcpListener listener = TcpListener.bind("127.0.0.1", 0);
          try (SocketChannel client = client(listener);
              TcpStream stream = listener.accept()) {
            ByteBuffer large = ByteBuffer.allocate(32 << 20);
            for (int i = 0; i < large.capacity(); i += 1024) {
              large.putInt(i, i);
            }
            assertThatThrownBy(() -> Cancellation.within(SHORT, () -> stream.write(large)))
                .isInstanceOf(DeadlineExceededException.class);
            assertThat(large.position()).isPositive().isLessThan(large.capacity());
            Fiber<Boolean> reader =
                Scope.current()
                    .call(() ->
                        Fiber.offload(() -> {
                          ByteBuffer got = ByteBuffer.allocate(large.capacity());
                          while (got.hasRemaining() && client.read(got) >= 0) {}
                          return got.flip().equals(large.duplicate().clear());
                        }));
            stream.write(large);
            assertThat(reader.join()).isTrue();
          }
          listener.close();
        });
  }

  @Test
  void shouldAcceptAfterACancelledAccept() {
    Loops.run(
        engine,
        () -> {
          TcpListener listener = TcpListener.bind("127.0.0.1", 0);
          assertThatThrownBy(() -> Cancellation.within(SHORT, () -> listener.accept()))
              .isInstanceOf(DeadlineExceededException.class);
          try (SocketChannel client = client(listener);
              TcpStream stream = listener.accept()) {
            assertThat(exchangeBackwards(client, stream, 4)).isEqualTo(4);
          }
          listener.close();
        });
  }

  @Test
  void shouldLetGoOfAConnectionThatIsNotMadeInTime() {
    Loops.run(
        engine,
        () -> {
          TcpListener listener =
              TcpListener.bind("127.0.0.1", 0, ListenOptions.defaults().backlog(1));
          try (Scope scope = Scope.open("connects")) {
            // More than the backlog takes: the rest waits, nobody accepts.
            int[] cancelled = {0};
            for (int i = 0; i < 6; i++) {
              scope.start(() -> {
                try {
                  Cancellation.within(
                      Duration.ofMillis(50), () -> TcpStream.connect(listener.address()).close());
                } catch (CancelledException e) {
                  cancelled[0]++;
                }
              });
            }
            scope.join();
            assertThat(cancelled[0]).isPositive();
          }
          listener.close();
        });
  }

  // ---- messages

  @Test
  void shouldSayThatAPortIsInUse() {
    Loops.run(
        engine,
        () -> {
          try (TcpListener listener = TcpListener.bind("127.0.0.1", 0)) {
            assertThatThrownBy(() -> TcpListener.bind("127.0.0.1", listener.port()))
                .isInstanceOf(NetworkException.class)
                .hasMessageContaining("listen on 127.0.0.1:" + listener.port())
                .hasMessageContaining("choose another port");
          }
        });
  }

  @Test
  void shouldSayThatNobodyListens() {
    Loops.run(
        engine,
        () -> {
          TcpListener listener = TcpListener.bind("127.0.0.1", 0);
          InetSocketAddress nobody = listener.address();
          listener.close();
          assertThatThrownBy(() -> TcpStream.connect(nobody))
              .isInstanceOf(NetworkException.class)
              .hasMessageContaining("ECONNREFUSED");
        });
  }

  @Test
  void shouldRefuseOtherThreads() {
    Loops.run(
        engine,
        () -> {
          TcpListener listener = TcpListener.bind("127.0.0.1", 0);
          try (SocketChannel client = client(listener);
              TcpStream stream = listener.accept()) {
            List<Task> uses =
                List.of(
                    stream::close,
                    stream::shutdownOutput,
                    stream::reset,
                    () -> stream.read(ByteBuffer.allocate(1)),
                    () -> stream.write(new byte[1]),
                    () -> stream.onData(in -> {}),
                    () -> listener.accept());
            Fiber.offload(() -> {
              for (Task use : uses) {
                assertThatThrownBy(use::run)
                    .isInstanceOf(IllegalStateException.class)
                    .hasMessageContaining("is no fiber of loop");
              }
              return true;
            });
            assertThat(client.isOpen()).isTrue();
          }
          listener.close();
        });
  }

  // ---- push style and slow peers

  @Test
  void shouldCallAPushHandlerAgainWhoseOutputOthersHaveFilled() {
    Loops.run(
        engine,
        () -> {
          TcpListener listener = TcpListener.bind("127.0.0.1", 0);
          SocketChannel client = client(listener);
          TcpStream stream = listener.accept();
          Fiber<?> self = Fiber.current();
          int[] got = {0};
          int mebibytes = 16;
          Fiber<?> writer =
              Fiber.start(() -> {
                for (int i = 0; i < mebibytes; i++) {
                  stream.write(new byte[1 << 20]);
                }
              });
          Fiber.yield();
          stream.onData(in -> {
            got[0] += (int) in.size();
            in.clear();
            self.unpark();
          });
          Fiber.offload(() -> client.write(ByteBuffer.allocate(10)));
          Fiber.sleep(Duration.ofMillis(5));
          Fiber<?> reader =
              Fiber.start(() ->
                  Fiber.offload(() -> {
                    ByteBuffer all = ByteBuffer.allocate(mebibytes << 20);
                    while (all.hasRemaining() && client.read(all) >= 0) {}
                    return true;
                  }));
          Cancellation.within(
              LONG,
              () -> {
                while (got[0] < 10) {
                  Fiber.park();
                }
              });
          writer.join();
          reader.join();
          client.close();
          stream.close();
          listener.close();
        });
  }

  @Test
  void shouldNotHaveASocketOfTheJdkHangBesideFibers() throws Exception {
    try (Loop loop = Loop.open(Loops.options(engine))) {
      loop.run(() -> {
        TcpListener listener = TcpListener.bind("127.0.0.1", 0);
        listener.onConnection(stream -> stream.onData(stream::write));
        InetSocketAddress address = listener.address();
        int answer =
            Fiber.offload(() -> {
              try (Socket socket = new Socket(address.getAddress(), address.getPort())) {
                socket.getOutputStream().write(6);
                return socket.getInputStream().read();
              }
            });
        assertThat(answer).isEqualTo(6);
        awaitNoConnections(listener);
        listener.close();
      });
      Loops.assertNothingLeft(loop);
    }
  }
}
