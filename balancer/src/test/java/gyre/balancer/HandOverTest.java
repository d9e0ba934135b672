package gyre.balancer;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import gyre.FreePort;
import gyre.LoopGroup;
import java.io.IOException;
import java.net.DatagramSocket;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** A balancer that takes over from another one, as a new process from an old one. */
@Timeout(120)
final class HandOverTest {
  private static final Duration PATIENCE = Duration.ofSeconds(30);
  private static final int HAND_OVERS = Integer.getInteger("gyre.balancer.handOvers", 5);

  @TempDir private Path directory;

  private final Peers peers = new Peers();
  private final List<LoopGroup> groups = new ArrayList<>();

  @AfterEach
  void close() throws Exception {
    peers.close();
    for (LoopGroup each : groups) {
      each.close();
    }
  }

  private LoopGroup group() {
    LoopGroup group = LoopGroup.open(2);
    groups.add(group);
    return group;
  }

  private Path control() {
    return directory.resolve("control");
  }

  private BalancerConfig config(InetSocketAddress listen, Peers.Server server) {
    return BalancerConfig.of(
            List.of(
                ListenConfig.of("web", listen, "web"),
                ListenConfig.of("dns", listen, "web").protocol(ListenConfig.Protocol.UDP)),
            List.of(
                PoolConfig.of("web", List.of(server.target())).persistence(Duration.ofMinutes(5))))
        .stopTimeout(Duration.ofMillis(50))
        .control(control());
  }

  private static InetSocketAddress address(Balancer balancer) {
    return Objects.requireNonNull(balancer.addresses().get("web"));
  }

  @Test
  void shouldTakeOverSocketsAndMemoryWhileOldConnectionsGoOn() throws Exception {
    Peers.Server a = peers.echo("a");
    AtomicBoolean isToldToStop = new AtomicBoolean();
    Balancer old = Balancer.open(group(), config(BalancerTest.anyPort(), a));
    old.onStop(() -> isToldToStop.set(true));
    InetSocketAddress where = address(old);
    Socket before = peers.connect(where);
    assertThat(Peers.readLine(before)).isEqualTo("a");
    try (Balancer next = Balancer.takeOver(group(), config(where, a), control())) {
      Peers.until("the old one is told", isToldToStop::get);
      assertThat(address(next)).isEqualTo(where);
      assertThat(next.pools().getFirst().persistence().size()).isEqualTo(1);
      Socket after = peers.connect(where);
      assertThat(Peers.readLine(after)).isEqualTo("a");
      Peers.until("the new one has it", () -> next.sessions() == 1);
      assertThat(old.sessions()).isEqualTo(1);
      Peers.write(before, "still here\n");
      assertThat(Peers.readLine(before)).isEqualTo("still here");
      before.close();
      old.close();
      assertThat(next.command("{\"command\":\"stats\"}")).contains("\"sessions\":1");
    }
  }

