package gyre.balancer;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import gyre.FiberInfo;
import gyre.Loop;
import gyre.LoopGroup;
import gyre.balancer.choice.Algorithm;
import java.io.IOException;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.SocketException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** What becomes of connections, with clients and targets that are not Gyre's. */
@Tag("fiber-modes-0")
@Timeout(60)
final class BalancerTest {
  private final Peers peers = new Peers();
  private final LoopGroup group = LoopGroup.open(2);

  @AfterEach
  void close() throws Exception {
    peers.close();
    group.close();
  }

  static InetSocketAddress anyPort() {
    return new InetSocketAddress(InetAddress.getLoopbackAddress(), 0);
  }

  private static ListenConfig listen() {
    return ListenConfig.of("web", anyPort(), "web");
  }

  private static PoolConfig pool(Peers.Server... servers) {
    return PoolConfig.of("web", Arrays.stream(servers).map(Peers.Server::target).toList());
  }

  private Balancer open(ListenConfig listen, PoolConfig pool) {
    return Balancer.open(
        group,
        BalancerConfig.of(List.of(listen), List.of(pool)).stopTimeout(Duration.ofMillis(50)));
  }

  private static InetSocketAddress address(Balancer balancer) {
    return java.util.Objects.requireNonNull(balancer.addresses().get("web"));
  }

  @Test
  void shouldPassOnBothWaysAndSpreadByRoundRobin() throws Exception {
    Peers.Server a = peers.echo("a");
    Peers.Server b = peers.echo("b");
    try (Balancer balancer = open(listen(), pool(a, b).algorithm(Algorithm.LEAST_CONNECTIONS))) {
      Map<String, Integer> names = new HashMap<>();
      List<Socket> open = new ArrayList<>();
      for (int i = 0; i < 10; i++) {
        Socket socket = peers.connect(address(balancer));
        open.add(socket);
        names.merge(Peers.readLine(socket), 1, Integer::sum);
        Peers.write(socket, "hello " + i + "\n");
        assertThat(Peers.readLine(socket)).isEqualTo("hello " + i);
      }
      assertThat(names).containsEntry("a", 5).containsEntry("b", 5);
      assertThat(balancer.sessions()).isEqualTo(10);
      for (Socket each : open) {
        each.close();
      }
      Peers.until("the sessions end", () -> balancer.sessions() == 0);
    }
  }

  @Test
  void shouldPassOnAHalfCloseAndAllThatFollows() throws Exception {
    byte[] answer = new byte[5_000_000];
    new java.util.SplittableRandom(3).nextBytes(answer);
    Peers.Server server =
        peers.server(socket -> {
          byte[] got = socket.getInputStream().readAllBytes();
          assertThat(got).hasSize(3_000_000);
          socket.getOutputStream().write(answer);
        });
    try (Balancer balancer = open(listen(), pool(server))) {
      Socket socket = peers.connect(address(balancer));
      socket.getOutputStream().write(new byte[3_000_000]);
      socket.shutdownOutput();
      assertThat(socket.getInputStream().readAllBytes()).isEqualTo(answer);
    }
  }

  /** Each side writes much before it reads: neither direction may wait for the other. */
  @Test
  void shouldPassOnOneWayWhileTheOtherStandsStill() throws Exception {
    int bytes = 20_000_000;
    CountDownLatch mayRead = new CountDownLatch(1);
    CountDownLatch isAllHere = new CountDownLatch(1);
    Peers.Server server =
        peers.server(socket -> {
          Thread writer = Thread.startVirtualThread(() -> writeQuietly(socket, bytes));
          mayRead.await();
          if (socket.getInputStream().readNBytes(bytes).length == bytes) {
            isAllHere.countDown();
          }
          writer.join();
          socket.shutdownOutput();
        });
    try (Balancer balancer = open(listen(), pool(server))) {
      Socket socket = peers.connect(address(balancer));
      Thread writer = Thread.startVirtualThread(() -> writeQuietly(socket, bytes));
      mayRead.countDown();
      isAllHere.await(); // nothing of the answer was read by now
      writer.join();
      socket.shutdownOutput();
      assertThat(socket.getInputStream().readAllBytes()).hasSize(bytes);
      Peers.until("it ends", () -> balancer.sessions() == 0);
      assertThat(balancer.counters().broken.sum()).isZero();
    }
  }

