package gyre.net;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import gyre.Fiber;
import gyre.LoopGroup;
import gyre.Loops;
import gyre.ShutdownOptions;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.Parameter;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

@Tag("fiber-modes")
@ParameterizedClass
@ValueSource(strings = {"io_uring", "epoll"})
@Timeout(value = 30, unit = TimeUnit.SECONDS, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class TcpServerTest {
  private static final InetSocketAddress ANY_PORT =
      new InetSocketAddress(InetAddress.getLoopbackAddress(), 0);

  @Parameter String engine = "";

  private static void echo(TcpStream stream) {
    ByteBuffer buffer = ByteBuffer.allocate(64);
    while (stream.read(buffer.clear()) >= 0) {
      stream.write(buffer.flip());
    }
  }

  private static void exchange(Socket client, int value) throws IOException {
    client.getOutputStream().write(value);
    assertThat(client.getInputStream().read()).isEqualTo(value);
  }

  @Test
  void shouldServeOnASocketPerLoop() throws IOException {
    try (LoopGroup group = LoopGroup.open(2, Loops.options(engine));
        TcpServer server =
            TcpServer.serve(
                group,
                ANY_PORT,
                ServerOptions.defaults()
                    .distribution(Distribution.SOCKET_PER_LOOP)
                    .listen(ListenOptions.defaults()),
                TcpServerTest::echo)) {
      for (int i = 0; i < 20; i++) {
        try (Socket client = connect(server)) {
          exchange(client, i);
        }
      }
    }
  }

  @Test
  void shouldHandConnectionsToTheLeastLoadedLoop() throws IOException {
    try (LoopGroup group = LoopGroup.open(3, Loops.options(engine));
        TcpServer server =
            TcpServer.serve(
                group,
                ANY_PORT,
                ServerOptions.defaults()
                    .distribution(Distribution.LEAST_LOADED)
                    .listen(ListenOptions.defaults()),
                TcpServerTest::echo)) {
      List<Socket> clients = new ArrayList<>();
      for (int i = 0; i < 9; i++) {
        Socket client = connect(server);
        exchange(client, i);
        clients.add(client);
      }
      assertThat(server.connections()).containsExactly(3, 3, 3);
      for (Socket client : clients) {
        client.close();
      }
    }
  }

  private TcpServer open(LoopGroup group, Distribution distribution, ListenOptions options) {
    return TcpServer.serve(
        group,
        ANY_PORT,
        ServerOptions.defaults().distribution(distribution).listen(options),
        TcpServerTest::echo);
  }

  @ParameterizedTest
  @EnumSource(Distribution.class)
  void shouldEndByItselfWhenTheGroupShutsDown(Distribution distribution) throws IOException {
    LoopGroup group = LoopGroup.open(3, Loops.options(engine));
    try (TcpServer server = open(group, distribution, ListenOptions.defaults())) {
      try (Socket client = connect(server)) {
        exchange(client, 1);
      }
      group.shutdown(ShutdownOptions.defaults().drain(Duration.ofDays(1)));
      assertThat(group.join())
          .allSatisfy(report -> {
            assertThat(report.cancelled()).isEmpty();
            assertThat(report.forced()).isEmpty();
          });
    }
  }

  @ParameterizedTest
  @EnumSource(Distribution.class)
  void shouldCloseAfterAForcedShutdown(Distribution distribution) {
    LoopGroup group = LoopGroup.open(3, Loops.options(engine));
    try (TcpServer server = open(group, distribution, ListenOptions.defaults())) {
      assertThat(server.connections()).containsExactly(0, 0, 0);
      group.forceShutdown();
      assertThat(group.join()).hasSize(3);
    }
  }

  @ParameterizedTest
  @EnumSource(Distribution.class)
  void shouldRefuseToOpenOnAGroupThatHasEndedOrIsGoingTo(Distribution distribution) {
    LoopGroup group = LoopGroup.open(2, Loops.options(engine));
    CompletableFuture<Fiber<?>> busy = new CompletableFuture<>();
    group.loop(1).post(() -> busy.complete(group.loop(1).start("busy", Fiber::park)));
    busy.join();
    group.shutdown(ShutdownOptions.defaults().drain(Duration.ofDays(1)));
    assertThatThrownBy(() -> open(group, distribution, ListenOptions.defaults()))
        .isInstanceOf(IllegalStateException.class);
    busy.join().unpark();
    group.join();
    assertThatThrownBy(() -> open(group, distribution, ListenOptions.defaults()))
        .isInstanceOf(IllegalStateException.class);
  }

  @ParameterizedTest
  @EnumSource(Distribution.class)
  void shouldServeNoMoreConnectionsThanTheLimit(Distribution distribution) throws IOException {
    int limit = 2;
    AtomicInteger served = new AtomicInteger();
    AtomicInteger most = new AtomicInteger();
    // With a socket per loop the limit is for each; a group of one has one either way.
    int loops = distribution == Distribution.LEAST_LOADED ? 3 : 1;
    try (LoopGroup group = LoopGroup.open(loops, Loops.options(engine));
        TcpServer server =
            TcpServer.serve(
                group,
                ANY_PORT,
                ServerOptions.defaults()
                    .distribution(distribution)
                    .listen(ListenOptions.defaults().maxConnections(limit)),
                stream -> {
                  most.accumulateAndGet(served.incrementAndGet(), Math::max);
                  echo(stream);
                  served.decrementAndGet();
                })) {
      List<Socket> clients = new ArrayList<>();
      for (int i = 0; i < 10; i++) {
        clients.add(connect(server));
        clients.get(i).getOutputStream().write(i);
      }
      for (int i = 0; i < 10; i++) {
        try (Socket client = clients.get(i)) {
          assertThat(client.getInputStream().read()).isEqualTo(i);
        }
      }
      assertThat(most).hasValueLessThanOrEqualTo(limit);
    }
  }

  @Test
  void shouldServeWhoWaitsWhereTheLimitIsRaised() throws IOException {
    try (LoopGroup group = LoopGroup.open(2, Loops.options(engine));
        TcpServer server =
            TcpServer.serve(
                group,
                ANY_PORT,
                ServerOptions.defaults()
                    .distribution(Distribution.LEAST_LOADED)
                    .listen(ListenOptions.defaults().maxConnections(1)),
                TcpServerTest::echo);
        Socket first = connect(server);
        Socket second = connect(server)) {
      exchange(first, 1);
      second.getOutputStream().write(2);
      server.maxConnections(2);
      assertThat(second.getInputStream().read()).isEqualTo(2);
      server.maxConnections(1);
      first.shutdownOutput();
      second.shutdownOutput();
      try (Socket third = connect(server)) {
        exchange(third, 3);
      }
    }
  }

  @Test
  void shouldBeginToCloseWithoutWaitingForConnections() throws IOException {
    try (LoopGroup group = LoopGroup.open(2, Loops.options(engine));
        TcpServer server =
            TcpServer.serve(
                group,
                ANY_PORT,
                ServerOptions.defaults().listen(ListenOptions.defaults()),
                stream -> {
                  stream.busy(true);
                  echo(stream);
                });
        Socket client = connect(server)) {
      exchange(client, 1);
      server.beginClose(Duration.ofSeconds(30));
      exchange(client, 2);
      client.shutdownOutput();
      server.close(Duration.ofSeconds(30));
      assertThat(server.connections()).containsOnly(0);
    }
  }

  @Test
  void shouldStopThoughTheInboxIsFull() throws Exception {
    CountDownLatch held = new CountDownLatch(1);
    try (LoopGroup group = LoopGroup.open(1, Loops.options(engine).inboxLimit(4))) {
      TcpServer server = open(group, Distribution.LEAST_LOADED, ListenOptions.defaults());
      CountDownLatch holding = new CountDownLatch(1);
      group
          .loop(0)
          .post(() -> {
            holding.countDown();
            awaitQuietly(held);
          });
      holding.await();
      while (group.loop(0).tryPost(() -> {})) {
        assertThat(server.connections()).containsExactly(0);
      }
      FutureTask<Boolean> closing =
          new FutureTask<>(() -> {
            server.close();
            return true;
          });
      Thread closer = Thread.ofPlatform().start(closing);
      // The loop goes on only when it has been asked to stop.
      while (closer.isAlive() && closer.getState() != Thread.State.WAITING) {
        Thread.onSpinWait();
      }
      held.countDown();
      assertThat(closing.get()).isTrue();
    }
  }

  private static void awaitQuietly(CountDownLatch latch) {
    try {
      latch.await();
    } catch (InterruptedException e) {
      throw new IllegalStateException(e);
    }
  }

  private static Socket connect(TcpServer server) throws IOException {
    return new Socket(server.address().getAddress(), server.address().getPort());
  }
}
