package gyre.net;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import gyre.Cancellation;
import gyre.CancelledException;
import gyre.ClosedException;
import gyre.Fiber;
import gyre.Loop;
import gyre.LoopOptions;
import gyre.Loops;
import gyre.Scope;
import gyre.Task;
import gyre.WatchedEngine;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.nio.ByteBuffer;
import java.nio.file.FileSystem;
import java.nio.file.FileSystems;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.Parameter;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.provider.ValueSource;

/** Who owns a handle while it is opened, and what others hear who use it when it is closed. */
@Tag("fiber-modes")
@ParameterizedClass
@ValueSource(strings = {"io_uring", "epoll", "nio"})
@Timeout(value = 60, unit = TimeUnit.SECONDS, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class OwnershipTest {
  private static final Duration LONG = Duration.ofSeconds(20);

  @Parameter String engine = "";

  @TempDir Path directory = Path.of("");

  /** What was reported: the source, a colon, the message. */
  private final List<String> reported = new ArrayList<>();

  private void runReporting(Task main) {
    LoopOptions options =
        Loops.options(engine).failures((source, e) -> reported.add(source + ": " + e.getMessage()));
    Loops.runReporting(options, main);
  }

  // ---- opening

  private interface Opening {
    Object open(InetSocketAddress server);
  }

  private List<Opening> openings() {
    InetSocketAddress any = new InetSocketAddress(InetAddress.getLoopbackAddress(), 0);
    return List.of(
        server -> TcpListener.bind(any, ListenOptions.defaults()),
        server -> TcpStream.connect(server),
        server -> UnixListener.bind(directory.resolve("socket")),
        server -> UnixStream.pair(),
        server -> UdpSocket.open(),
        server -> UdpSocket.bind(any, UdpOptions.defaults()),
        server -> UdpSocket.connect(server));
  }

  @Test
  void shouldCloseTheDescriptorsOfWhatAClosingScopeRefuses() {
    WatchedEngine watched = WatchedEngine.of(Loops.options(engine));
    LoopOptions options = Loops.options(engine).engine(() -> watched);
    Loops.runReporting(
        options,
        () -> {
          TcpListener listener = TcpListener.bind("127.0.0.1", 0);
          int before = watched.openSockets().size();
          int[] refused = {0};
          Scope scope = Scope.open("closing");
          scope.start(() -> {
            try {
              Fiber.sleep(LONG);
            } catch (CancelledException e) {
              Cancellation.shield(LONG, () -> refused[0] = refuseAll(listener.address()));
            }
          });
          Fiber.yield();
          scope.close();
          assertThat(refused[0]).isEqualTo(openings().size());
          assertThat(watched.openSockets()).hasSize(before);
          assertThat(directory).isEmptyDirectory();
          listener.close();
        });
    assertThat(watched.openSockets()).isEmpty();
  }

  private int refuseAll(InetSocketAddress server) {
    int refused = 0;
    for (Opening opening : openings()) {
      assertThatThrownBy(() -> opening.open(server))
          .isInstanceOf(CancelledException.class)
          .hasMessageContaining("scope closing is closing");
      refused++;
    }
    return refused;
  }

  @Test
  void shouldOpenNothingForAddressesThatAreNone() throws IOException {
    WatchedEngine watched = WatchedEngine.of(Loops.options(engine));
    LoopOptions options = Loops.options(engine).engine(() -> watched);
    InetSocketAddress unresolved = InetSocketAddress.createUnresolved("localhost", 0);
    URI archive = URI.create("jar:" + directory.resolve("a.zip").toUri());
    try (FileSystem foreign = FileSystems.newFileSystem(archive, Map.of("create", "true"))) {
      List<Task> attempts =
          List.of(
              () -> TcpListener.bind(unresolved, ListenOptions.defaults()),
              () -> UdpSocket.bind(unresolved, UdpOptions.defaults()),
              () -> UdpSocket.connect(unresolved),
              () -> UnixListener.bind(foreign.getPath("socket")),
              () -> UnixStream.connect(foreign.getPath("socket")));
      Loops.runReporting(
          options,
          () -> {
            for (Task attempt : attempts) {
              assertThatThrownBy(attempt::run).isInstanceOf(IllegalArgumentException.class);
            }
            assertThat(watched.openSockets()).isEmpty();
          });
    }
  }

  @Test
  void shouldCloseAConnectionWhoseScopeBeginsToCloseWhileItIsMade() {
    WatchedEngine watched = WatchedEngine.of(Loops.options(engine));
    LoopOptions options = Loops.options(engine).engine(() -> watched);
    Path path = directory.resolve("late");
    Loops.runReporting(
        options,
        () -> {
          TcpListener listener = TcpListener.bind("127.0.0.1", 0);
          UnixListener unix = UnixListener.bind(path);
          int before = watched.openSockets().size();
          List<Opening> late =
              List.of(server -> TcpStream.connect(server), server -> UnixStream.connect(path));
          Scope scope = Scope.open("closing");
          for (Opening opening : late) {
            scope.start(() ->
                Cancellation.shield(
                    LONG,
                    () ->
                        assertThatThrownBy(() -> opening.open(listener.address()))
                            .isInstanceOf(CancelledException.class)
                            .hasMessageContaining("scope closing is closing")));
          }
          Fiber.yield();
          assertThat(watched.openSockets()).hasSizeGreaterThan(before);
          scope.close();
          assertThat(watched.openSockets()).hasSize(before);
          listener.close();
          unix.close();
        });
    assertThat(watched.openSockets()).isEmpty();
  }

  @Test
  void shouldTurnAwayConnectionsWhileTheScopeOfAPushListenerCloses() {
    runReporting(() -> {
      int[] taken = {0};
      Scope scope = Scope.open("closing");
      TcpListener listener = TcpListener.bind("127.0.0.1", 0);
      listener.onConnection(stream -> taken[0]++);
      InetSocketAddress address = listener.address();
      scope.start(() -> {
        try {
          Fiber.sleep(LONG);
        } catch (CancelledException e) {
          Cancellation.shield(LONG, () -> connectInVain(address));
        }
      });
      Fiber.yield();
      scope.close();
      assertThat(taken[0]).isZero();
    });
    assertThat(reported).isEmpty();
  }

  private static void connectInVain(InetSocketAddress address) throws Exception {
    int got =
        Fiber.offload(() -> {
          try (java.net.Socket socket =
              new java.net.Socket(address.getAddress(), address.getPort())) {
            return socket.getInputStream().read();
          }
        });
    assertThat(got).isEqualTo(-1);
  }

  // ---- closing what another uses

  private static void assertTellsWhoClosed(Task waiting, Task closing, String... parts)
      throws Exception {
    try (Scope scope = Scope.open("two")) {
      Fiber<?> waiter =
          scope.start(
              "waiter",
              () ->
                  assertThatThrownBy(waiting::run)
                      .isInstanceOf(ClosedException.class)
                      .hasMessageContainingAll(parts)
                      .satisfies(e ->
                          assertThat(Arrays.toString(e.getStackTrace()))
                              .contains("OwnershipTest")));
      Fiber.yield();
      scope.start("closer", closing).join();
      waiter.join();
    }
  }

  @Test
  void shouldTellWhoClosedWhatAFiberWaitsIn() {
    runReporting(() -> {
      UnixStream.Pair pair = UnixStream.pair(StreamOptions.defaults().closeTimeout(Duration.ZERO));
      UnixStream left = pair.left();
      assertTellsWhoClosed(
          () -> left.read(ByteBuffer.allocate(1)),
          left::close,
          "fiber waiter was reading from " + left.name(),
          "fiber closer closed it");
      assertThatThrownBy(() -> left.read(ByteBuffer.allocate(1)))
          .isInstanceOf(ClosedException.class)
          .hasMessage(left.name() + " has been closed by fiber closer");
      pair.right().close();
      assertThatThrownBy(() -> pair.right().write(new byte[1]))
          .isInstanceOf(ClosedException.class)
          .hasMessage(pair.right().name() + " is closed");

      UnixStream.Pair slow = UnixStream.pair(StreamOptions.defaults().closeTimeout(Duration.ZERO));
      UnixStream full = slow.left();
      assertTellsWhoClosed(
          () -> full.write(new byte[16 << 20]), full::close, "was writing to", "closer closed it");
      slow.right().close();

      TcpListener listener = TcpListener.bind("127.0.0.1", 0);
      assertTellsWhoClosed(
          listener::accept, listener::close, "was accepting on", "closer closed it");

      UdpSocket socket = UdpSocket.open();
      assertTellsWhoClosed(socket::receive, socket::close, "was receiving on", "closer closed it");
    });
  }

  @Test
  void shouldTellOfACallbackThatCloses() {
    runReporting(() -> {
      UnixStream.Pair pair = UnixStream.pair();
      UnixStream left = pair.left();
      assertTellsWhoClosed(
          () -> left.read(ByteBuffer.allocate(1)),
          () -> {
            Loop.current().post(left::close);
            Fiber.yield();
          },
          "a callback closed it");
      pair.right().close();
    });
  }

  @Test
  void shouldNotReportAHandlerWhoseConnectionAnotherFiberCloses() {
    runReporting(() -> {
      TcpListener listener = TcpListener.bind("127.0.0.1", 0);
      List<TcpStream> served = new ArrayList<>();
      Fiber.start(() ->
          listener.serve(stream -> {
            served.add(stream);
            stream.read(ByteBuffer.allocate(1));
          }));
      try (TcpStream client = TcpStream.connect(listener.address())) {
        while (served.isEmpty()) {
          Fiber.yield();
        }
        Fiber.yield();
        served.getFirst().close();
        assertThat(client.read(ByteBuffer.allocate(1))).isEqualTo(-1);
      }
      listener.close();
    });
    assertThat(reported).isEmpty();
  }

  @Test
  void shouldEndWhatAHandlerHasStartedWithItsConnection() {
    runReporting(() -> {
      List<String> log = new ArrayList<>();
      TcpListener listener = TcpListener.bind("127.0.0.1", 0);
      Fiber.start(() ->
          listener.serve(stream -> {
            Fiber.start(() -> {
              try {
                Fiber.sleep(LONG);
              } catch (CancelledException e) {
                log.add(stream.isOpen() ? "cancelled before the stream is closed" : "too late");
                throw e;
              }
            });
            Fiber.yield();
          }));
      try (TcpStream client = TcpStream.connect(listener.address())) {
        assertThat(client.read(ByteBuffer.allocate(1))).isEqualTo(-1);
      }
      assertThat(log).containsExactly("cancelled before the stream is closed");
      listener.close();
    });
    assertThat(reported).isEmpty();
  }

  @Test
  void shouldEndAHandlerOneOfWhoseFibersFailsAndReportThatOnce() {
    runReporting(() -> {
      TcpListener listener = TcpListener.bind("127.0.0.1", 0);
      Fiber.start(() ->
          listener.serve(stream -> {
            stream.rename("served");
            Fiber.start(() -> {
              throw new IllegalStateException("child");
            });
            stream.read(ByteBuffer.allocate(1));
          }));
      try (TcpStream client = TcpStream.connect(listener.address())) {
        assertThatThrownBy(() -> client.read(ByteBuffer.allocate(1)))
            .isInstanceOf(NetworkException.class);
      }
      listener.close();
    });
    assertThat(reported).hasSize(1);
    assertThat(reported.getFirst()).matches("served \\(127.0.0.1:\\d+\\): child");
  }

  @Test
  void shouldReportAHandlerThatUsesWhatItHasClosed() {
    runReporting(() -> {
      TcpListener listener = TcpListener.bind("127.0.0.1", 0);
      Fiber.start(() ->
          listener.serve(stream -> {
            stream.rename("closed");
            stream.close();
            stream.read(ByteBuffer.allocate(1));
          }));
      try (TcpStream client = TcpStream.connect(listener.address())) {
        assertThat(client.read(ByteBuffer.allocate(1))).isEqualTo(-1);
      }
      listener.close();
    });
    assertThat(reported).containsExactly("closed: closed is closed");
  }

  // ---- where failures come from

  @Test
  void shouldShowTheFiberThatWaitedInTheStackOfATimeout() {
    runReporting(() -> {
      Duration brief = Duration.ofMillis(5);
      for (StreamOptions options :
          List.of(
              StreamOptions.defaults().idleTimeout(brief),
              StreamOptions.defaults().readTimeout(brief))) {
        UnixStream.Pair pair = UnixStream.pair(options);
        assertThatThrownBy(() -> waitForInput(pair.left()))
            .isInstanceOf(NetworkTimeoutException.class)
            .satisfies(e ->
                assertThat(e.getStackTrace())
                    .anyMatch(frame -> frame.getMethodName().equals("waitForInput")));
        pair.left().close();
        pair.right().close();
      }
      UnixStream.Pair slow = UnixStream.pair(StreamOptions.defaults().writeTimeout(brief));
      UnixStream full = slow.left();
      assertThatThrownBy(() -> full.write(new byte[16 << 20]))
          .isInstanceOf(NetworkTimeoutException.class)
          .hasStackTraceContaining("OwnershipTest");
      full.close();
      slow.right().close();
    });
  }

  private static void waitForInput(UnixStream stream) {
    stream.read(ByteBuffer.allocate(1));
  }

  @Test
  void shouldGiveEachFiberAStackOfItsOwnWhenAStreamBreaks() {
    runReporting(() -> {
      UnixStream.Pair pair =
          UnixStream.pair(StreamOptions.defaults().idleTimeout(Duration.ofMillis(5)));
      List<Throwable> thrown = new ArrayList<>();
      for (int i = 0; i < 2; i++) {
        assertThatThrownBy(() -> waitForInput(pair.left())).satisfies(thrown::add);
      }
      assertThat(thrown.get(0)).isNotSameAs(thrown.get(1)).hasMessage(thrown.get(1).getMessage());
      pair.left().close();
      pair.right().close();
    });
  }
}