  private static void writeQuietly(Socket socket, int bytes) {
    try {
      socket.getOutputStream().write(new byte[bytes]);
    } catch (IOException e) {
      // Then not all of it arrives.
    }
  }

  /** Its stack would be most of the memory that an idle connection takes. */
  @Test
  void shouldHaveNoFiberForAConnectionWhoseTargetIsKnown() throws Exception {
    Peers.Server server = peers.echo("only");
    try (Balancer balancer = open(listen(), pool(server))) {
      for (int i = 0; i < 4; i++) {
        Socket socket = peers.connect(address(balancer));
        assertThat(Peers.readLine(socket)).isEqualTo("only");
      }
      List<String> fibers = new ArrayList<>();
      for (Loop loop : group.loops()) {
        fibers.addAll(loop.call(() -> loop.fibers().stream().map(FiberInfo::name).toList()));
      }
      assertThat(fibers).doesNotContain("session", "tail").isNotEmpty();
      assertThat(balancer.sessions()).isEqualTo(4);
    }
  }

  @Test
  void shouldPassOnAResetAsAReset() throws Exception {
    Peers.Server server =
        peers.server(socket -> {
          assertThat(socket.getInputStream().read()).isEqualTo('x');
          socket.setSoLinger(true, 0);
        });
    try (Balancer balancer = open(listen(), pool(server))) {
      Socket socket = peers.connect(address(balancer));
      Peers.write(socket, "x");
      assertThatThrownBy(() -> socket.getInputStream().read())
          .isInstanceOf(SocketException.class)
          .hasMessageContaining("reset");
    }
  }

  @Test
  void shouldPassOnTheResetOfAClient() throws Exception {
    CountDownLatch reset = new CountDownLatch(1);
    CountDownLatch ready = new CountDownLatch(1);
    Peers.Server server =
        peers.server(socket -> {
          try {
            socket.getInputStream().read();
            ready.countDown();
            socket.getInputStream().read();
          } catch (SocketException e) {
            reset.countDown();
          }
        });
    try (Balancer balancer = open(listen(), pool(server))) {
      Socket socket = peers.connect(address(balancer));
      Peers.write(socket, "x");
      ready.await();
      socket.setSoLinger(true, 0);
      socket.close();
      reset.await();
    }
  }

  @Test
  void shouldTryAnotherTargetWhereOneRefuses() throws Exception {
    Peers.Server gone = Peers.gone();
    Peers.Server there = peers.echo("there");
    try (Balancer balancer =
        open(listen(), pool(gone, there).algorithm(Algorithm.ROUND_ROBIN).retries(1))) {
      for (int i = 0; i < 6; i++) {
        assertThat(Peers.readLine(peers.connect(address(balancer)))).isEqualTo("there");
      }
      assertThat(balancer.counters().retries.sum()).isBetween(2L, 6L);
    }
  }

  @Test
  void shouldResetTheClientWhereNobodyIsThere() throws Exception {
    Peers.Server gone = Peers.gone();
    try (Balancer balancer = open(listen(), pool(gone))) {
      // It may be quicker than the client, whose connect fails then.
      assertThatThrownBy(() -> peers.connect(address(balancer)).getInputStream().read())
          .hasMessageContaining("reset");
      assertThat(balancer.counters().refusedNobody.sum()).isEqualTo(1);
    }
  }

  @Test
  void shouldLeaveOutWhoFailsAgainAndAgain() throws Exception {
    Peers.Server gone = Peers.gone();
    Peers.Server there = peers.echo("there");
    OutlierConfig rules = OutlierConfig.defaults().failures(2).base(Duration.ofMinutes(5));
    try (Balancer balancer =
        open(listen(), pool(gone, there).algorithm(Algorithm.ROUND_ROBIN).outlier(rules))) {
      for (int i = 0; i < 8; i++) {
        assertThat(Peers.readLine(peers.connect(address(balancer)))).isEqualTo("there");
      }
      assertThat(balancer.counters().retries.sum()).isEqualTo(2);
      assertThat(String.join("\n", balancer.recentEvents()))
          .contains("left out for 300 s, as 2 in a row failed: connect to ")
          .contains("ECONNREFUSED");
    }
  }

