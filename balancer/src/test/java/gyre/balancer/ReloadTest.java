package gyre.balancer;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import gyre.FreePort;
import gyre.Loop;
import gyre.LoopGroup;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** A changed configuration while connections go on. */
@Timeout(60)
final class ReloadTest {
  private static final int RELOADS = Integer.getInteger("gyre.balancer.reloads", 100);

  private final Peers peers = new Peers();
  private final LoopGroup group = LoopGroup.open(2);

  @AfterEach
  void close() throws Exception {
    peers.close();
    group.close();
  }

  private static BalancerConfig config(InetSocketAddress listen, Peers.Server server) {
    return BalancerConfig.of(
            List.of(ListenConfig.of("web", listen, "web")),
            List.of(PoolConfig.of("web", List.of(server.target()))))
        .stopTimeout(Duration.ofMillis(50));
  }

  @Test
  void shouldKeepConnectionsAndGiveNewOnesToNewTargets() throws Exception {
    Peers.Server a = peers.echo("a");
    Peers.Server b = peers.echo("b");
    InetSocketAddress any = BalancerTest.anyPort();
    try (Balancer balancer = Balancer.open(group, config(any, a))) {
      InetSocketAddress where = Objects.requireNonNull(balancer.addresses().get("web"));
      Socket old = peers.connect(where);
      assertThat(Peers.readLine(old)).isEqualTo("a");
      balancer.reload(config(any, b));
      assertThat(balancer.addresses()).containsEntry("web", where);
      assertThat(Peers.readLine(peers.connect(where))).isEqualTo("b");
      Peers.write(old, "still\n");
      assertThat(Peers.readLine(old)).isEqualTo("still");
    }
  }

  @Test
  void shouldLoseNoConnectionInAHundredReloads() throws Exception {
    Peers.Server a = peers.echo("a");
    Peers.Server b = peers.echo("b");
    InetSocketAddress any = BalancerTest.anyPort();
    AtomicBoolean isOver = new AtomicBoolean();
    AtomicInteger good = new AtomicInteger();
    AtomicInteger failed = new AtomicInteger();
    try (Balancer balancer = Balancer.open(group, config(any, a))) {
      InetSocketAddress where = Objects.requireNonNull(balancer.addresses().get("web"));
      Thread load =
          Thread.ofPlatform()
              .start(() -> {
                while (!isOver.get()) {
                  try (Socket socket = new Socket()) {
                    socket.connect(where, Peers.PATIENCE_MILLIS);
                    socket.setSoTimeout(Peers.PATIENCE_MILLIS);
                    Peers.readLine(socket);
                    Peers.write(socket, "x\n");
                    assertThat(Peers.readLine(socket)).isEqualTo("x");
                    good.incrementAndGet();
                  } catch (IOException | AssertionError e) {
                    failed.incrementAndGet();
                  }
                }
              });
      for (int i = 0; i < RELOADS; i++) {
        int before = good.get();
        balancer.reload(config(any, i % 2 == 0 ? b : a));
        Peers.until(
            "connections come between two reloads", () -> good.get() > before || failed.get() > 0);
      }
      isOver.set(true);
      load.join();
    }
    assertThat(failed.get()).isZero();
    assertThat(good.get()).isGreaterThanOrEqualTo(RELOADS);
  }

  @Test
  void shouldStayAsItIsWhereANewListenerCantListen() throws Exception {
    Peers.Server a = peers.echo("a");
    InetSocketAddress any = BalancerTest.anyPort();
    try (ServerSocket taken = new ServerSocket(0, 1, InetAddress.getLoopbackAddress());
        Balancer balancer = Balancer.open(group, config(any, a))) {
      InetSocketAddress where = Objects.requireNonNull(balancer.addresses().get("web"));
      InetSocketAddress refused =
          new InetSocketAddress(taken.getInetAddress(), taken.getLocalPort());
      assertThatThrownBy(() -> balancer.reload(config(refused, a)))
          .hasMessageContaining("EADDRINUSE");
      assertThat(balancer.addresses()).containsEntry("web", where);
      assertThat(Peers.readLine(peers.connect(where))).isEqualTo("a");
    }
  }

  @Test
  void shouldLeavePoolsAndLogAsTheyAreWhereItFails(@TempDir Path directory) throws Exception {
    Peers.Server a = peers.echo("a");
    Peers.Server b = peers.echo("b");
    Path log = directory.resolve("access.log");
    try (ServerSocket taken = new ServerSocket(0, 1, InetAddress.getLoopbackAddress());
        Balancer balancer =
            Balancer.open(group, config(BalancerTest.anyPort(), a).accessLog(log))) {
      InetSocketAddress where = Objects.requireNonNull(balancer.addresses().get("web"));
      InetSocketAddress refused =
          new InetSocketAddress(taken.getInetAddress(), taken.getLocalPort());
      BalancerConfig wrong =
          config(refused, b)
              .accessLog(directory.resolve("other.log"))
              .pools(
                  List.of(
                      PoolConfig.of("web", List.of(b.target())),
                      PoolConfig.of("more", List.of(b.target()))));
      assertThatThrownBy(() -> balancer.reload(wrong)).hasMessageContaining("EADDRINUSE");
      assertThat(Peers.readLine(peers.connect(where))).isEqualTo("a");
      assertThat(balancer.pools()).hasSize(1);
      assertThat(Objects.requireNonNull(balancer.accessLog()).file()).isEqualTo(log);
    }
  }

