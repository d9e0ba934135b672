package gyre.net;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import gyre.Cancellation;
import gyre.CancelledException;
import gyre.DeadlineExceededException;
import gyre.Fiber;
import gyre.FreePort;
import gyre.HandleInfo;
import gyre.Loop;
import gyre.Loops;
import gyre.Scope;
import gyre.engine.Errno;
import java.io.IOException;
import java.net.Inet6Address;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.UnknownHostException;
import java.nio.channels.SocketChannel;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.Parameter;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.provider.ValueSource;

@Tag("fiber-modes-0")
@ParameterizedClass
@ValueSource(strings = {"io_uring", "epoll", "nio"})
@Timeout(value = 30, unit = TimeUnit.SECONDS, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class ConnectTest {
  /** Nobody listens there in these tests. */
  private static final String REFUSING = "127.0.0.2";

  private static final String SILENT = "127.0.0.3";
  private static final Duration LONG = Duration.ofMinutes(5);

  @Parameter String engine = "";

  private static Resolver answering(String... addresses) {
    return host -> {
      List<InetAddress> all = new ArrayList<>();
      for (String address : addresses) {
        all.add(InetAddress.ofLiteral(address));
      }
      return all;
    };
  }

  private static TcpStream connect(int port, ConnectOptions how, String... addresses) {
    return TcpStream.connect(
        "name.test", port, StreamOptions.defaults(), how, answering(addresses));
  }

  private static InetSocketAddress address(String host, int port) {
    return new InetSocketAddress(InetAddress.ofLiteral(host), port);
  }

  /** Without a look-up, whose time would count. */
  private static TcpStream race(ConnectOptions how, InetSocketAddress... targets) {
    return TcpStream.connect(
        Scope.current(),
        "name.test",
        List.of(targets),
        StreamOptions.defaults(),
        how,
        Loop.current().nanoTime());
  }

  private static void assertNothingLeft() {
    assertThat(Loop.current().handles())
        .extracting(HandleInfo::kind)
        .doesNotContain("connector", "tcp-stream");
  }

  /** A listener whose backlog is full, so that nobody answers. */
  private static final class Silence implements AutoCloseable {
    private final ServerSocket server;
    private final List<SocketChannel> fillers = new ArrayList<>();

    Silence(int port) throws Exception {
      server = new ServerSocket(port, 1, InetAddress.ofLiteral(SILENT));
      for (int i = 0; i < 8; i++) {
        SocketChannel filler = SocketChannel.open();
        fillers.add(filler);
        filler.configureBlocking(false);
        filler.connect(server.getLocalSocketAddress());
      }
    }

    @Override
    public void close() throws IOException {
      for (SocketChannel filler : fillers) {
        filler.close();
      }
      server.close();
    }
  }

  @Test
  void shouldInterleaveFamiliesIpv6First() {
    List<InetAddress> found = new ArrayList<>();
    for (String address : new String[] {"10.0.0.1", "10.0.0.2", "10.0.0.3", "::1", "::2"}) {
      found.add(InetAddress.ofLiteral(address));
    }
    assertThat(Candidates.interleaved(found))
        .extracting(InetAddress::getHostAddress)
        .containsExactly("0:0:0:0:0:0:0:1", "10.0.0.1", "0:0:0:0:0:0:0:2", "10.0.0.2", "10.0.0.3");
  }

  @Test
  void shouldNotResolveWhatIsAnAddressAlready() {
    BlockingResolver never =
        host -> {
          throw new AssertionError("asked for " + host);
        };
    Loops.run(
        engine,
        () -> {
          assertThat(Candidates.of("127.0.0.1", 80, LONG, Candidates.offLoop(never)))
              .containsExactly(new InetSocketAddress(InetAddress.ofLiteral("127.0.0.1"), 80));
          assertThat(
                  Candidates.of("::1", 80, LONG, Candidates.offLoop(never)).getFirst().getAddress())
              .isInstanceOf(Inet6Address.class);
        });
  }

  @Test
  void shouldConnectByName() {
    Loops.run(
        engine,
        () -> {
          try (TcpListener listener = TcpListener.bind("127.0.0.1", 0)) {
            try (TcpStream stream =
                connect(listener.port(), ConnectOptions.defaults(), "127.0.0.1")) {
              assertThat(stream.remoteAddress()).isEqualTo(listener.address());
              TcpStream accepted = listener.accept();
              assertThat(accepted.remoteAddress()).isEqualTo(stream.localAddress());
              accepted.close();
            }
            TcpStream.connect("localhost", listener.port()).close();
            InetSocketAddress unresolved =
                InetSocketAddress.createUnresolved("127.0.0.1", listener.port());
            TcpStream.connect(unresolved).close();
            assertNothingLeft();
          }
        });
  }

  @Test
  void shouldConnectFromTheAddressThatIsSaid() {
    Loops.run(
        engine,
        () -> {
          try (TcpListener listener = TcpListener.bind("127.0.0.1", 0)) {
            InetAddress source = InetAddress.ofLiteral("127.0.0.9");
            ConnectOptions how = ConnectOptions.defaults().from(source);
            try (TcpStream stream =
                    TcpStream.connect(listener.address(), StreamOptions.defaults(), how);
                TcpStream accepted = listener.accept()) {
              InetSocketAddress seen = Objects.requireNonNull(accepted.remoteAddress());
              assertThat(seen.getAddress()).isEqualTo(source);
              assertThat(seen).isEqualTo(stream.localAddress());
            }
            ConnectOptions elsewhere =
                ConnectOptions.defaults().from(InetAddress.ofLiteral("192.0.2.7"));
            assertThatThrownBy(() ->
                    TcpStream.connect(listener.address(), StreamOptions.defaults(), elsewhere))
                .isInstanceOf(NetworkException.class)
                .hasMessageContaining("EADDRNOTAVAIL");
            assertNothingLeft();
          }
        });
  }

  @Test
  void shouldGoOnAtOnceWhenAnAddressRefuses() {
    Loops.run(
        engine,
        () -> {
          try (TcpListener listener = TcpListener.bind("127.0.0.1", 0)) {
            ConnectOptions slow = ConnectOptions.defaults().attemptDelay(LONG).timeout(LONG);
            try (TcpStream stream =
                connect(listener.port(), slow, REFUSING, "::1", REFUSING, "127.0.0.1")) {
              assertThat(stream.remoteAddress()).isEqualTo(listener.address());
            }
            assertNothingLeft();
          }
        });
  }

  @Test
  void shouldTryTheNextAddressBesideOneThatIsSilent() {
    Loops.run(
        engine,
        () -> {
          try (TcpListener listener = TcpListener.bind("127.0.0.1", 0);
              Silence _ = new Silence(listener.port())) {
            ConnectOptions how =
                ConnectOptions.defaults().attemptDelay(Duration.ofMillis(5)).timeout(LONG);
            try (TcpStream stream = connect(listener.port(), how, SILENT, "127.0.0.1")) {
              assertThat(stream.remoteAddress()).isEqualTo(listener.address());
              assertThat(Loop.current().handles())
                  .extracting(HandleInfo::kind)
                  .doesNotContain("connector");
            }
          }
        });
  }

  @Test
  void shouldNameEveryAddressThatFailed() {
    Loops.run(
        engine,
        () -> {
          int port = FreePort.next();
          try (TcpListener _ = TcpListener.bind("127.0.0.1", port)) {
            NetworkException failure =
                catchThrowableOfType(
                    NetworkException.class,
                    () -> connect(port, ConnectOptions.defaults(), REFUSING, "127.0.0.4"));
            assertThat(failure)
                .hasMessageContaining("connect to name.test:" + port)
                .hasMessageContaining("none of its 2 addresses")
                .hasMessageContaining("127.0.0.2:" + port + " ECONNREFUSED")
                .hasMessageContaining("127.0.0.4:" + port + " ECONNREFUSED");
            assertThat(failure.getSuppressed()).hasSize(2);
            assertThat(failure.errno()).isEqualTo(Errno.ECONNREFUSED.number());
          }
          assertThatThrownBy(() -> TcpStream.connect("127.0.0.1", port))
              .isInstanceOf(NetworkException.class)
              .hasMessage("connect to 127.0.0.1:" + port + ": ECONNREFUSED (connection refused)");
          assertNothingLeft();
        });
  }

  @Test
  void shouldGiveUpAfterTheTimeout() {
    Loops.run(
        engine,
        () -> {
          try (TcpListener listener = TcpListener.bind("127.0.0.1", 0);
              Silence _ = new Silence(listener.port())) {
            InetSocketAddress silent = address(SILENT, listener.port());
            InetSocketAddress refusing = address(REFUSING, listener.port());
            ConnectOptions how = ConnectOptions.defaults().timeout(Duration.ofMillis(20));
            assertThatThrownBy(() -> race(how, silent))
                .isInstanceOf(NetworkTimeoutException.class)
                .hasMessage("connect to name.test: not connected within 20 ms");
            // Long enough for the second attempt to be refused, however busy the machine is.
            ConnectOptions both = how.attemptDelay(Duration.ZERO).timeout(Duration.ofSeconds(1));
            assertThatThrownBy(() -> race(both, silent, refusing))
                .isInstanceOf(NetworkTimeoutException.class)
                .hasMessageContaining("127.0.0.3:" + listener.port() + " no answer")
                .hasMessageContaining("127.0.0.2:" + listener.port() + " ECONNREFUSED");
            assertNothingLeft();
          }
        });
  }

  @Test
  void shouldLeaveNothingBehindWhenCancelled() {
    Loops.run(
        engine,
        () -> {
          try (TcpListener listener = TcpListener.bind("127.0.0.1", 0);
              Silence _ = new Silence(listener.port())) {
            ConnectOptions how = ConnectOptions.defaults().timeout(LONG);
            assertThatThrownBy(() ->
                    Cancellation.within(
                        Duration.ofMillis(10),
                        () -> {
                          connect(listener.port(), how, SILENT).close();
                        }))
                .isInstanceOf(DeadlineExceededException.class);
            assertNothingLeft();
          }
        });
  }

  @Test
  void shouldSayThatANameDoesNotResolve() {
    BlockingResolver knowsNothing =
        host -> {
          throw new UnknownHostException(host);
        };
    Loops.run(
        engine,
        () -> {
          assertThatThrownBy(() ->
                  TcpStream.connect(
                      "nowhere.test",
                      80,
                      StreamOptions.defaults(),
                      ConnectOptions.defaults(),
                      Candidates.offLoop(knowsNothing)))
              .isInstanceOf(NetworkException.class)
              .hasMessageContaining("connect to nowhere.test:80")
              .hasMessageContaining("does not resolve")
              .hasCauseInstanceOf(UnknownHostException.class);
          assertThatThrownBy(() -> connect(80, ConnectOptions.defaults()))
              .isInstanceOf(NetworkException.class)
              .hasMessageContaining("does not resolve");
        });
  }

  @Test
  void shouldOffloadOtherWorkWhileNoNameServerAnswers() {
    CountDownLatch answer = new CountDownLatch(1);
    BlockingResolver mute =
        host -> {
          while (answer.getCount() > 0) {
            try {
              answer.await();
            } catch (InterruptedException e) {
              // The system's resolver takes no notice either.
            }
          }
          throw new UnknownHostException(host);
        };
    Loops.runReporting(
        Loops.options(engine)
            .offloadThreads(1)
            .offloadQueueLimit(1)
            .lookupThreads(2)
            .lookupQueueLimit(3),
        () -> {
          List<Fiber<?>> connecting = new ArrayList<>();
          for (int i = 0; i < 5; i++) {
            connecting.add(
                Fiber.start(() ->
                    assertThatThrownBy(() -> connect(Candidates.offLoop(mute)))
                        .isInstanceOf(NetworkException.class)
                        .hasMessageContaining("does not resolve")));
          }
          Fiber.yield();
          assertThat(Fiber.<Integer>offload(() -> 1)).isEqualTo(1);
          assertThatThrownBy(() -> connect(Candidates.offLoop(mute)))
              .isInstanceOf(RejectedExecutionException.class)
              .hasMessageContaining("lookup refused: 2 threads are busy and 3 jobs wait");
          answer.countDown();
          for (Fiber<?> fiber : connecting) {
            fiber.join();
          }
        });
  }

  private static TcpStream connect(Resolver resolver) {
    return TcpStream.connect(
        "mute.test", 80, StreamOptions.defaults(), ConnectOptions.defaults(), resolver);
  }

  @Test
  void shouldGiveUpALookUpThatLastsTooLong() {
    CountDownLatch never = new CountDownLatch(1);
    BlockingResolver slow =
        host -> {
          try {
            never.await();
          } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
          }
          throw new UnknownHostException(host);
        };
    Loops.run(
        engine,
        () -> {
          ConnectOptions how = ConnectOptions.defaults().timeout(Duration.ofMillis(20));
          assertThatThrownBy(() ->
                  TcpStream.connect(
                      "slow.test", 80, StreamOptions.defaults(), how, Candidates.offLoop(slow)))
              .isInstanceOf(NetworkTimeoutException.class)
              .hasMessageContaining("looking up slow.test took longer than 20 ms");
          assertThatThrownBy(() ->
                  Cancellation.within(
                      Duration.ofMillis(1),
                      () -> {
                        TcpStream.connect(
                                "slow.test",
                                80,
                                StreamOptions.defaults(),
                                ConnectOptions.defaults(),
                                Candidates.offLoop(slow))
                            .close();
                      }))
              .isInstanceOf(CancelledException.class);
        });
  }

  @Test
  void shouldRefuseWhatIsNoAddress() {
    Loops.run(
        engine,
        () -> {
          assertThatThrownBy(() -> TcpStream.connect("", 80))
              .isInstanceOf(IllegalArgumentException.class);
          assertThatThrownBy(() -> TcpStream.connect("127.0.0.1", 0))
              .isInstanceOf(IllegalArgumentException.class)
              .hasMessageContaining("1 to 65535");
        });
  }

  @Test
  void shouldEndByATimeThatIsOverBeforeTheTurnIs() {
    Loops.run(
        engine,
        () -> {
          try (TcpListener listener = TcpListener.bind("127.0.0.1", 0)) {
            ConnectOptions hurried = ConnectOptions.defaults().timeout(Duration.ofNanos(1));
            InetSocketAddress where = address("127.0.0.1", listener.port());
            assertThatThrownBy(() -> TcpStream.connect(where, StreamOptions.defaults(), hurried))
                .isInstanceOf(NetworkTimeoutException.class);
          }
        });
  }
}