  @Test
  void shouldNeverLeaveOutMoreThanTheRulesAllow() throws Exception {
    Peers.Server gone = Peers.gone();
    Peers.Server lost = Peers.gone();
    OutlierConfig rules = OutlierConfig.defaults().failures(1).mostPercent(50);
    try (Balancer balancer = open(listen(), pool(gone, lost).outlier(rules).retries(3))) {
      for (int i = 0; i < 3; i++) {
        assertThatThrownBy(() -> peers.connect(address(balancer)).getInputStream().read())
            .hasMessageContaining("reset"); // which may come while it is still connecting
      }
      long out = balancer.recentEvents().stream().filter(e -> e.contains("left out")).count();
      assertThat(out).isEqualTo(1);
    }
  }

  @Test
  void shouldQueueWhileAllAreFullAndServeInOrder() throws Exception {
    Peers.Server server = peers.echo("only");
    PoolConfig pool =
        PoolConfig.of("web", List.of(server.target().maxConnections(1)))
            .queueTimeout(Duration.ofSeconds(30));
    try (Balancer balancer = open(listen(), pool)) {
      Socket first = peers.connect(address(balancer));
      assertThat(Peers.readLine(first)).isEqualTo("only");
      Socket second = peers.connect(address(balancer));
      Peers.until("it waits", () -> balancer.counters().queued.sum() == 1);
      Socket third = peers.connect(address(balancer));
      Peers.until("both wait", () -> balancer.counters().queued.sum() == 2);
      first.close();
      assertThat(Peers.readLine(second)).isEqualTo("only");
      assertThat(server.connections.get()).isEqualTo(2);
      second.close();
      assertThat(Peers.readLine(third)).isEqualTo("only");
    }
  }

  @Test
  void shouldResetWhoWaitedTooLong() throws Exception {
    Peers.Server server = peers.echo("only");
    PoolConfig pool =
        PoolConfig.of("web", List.of(server.target().maxConnections(1)))
            .queueTimeout(Duration.ofMillis(50));
    try (Balancer balancer = open(listen(), pool)) {
      Socket first = peers.connect(address(balancer));
      assertThat(Peers.readLine(first)).isEqualTo("only");
      assertThatThrownBy(() -> peers.connect(address(balancer)).getInputStream().read())
          .hasMessageContaining("reset"); // which may come while it is still connecting
      assertThat(balancer.counters().queueTimeouts.sum()).isEqualTo(1);
    }
  }

  @Test
  void shouldLimitTheConnectionsOfASource() throws Exception {
    Peers.Server server = peers.echo("only");
    try (Balancer balancer = open(listen().sourceRate(1, 3), pool(server))) {
      for (int i = 0; i < 3; i++) {
        assertThat(Peers.readLine(peers.connect(address(balancer)))).isEqualTo("only");
      }
      Peers.until(
          "one is refused",
          () -> {
            try (Socket socket = peers.connect(address(balancer))) {
              return socket.getInputStream().read() < 0;
            } catch (IOException e) {
              return balancer.counters().refusedByRate.sum() > 0;
            }
          });
    }
  }

  @Test
  void shouldLimitTheConnectionsInAll() throws Exception {
    Peers.Server server = peers.echo("only");
    BalancerConfig config =
        BalancerConfig.of(List.of(listen()), List.of(pool(server))).maxConnections(2);
    try (Balancer balancer = Balancer.open(group, config)) {
      assertThat(Peers.readLine(peers.connect(address(balancer)))).isEqualTo("only");
      assertThat(Peers.readLine(peers.connect(address(balancer)))).isEqualTo("only");
      assertThatThrownBy(() -> peers.connect(address(balancer)).getInputStream().read())
          .hasMessageContaining("reset"); // which may come while it is still connecting
      balancer.close(Duration.ZERO);
    }
  }