  @Test
  void shouldChangeTheLimitOfAListenerAndItsName() throws Exception {
    Peers.Server a = peers.echo("a");
    BalancerConfig first = config(BalancerTest.anyPort(), a);
    try (Balancer balancer = Balancer.open(group, limited(first, "web", first.listens(), 1))) {
      InetSocketAddress where = Objects.requireNonNull(balancer.addresses().get("web"));
      BalancerConfig fixed = config(where, a);
      balancer.reload(limited(fixed, "web", first.listens(), 1));
      assertThat(Peers.readLine(peers.connect(where))).isEqualTo("a");
      Socket waiting = peers.connect(where);
      balancer.reload(limited(fixed, "web", first.listens(), 2));
      assertThat(Peers.readLine(waiting)).isEqualTo("a");
    }
  }

  private static BalancerConfig limited(
      BalancerConfig config, String name, List<ListenConfig> place, int limit) {
    InetSocketAddress where = place.getFirst().address();
    return config.listens(List.of(ListenConfig.of(name, where, "web").maxConnections(limit)));
  }

  @Test
  void shouldSwapTheNamesOfListeners() throws Exception {
    Peers.Server a = peers.echo("a");
    Peers.Server b = peers.echo("b");
    InetSocketAddress one = FreePort.nextAddress();
    InetSocketAddress two = FreePort.nextAddress();
    List<PoolConfig> pools =
        List.of(PoolConfig.of("a", List.of(a.target())), PoolConfig.of("b", List.of(b.target())));
    try (Balancer balancer =
        Balancer.open(
            group,
            BalancerConfig.of(
                    List.of(ListenConfig.of("x", one, "a"), ListenConfig.of("y", two, "b")), pools)
                .stopTimeout(Duration.ofMillis(50)))) {
      balancer.reload(
          balancer
              .config()
              .listens(List.of(ListenConfig.of("y", one, "b"), ListenConfig.of("z", two, "a"))));
      assertThat(balancer.addresses()).containsEntry("y", one).containsEntry("z", two).hasSize(2);
      assertThat(Peers.readLine(peers.connect(one))).isEqualTo("b");
      assertThat(Peers.readLine(peers.connect(two))).isEqualTo("a");
      balancer.close(Duration.ZERO);
    }
  }

  @Test
  void shouldDoOneReloadAfterTheOther() throws Exception {
    Peers.Server a = peers.echo("a");
    InetSocketAddress where = FreePort.nextAddress();
    try (Balancer balancer = Balancer.open(group, config(BalancerTest.anyPort(), a))) {
      BalancerConfig small = balancer.config();
      for (int i = 0; i < 20; i++) {
        BalancerConfig large =
            small.listens(
                List.of(small.listens().getFirst(), ListenConfig.of("more", where, "web")));
        List<Future<?>> both = new ArrayList<>();
        try (ExecutorService threads = Executors.newFixedThreadPool(2)) {
          both.add(threads.submit(() -> balancer.reload(large)));
          both.add(threads.submit(() -> balancer.reload(large)));
        }
        for (Future<?> each : both) {
          each.get();
        }
        assertThat(balancer.addresses()).hasSize(2);
        balancer.reload(small);
        Peers.until("it is closed", () -> Peers.isRefused(where));
      }
    }
  }

  @Test
  void shouldStopAllListenersBeforeItWaitsForConnections() throws Exception {
    Peers.Server a = peers.echo("a");
    BalancerConfig config =
        config(BalancerTest.anyPort(), a)
            .listens(
                List.of(
                    ListenConfig.of("x", BalancerTest.anyPort(), "web"),
                    ListenConfig.of("y", BalancerTest.anyPort(), "web")));
    Balancer balancer = Balancer.open(group, config);
    List<Socket> open = new ArrayList<>();
    for (InetSocketAddress each : balancer.addresses().values()) {
      open.add(peers.connect(each));
      assertThat(Peers.readLine(open.getLast())).isEqualTo("a");
    }
    Thread closing = Thread.ofPlatform().start(() -> balancer.close(Duration.ofSeconds(30)));
    for (InetSocketAddress each : balancer.addresses().values()) {
      Peers.until("nobody listens", () -> Peers.isRefused(each));
    }
    assertThat(closing.isAlive()).isTrue();
    for (Socket each : open) {
      each.close();
    }
    closing.join();
  }

  @Test
  void shouldForgetPoolsThatAreGone() throws Exception {
    Peers.Server a = peers.echo("a");
    try (Balancer balancer = Balancer.open(group, config(BalancerTest.anyPort(), a))) {
      BalancerConfig small = balancer.config();
      for (int i = 0; i < 5; i++) {
        String name = "pool-" + i;
        List<ListenConfig> listens =
            List.of(
                small.listens().getFirst(), ListenConfig.of(name, BalancerTest.anyPort(), name));
        List<PoolConfig> pools =
            List.of(small.pools().getFirst(), PoolConfig.of(name, List.of(a.target())));
        balancer.reload(small.pools(pools).listens(listens));
        InetSocketAddress where = Objects.requireNonNull(balancer.addresses().get(name));
        assertThat(Peers.readLine(peers.connect(where))).isEqualTo("a");
      }
      balancer.reload(small);
      for (Loop each : balancer.loops()) {
        int known = each.callAsync(() -> balancer.part().choosers()).join();
        assertThat(known).isLessThanOrEqualTo(1);
      }
    }
  }
}