  @Test
  void shouldLoseNoConnectionUnderLoad() throws Exception {
    Peers.Server a = peers.echo("a");
    AtomicBoolean isOver = new AtomicBoolean();
    AtomicInteger good = new AtomicInteger();
    List<Throwable> failed = new ArrayList<>();
    Balancer balancer = Balancer.open(group(), config(BalancerTest.anyPort(), a));
    InetSocketAddress where = address(balancer);
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
                  failed.add(e);
                  isOver.set(true);
                }
              }
            });
    for (int i = 0; i < HAND_OVERS; i++) {
      Balancer old = balancer;
      balancer = Balancer.takeOver(group(), config(where, a), control());
      int before = good.get();
      Peers.until("connections come", () -> good.get() > before || isOver.get());
      old.close(Duration.ofSeconds(10));
    }
    isOver.set(true);
    load.join();
    balancer.close();
    assertThat(failed).isEmpty();
    assertThat(good.get()).isGreaterThanOrEqualTo(HAND_OVERS);
  }

  @Test
  void shouldGoOnWhereTheNewOneCantListen() throws Exception {
    Peers.Server a = peers.echo("a");
    try (ServerSocket taken = new ServerSocket(0, 1, InetAddress.getLoopbackAddress());
        Balancer old = Balancer.open(group(), config(BalancerTest.anyPort(), a))) {
      InetSocketAddress where = address(old);
      BalancerConfig wrong =
          config(where, a)
              .listens(
                  List.of(
                      ListenConfig.of("web", where, "web"),
                      ListenConfig.of(
                          "more",
                          new InetSocketAddress(taken.getInetAddress(), taken.getLocalPort()),
                          "web")));
      assertThatThrownBy(() -> Balancer.takeOver(group(), wrong, control()))
          .hasMessageContaining("EADDRINUSE");
      for (int i = 0; i < 10; i++) {
        assertThat(Peers.readLine(peers.connect(where))).isEqualTo("a");
      }
    }
  }

  @Test
  void shouldTakeOverALargeTableOfClients() throws Exception {
    Peers.Server a = peers.echo("a");
    AtomicBoolean isToldToStop = new AtomicBoolean();
    Balancer old = Balancer.open(group(), config(BalancerTest.anyPort(), a));
    old.onStop(() -> isToldToStop.set(true));
    int clients = 30_000;
    for (int i = 0; i < clients; i++) {
      InetAddress client = InetAddress.getByAddress(new byte[] {10, 1, (byte) (i >> 8), (byte) i});
      old.pools().getFirst().persistence().put(client, "a", Long.MAX_VALUE / 2, clients);
    }
    try (Balancer next = Balancer.takeOver(group(), config(address(old), a), control())) {
      Peers.until("the old one is told", isToldToStop::get);
      assertThat(next.pools().getFirst().persistence().size()).isEqualTo(clients);
      assertThat(Peers.readLine(peers.connect(address(old)))).isEqualTo("a");
      Peers.until("it takes commands", () -> ask(control()));
      old.close();
    }
  }

  private static boolean ask(Path control) {
    try {
      return ControlClient.ask(control, java.util.Map.of("command", "stats"))
          .contains("\"sessions\"");
    } catch (IOException e) {
      return false;
    }
  }

  @Test
  void shouldTakeOverThePageWhileOldConnectionsGoOn() throws Exception {
    Peers.Server a = peers.echo("a");
    InetSocketAddress web = FreePort.nextAddress();
    Balancer old = Balancer.open(group(), config(BalancerTest.anyPort(), a).web(web));
    Thread[] closing = new Thread[1];
    old.onStop(() -> closing[0] = Thread.ofPlatform().start(() -> old.close(PATIENCE)));
    Socket before = peers.connect(address(old));
    assertThat(Peers.readLine(before)).isEqualTo("a");
    try (Balancer next = Balancer.takeOver(group(), config(address(old), a).web(web), control())) {
      assertThat(next.link()).contains(String.valueOf(web.getPort()));
      Peers.write(before, "still here\n");
      assertThat(Peers.readLine(before)).isEqualTo("still here");
      before.close();
      Peers.until("the old one is told", () -> closing[0] != null);
      closing[0].join();
    }
  }

  @Test
  void shouldGoOnWhereThePageAndUdpCanNotBeOpenedYet() throws Exception {
    Peers.Server a = peers.echo("a");
    Balancer old = Balancer.open(group(), config(BalancerTest.anyPort(), a));
    ServerSocket web = new ServerSocket(0, 1, InetAddress.getLoopbackAddress());
    DatagramSocket udp = new DatagramSocket(0, InetAddress.getLoopbackAddress());
    BalancerConfig changed =
        config(address(old), a)
            .web(new InetSocketAddress(web.getInetAddress(), web.getLocalPort()))
            .listens(
                List.of(
                    ListenConfig.of("web", address(old), "web"),
                    ListenConfig.of(
                            "dns",
                            new InetSocketAddress(udp.getLocalAddress(), udp.getLocalPort()),
                            "web")
                        .protocol(ListenConfig.Protocol.UDP)));
    try (Balancer next = Balancer.takeOver(group(), changed, control())) {
      assertThat(Peers.readLine(peers.connect(address(old)))).isEqualTo("a");
      assertThat(String.join("\n", next.recentEvents()))
          .contains("tries again after the hand-over: ")
          .contains("EADDRINUSE");
      assertThat(next.link()).isEmpty();
      udp.close();
      web.close();
      Peers.until("the page is there", () -> !next.link().isEmpty());
      assertThat(next.addresses()).containsKeys("web", "dns");
      old.close();
    }
  }

  @Test
  void shouldKeepWhatOperatorsHaveSaid() throws Exception {
    Peers.Server a = peers.echo("a");
    Peers.Server b = peers.echo("b");
    Balancer old = Balancer.open(group(), config(BalancerTest.anyPort(), a));
    Pool pool = old.pools().getFirst();
    String configured = pool.targets().getFirst().path();
    tell(old, "{\"command\":\"add\",\"pool\":\"web\",\"name\":\"b\",\"address\":\"%s\"}", b);
    tell(old, "{\"command\":\"weight\",\"target\":\"web/b\",\"weight\":\"7\"}", b);
    tell(old, "{\"command\":\"maintenance\",\"target\":\"" + configured + "\"}", b);
    try (Balancer next = Balancer.takeOver(group(), config(address(old), a), control())) {
      Pool same = next.pools().getFirst();
      Target added = Objects.requireNonNull(same.find("b"));
      assertThat(added.weight()).isEqualTo(7);
      assertThat(same.targets().getFirst().admin()).isEqualTo(AdminState.MAINTENANCE);
      for (int i = 0; i < 5; i++) {
        assertThat(Peers.readLine(peers.connect(address(next)))).isEqualTo("b");
      }
      old.close();
    }
  }

  private static void tell(Balancer balancer, String command, Peers.Server server) {
    String text = command.replace("%s", Addresses.format(server.address()));
    assertThat(balancer.command(text)).contains("\"ok\":true");
  }

  @Test
  void shouldTakeOverFromOneThatHasUdpAlone() throws Exception {
    Peers.Server a = peers.echo("a");
    BalancerConfig config = config(FreePort.nextAddress(), a);
    BalancerConfig udp = config.listens(config.listens().subList(1, 2));
    Balancer old = Balancer.open(group(), udp);
    try (Balancer next = Balancer.takeOver(group(), udp, control())) {
      assertThat(next.addresses()).isEqualTo(old.addresses()).hasSize(1);
      old.close();
    }
  }

  @Test
  void shouldNotTakeASocketOfAnotherAddress() throws Exception {
    Peers.Server a = peers.echo("a");
    InetSocketAddress everywhere = new InetSocketAddress("0.0.0.0", 0);
    try (Balancer old = Balancer.open(group(), config(everywhere, a))) {
      InetSocketAddress narrow =
          new InetSocketAddress(InetAddress.getLoopbackAddress(), address(old).getPort());
      assertThatThrownBy(() -> Balancer.takeOver(group(), config(narrow, a), control()))
          .hasMessageContaining("EADDRINUSE");
      assertThat(Peers.readLine(peers.connect(narrow))).isEqualTo("a");
    }
  }

  @Test
  void shouldSayThatThereIsNobodyToTakeOverFrom() throws Exception {
    Peers.Server a = peers.echo("a");
    assertThatThrownBy(
            () -> Balancer.takeOver(group(), config(BalancerTest.anyPort(), a), control()))
        .hasMessageContaining(control().toString());
  }
}