  @Test
  void shouldEndIdleConnections() throws Exception {
    assertEndsByItself(listen -> listen.idleTimeout(Duration.ofMillis(40)), "hello", false);
  }

  @Test
  void shouldEndHalfClosedConnectionsThatStandStill() throws Exception {
    assertEndsByItself(listen -> listen.halfCloseTimeout(Duration.ofMillis(40)), "hello", true);
  }

  @Test
  void shouldEndConnectionsThatLastTooLong() throws Exception {
    assertEndsByItself(listen -> listen.lifetime(Duration.ofMillis(60)), "hello", false);
  }

  private void assertEndsByItself(
      UnaryOperator<ListenConfig> change, String greeting, boolean isHalfClosed) throws Exception {
    Peers.Server server =
        peers.server(socket -> {
          Peers.write(socket, greeting + "\n");
          while (socket.getInputStream().read() >= 0) {
            // Takes what comes.
          }
          new CountDownLatch(1).await(30, java.util.concurrent.TimeUnit.SECONDS);
        });
    try (Balancer balancer = open(change.apply(listen()), pool(server))) {
      assertThatThrownBy(
              () -> { // its time may be over while it is still connecting, or before the greeting
                Socket socket = peers.connect(address(balancer));
                if (isHalfClosed) {
                  assertThat(Peers.readLine(socket)).isEqualTo(greeting);
                  socket.shutdownOutput();
                }
                socket.getInputStream().transferTo(OutputStream.nullOutputStream());
              })
          .isInstanceOf(SocketException.class)
          .hasMessageContaining("reset");
      Peers.until("it is counted", () -> balancer.counters().timeouts.sum() == 1);
    }
  }

  @Test
  void shouldLetConnectionsEndWhenItStops() throws Exception {
    Peers.Server server = peers.echo("only");
    Balancer balancer = open(listen(), pool(server));
    InetSocketAddress address = address(balancer);
    Socket socket = peers.connect(address);
    assertThat(Peers.readLine(socket)).isEqualTo("only");
    Thread closing = Thread.ofPlatform().start(() -> balancer.close(Duration.ofSeconds(30)));
    Peers.until("it does not listen", () -> Peers.isRefused(address));
    Peers.write(socket, "still here\n");
    assertThat(Peers.readLine(socket)).isEqualTo("still here");
    socket.close();
    closing.join();
    assertThat(balancer.sessions()).isZero();
  }

  @Test
  void shouldResetWhatIsLeftAfterTheTimeToStop() throws Exception {
    Peers.Server server = peers.echo("only");
    Balancer balancer = open(listen(), pool(server));
    Socket socket = peers.connect(address(balancer));
    assertThat(Peers.readLine(socket)).isEqualTo("only");
    balancer.close(Duration.ofMillis(50));
    assertThatThrownBy(() -> socket.getInputStream().read()).hasMessageContaining("reset");
  }

  @Test
  void shouldHoldBackAFastSenderForASlowReceiver() throws Exception {
    CountDownLatch mayRead = new CountDownLatch(1);
    Peers.Server server =
        peers.server(socket -> {
          mayRead.await();
          long read = socket.getInputStream().transferTo(OutputStream.nullOutputStream());
          Peers.write(socket, read + "\n");
        });
    try (Balancer balancer = open(listen(), pool(server))) {
      Socket socket = peers.connect(address(balancer));
      AtomicLong sent = new AtomicLong();
      AtomicBoolean isEnough = new AtomicBoolean();
      Thread sender = Peers.flood(socket, sent, isEnough);
      Peers.untilHeldBack(sent);
      isEnough.set(true);
      mayRead.countDown();
      String read = Peers.readLine(socket);
      sender.join();
      assertThat(read).isEqualTo(String.valueOf(sent.get()));
    }
  }

  @Test
  void shouldRefuseToListenWhereSomebodyElseDoes() throws Exception {
    try (ServerSocket taken = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      ListenConfig listen =
          ListenConfig.of(
              "web",
              new InetSocketAddress(InetAddress.getLoopbackAddress(), taken.getLocalPort()),
              "web");
      assertThatThrownBy(() -> open(listen, pool())).hasMessageContaining("EADDRINUSE");
    }
  }
}
