package gyre.net;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import gyre.Fiber;
import gyre.Loop;
import gyre.LoopGroup;
import gyre.Loops;
import gyre.ShutdownOptions;
import gyre.ShutdownReport;
import gyre.io.ByteQueue;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.Parameter;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * The end of a server as its clients see it: what they have sent is answered, the idle ones get an
 * orderly end, and nobody holds it up for longer than the time for draining.
 */
@Tag("fiber-modes")
@ParameterizedClass
@ValueSource(strings = {"io_uring", "epoll", "nio"})
@Timeout(value = 30, unit = TimeUnit.SECONDS, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class ServerDrainTest {
  private static final InetAddress HERE = InetAddress.getLoopbackAddress();
  private static final Duration LONG = Duration.ofDays(1);
  private static final Duration SHORT = Duration.ofMillis(20);

  @Parameter String engine = "";

  private final List<String> reported = new CopyOnWriteArrayList<>();
  private LoopGroup group = LoopGroup.open(1);

  @BeforeEach
  void open() {
    group.close();
    group =
        LoopGroup.open(
            1,
            Loops.options(engine)
                .failures((source, failure) -> reported.add(source + ": " + failure)));
  }

  @AfterEach
  void close() {
    group.forceShutdown();
    List<ShutdownReport> reports = group.join();
    assertThat(reports).hasSize(1);
    assertThat(reported).isEmpty();
  }

  private static void echo(TcpStream stream) {
    ByteBuffer buffer = ByteBuffer.allocate(64);
    while (stream.read(buffer.clear()) >= 0) {
      stream.write(buffer.flip());
    }
  }

  /** Consumes without answering, and leaves that to somebody else. */
  private static void swallow(ByteQueue in) {
    in.drain(in.size());
  }

  private TcpServer server(ConnectionHandler<TcpStream> handler) {
    return TcpServer.serve(
        group,
        new InetSocketAddress(HERE, 0),
        ServerOptions.defaults()
            .distribution(Distribution.SOCKET_PER_LOOP)
            .listen(ListenOptions.defaults().drainTimeout(LONG)),
        handler);
  }

  /** A listener in push style on the loop of the group. */
  private TcpListener listener(ConnectionHandler<TcpStream> handler) {
    CompletableFuture<TcpListener> bound = new CompletableFuture<>();
    group
        .loop(0)
        .post(() -> {
          TcpListener listener = TcpListener.bind("127.0.0.1", 0);
          listener.onConnection(handler);
          bound.complete(listener);
        });
    return bound.join();
  }

  private static Socket connect(int port) throws IOException {
    return new Socket(HERE, port);
  }

  private static void exchange(Socket client, int value) throws IOException {
    client.getOutputStream().write(value);
    assertThat(client.getInputStream().read()).isEqualTo(value);
  }

  private static void assertOrderlyEnd(Socket client) throws IOException {
    assertThat(client.getInputStream().read()).isEqualTo(-1);
  }

  /** Has the loop do nothing until {@code client} has sent, and shut down then. */
  private void shutDownBehind(Socket client, int value) throws Exception {
    CountDownLatch holding = new CountDownLatch(1);
    CountDownLatch sent = new CountDownLatch(1);
    Loop loop = group.loop(0);
    loop.post(() -> {
      holding.countDown();
      while (sent.getCount() > 0) {
        Thread.onSpinWait(); // who waits for the latch would let the loop go on
      }
      loop.shutdown(ShutdownOptions.defaults().drain(LONG));
    });
    await(holding);
    client.getOutputStream().write(value);
    sent.countDown();
  }

  private static void await(CountDownLatch latch) {
    try {
      latch.await();
    } catch (InterruptedException e) {
      throw new IllegalStateException(e);
    }
  }

  @Test
  void shouldCloseAServerThoughClientsAreIdle() throws IOException {
    TcpServer server = server(ServerDrainTest::echo);
    try (Socket client = connect(server.address().getPort());
        Socket mute = connect(server.address().getPort())) {
      exchange(client, 1);
      server.close();
      assertOrderlyEnd(client);
      assertThat(mute.isConnected()).isTrue();
    }
  }

  @Test
  void shouldEndServeThoughClientsAreIdle() throws IOException {
    CompletableFuture<TcpListener> bound = new CompletableFuture<>();
    CompletableFuture<Boolean> ended = new CompletableFuture<>();
    Loop loop = group.loop(0);
    loop.post(() ->
        loop.start(
            "server",
            () -> {
              try (TcpListener listener =
                  TcpListener.bind("127.0.0.1", 0, ListenOptions.defaults().drainTimeout(LONG))) {
                bound.complete(listener);
                listener.serve(ServerDrainTest::echo);
              }
              ended.complete(true);
            }));
    TcpListener listener = bound.join();
    try (Socket client = connect(listener.port())) {
      exchange(client, 1);
      loop.post(listener::close);
      assertThat(ended.join()).isTrue();
      assertOrderlyEnd(client);
    }
  }

  @Test
  void shouldResetWhoIsBusyWhenTheTimeIsUp() throws IOException {
    AtomicBoolean cancelled = new AtomicBoolean();
    TcpServer server =
        server(stream -> {
          stream.readFully(ByteBuffer.allocate(1));
          stream.write(new byte[] {2});
          try {
            while (true) {
              Fiber.park();
            }
          } finally {
            cancelled.set(true);
          }
        });
    try (Socket client = connect(server.address().getPort())) {
      client.getOutputStream().write(1);
      assertThat(client.getInputStream().read()).isEqualTo(2);
      server.close(SHORT);
      assertThat(cancelled).isTrue();
      assertThatThrownBy(() -> client.getInputStream().read()).isInstanceOf(IOException.class);
    }
  }

  /** An orderly end would have the client take a part of an answer for the whole. */
  @Test
  void shouldResetConnectionsInPushStyleThatTheEndOfTheLoopCutsShort() throws IOException {
    TcpServer server =
        TcpServer.onConnection(
            group,
            new InetSocketAddress(HERE, 0),
            ServerOptions.defaults(),
            stream -> {
              stream.busy(true);
              stream.onData(in -> {
                swallow(in);
                stream.write(new byte[] {2});
              });
            });
    try (Socket client = connect(server.address().getPort())) {
      exchange(client, 2);
      group.loop(0).shutdown(ShutdownOptions.defaults().drain(SHORT));
      assertThatThrownBy(() -> client.getInputStream().read()).isInstanceOf(IOException.class);
    }
  }

  @Test
  void shouldLetWhoIsBusyFinish() throws Exception {
    CountDownLatch asked = new CountDownLatch(1);
    TcpServer server =
        server(stream -> {
          stream.readFully(ByteBuffer.allocate(1));
          asked.countDown();
          Fiber.sleep(SHORT);
          stream.write(new byte[] {2});
          stream.readFully(ByteBuffer.allocate(1)); // is told that the server ends
        });
    try (Socket client = connect(server.address().getPort())) {
      client.getOutputStream().write(1);
      await(asked);
      server.close();
      assertThat(client.getInputStream().read()).isEqualTo(2);
      assertOrderlyEnd(client);
    }
  }

  @Test
  void shouldAnswerWhatHasArrivedInPushStyle() throws Exception {
    TcpListener listener = listener(stream -> stream.onData(stream::write));
    try (Socket client = connect(listener.port())) {
      exchange(client, 1);
      shutDownBehind(client, 2);
      assertThat(client.getInputStream().read()).isEqualTo(2);
      assertOrderlyEnd(client);
    }
    assertDrained();
  }

  @Test
  void shouldAnswerWhatHasArrivedInDirectStyle() throws Exception {
    TcpServer server = server(ServerDrainTest::echo);
    try (Socket client = connect(server.address().getPort())) {
      exchange(client, 1);
      shutDownBehind(client, 2);
      assertThat(client.getInputStream().read()).isEqualTo(2);
      assertOrderlyEnd(client);
    }
    assertDrained();
  }

  @Test
  void shouldAnswerWhatLiesInTheKernelWhenAListenerCloses() throws Exception {
    TcpListener listener = listener(stream -> stream.onData(stream::write));
    CountDownLatch holding = new CountDownLatch(1);
    CountDownLatch sent = new CountDownLatch(1);
    CompletableFuture<Boolean> closed = new CompletableFuture<>();
    try (Socket client = connect(listener.port())) {
      exchange(client, 1);
      group
          .loop(0)
          .post(() -> {
            holding.countDown();
            while (sent.getCount() > 0) {
              Thread.onSpinWait(); // who waits for the latch would let the loop go on
            }
            listener.close(LONG);
            closed.complete(true);
          });
      await(holding);
      client.getOutputStream().write(2);
      sent.countDown();
      assertThat(client.getInputStream().read()).isEqualTo(2);
      assertOrderlyEnd(client);
      assertThat(closed.join()).isTrue();
    }
  }

  private void assertDrained() {
    assertThat(group.join())
        .allSatisfy(report -> {
          assertThat(report.cancelled()).isEmpty();
          assertThat(report.forced()).isEmpty();
        });
  }

  /** Answers a while after it was asked. */
  private static void answerLater(TcpStream stream) {
    stream.onData(in -> {
      swallow(in);
      var ignored = Loop.current().after(SHORT, () -> stream.write(new byte[] {2}));
    });
  }

  @Test
  void shouldWaitForAnAnswerThatATimerGives() throws Exception {
    TcpListener listener = listener(ServerDrainTest::answerLater);
    try (Socket client = connect(listener.port())) {
      shutDownBehind(client, 1);
      assertThat(client.getInputStream().read()).isEqualTo(2);
      assertOrderlyEnd(client);
    }
    assertDrained();
  }

  @Test
  void shouldCloseAPushListenerWithItsConnections() throws Exception {
    TcpListener listener = listener(ServerDrainTest::answerLater);
    try (Socket client = connect(listener.port());
        Socket idle = connect(listener.port())) {
      exchangeLate(idle);
      client.getOutputStream().write(1);
      CompletableFuture<Boolean> closed = closeInFiber(listener, LONG);
      assertOrderlyEnd(idle);
      assertThat(client.getInputStream().read()).isEqualTo(2);
      assertOrderlyEnd(client);
      assertThat(closed.join()).isTrue();
    }
  }

  @Test
  void shouldResetConnectionsOfAPushListenerWhenTheTimeIsUp() throws Exception {
    TcpListener listener =
        listener(stream -> {
          stream.busy(true);
          stream.onData(stream::write);
        });
    try (Socket client = connect(listener.port())) {
      exchange(client, 1);
      assertThat(closeInFiber(listener, SHORT).join()).isTrue();
      assertThatThrownBy(() -> client.getInputStream().read()).isInstanceOf(IOException.class);
    }
  }

  private static void exchangeLate(Socket client) throws IOException {
    client.getOutputStream().write(1);
    assertThat(client.getInputStream().read()).isEqualTo(2);
  }

  private CompletableFuture<Boolean> closeInFiber(TcpListener listener, Duration drain) {
    CompletableFuture<Boolean> closed = new CompletableFuture<>();
    Loop loop = group.loop(0);
    loop.post(() ->
        loop.start(
            "closer",
            () -> {
              listener.close(drain);
              closed.complete(true);
            }));
    return closed;
  }

  @Test
  void shouldWaitForTheLastPartOfAnAnswer() throws Exception {
    TcpListener listener =
        listener(stream ->
            stream.onData(in -> {
              swallow(in);
              stream.busy(true);
              stream.write(new byte[] {2});
              var ignored =
                  Loop.current()
                      .after(
                          SHORT,
                          () -> {
                            stream.write(new byte[] {3});
                            stream.busy(false);
                          });
            }));
    try (Socket client = connect(listener.port())) {
      shutDownBehind(client, 1);
      assertThat(client.getInputStream().read()).isEqualTo(2);
      assertThat(client.getInputStream().read()).isEqualTo(3);
      assertOrderlyEnd(client);
    }
    assertDrained();
  }

  @Test
  void shouldNotWaitForAnAnswerWhereThereWillBeNone() throws Exception {
    TcpListener listener =
        listener(stream -> {
          stream.busy(false);
          stream.onData(ServerDrainTest::swallow);
        });
    try (Socket client = connect(listener.port())) {
      shutDownBehind(client, 1);
      assertOrderlyEnd(client);
    }
    assertDrained();
  }
}
