package gyre.balancer;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import gyre.LoopGroup;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.time.Duration;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

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
}
