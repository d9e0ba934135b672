package gyre.balancer;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import gyre.Fiber;
import gyre.FreePort;
import gyre.Loop;
import gyre.LoopGroup;
import gyre.net.ServerOptions;
import gyre.net.TcpServer;
import gyre.net.TcpStream;
import gyre.net.UnixListener;
import gyre.net.UnixStream;
import gyre.sync.Latch;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.SocketException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** A passive balancer beside an active one. */
@Timeout(120)
final class StandbyTest {
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
    LoopGroup group = LoopGroup.open(1);
    groups.add(group);
    return group;
  }

  private static BalancerConfig config(Peers.Server... servers) {
    List<TargetConfig> targets = new ArrayList<>();
    for (Peers.Server each : servers) {
      targets.add(each.target());
    }
    return BalancerConfig.of(
            List.of(ListenConfig.of("web", BalancerTest.anyPort(), "web")),
            List.of(PoolConfig.of("web", targets).persistence(Duration.ofMinutes(5))))
        .stopTimeout(Duration.ZERO);
  }

  /** The programs leave a line each. */
  private BalancerConfig passive(BalancerConfig config, InetSocketAddress active) {
    return config.standby(
        StandbyConfig.of(active, program("taken"))
            .giveBack(program("given back"))
            .silence(Duration.ofSeconds(4)));
  }

  private static ReplicationConfig to(String follower, InetSocketAddress where) {
    return ReplicationConfig.of(where, follower);
  }

  /** One that takes over at once, as nobody is at the address of the active one. */
  private BalancerConfig alone(InetSocketAddress nobody, Peers.Server server) {
    return standby(nobody, server, StandbyConfig.LEAST_SILENCE);
  }

  /** One that does not lose patience with an active one while this machine is busy. */
  private BalancerConfig patient(InetSocketAddress active, Peers.Server server) {
    return standby(active, server, Duration.ofMinutes(1));
  }

  private BalancerConfig standby(InetSocketAddress active, Peers.Server server, Duration silence) {
    StandbyConfig rules =
        StandbyConfig.of(active, program("taken"))
            .giveBack(program("given back"))
            .silence(silence)
            .state(directory.resolve("role"));
    return config(server).control(directory.resolve("control")).standby(rules);
  }

  private List<String> program(String word) {
    return List.of("sh", "-c", "echo \"$1\" >> \"$2\"", "sh", word, told().toString());
  }

  private Path told() {
    return directory.resolve("told");
  }

  private static Persistence table(Balancer balancer) {
    return Objects.requireNonNull(balancer.pool("web")).persistence();
  }

  private static void untilEvent(Balancer balancer, String text) {
    Peers.until(text, () -> String.join("\n", balancer.recentEvents()).contains(text));
  }

  @Test
  void shouldRememberClientsOfTheActiveOneAndTakeOverWhenItIsGone() throws Exception {
    Peers.Server a = peers.echo("a");
    Peers.Server b = peers.echo("b");
    Balancer active =
        Balancer.open(group(), config(a, b).replicate(to("127.0.0.1", BalancerTest.anyPort())));
    InetSocketAddress where = Objects.requireNonNull(active.addresses().get("web"));
    InetSocketAddress replicates = Objects.requireNonNull(active.replicationAddress());
    String first = Peers.readLine(peers.connect(where)); // before the passive one is there
    for (int i = 0; i < 1000; i++) {
      table(active).put(InetAddress.ofLiteral("10.1.1." + i % 250), "x" + i, 1L << 62, 100_000);
    }
    try (Balancer passive = Balancer.open(group(), passive(config(a, b), replicates))) {
      untilEvent(passive, "hears the active one");
      Peers.until("all are known", () -> table(passive).size() == 251);
      table(active).put(InetAddress.ofLiteral("10.9.9.9"), "new", 1L << 62, 100_000);
      Peers.until(
          "changes are known",
          () -> "new".equals(table(passive).find(InetAddress.ofLiteral("10.9.9.9"), 0)));
      assertThat(passive.command("{\"command\":\"stats\"}")).contains("\"role\":\"passive\"");
      assertThat(active.command("{\"command\":\"stats\"}")).contains("\"role\":\"active\"");
      assertThat(told()).doesNotExist();

      active.close();
      untilEvent(passive, "active: has taken over");
      assertThat(Files.readAllLines(told())).containsExactly("taken");
      assertThat(String.join("\n", passive.recentEvents()))
          .contains("takes over, as nothing was heard of the active one: ");
      assertThat(passive.command("{\"command\":\"stats\"}")).contains("\"role\":\"active\"");
      InetSocketAddress here = Objects.requireNonNull(passive.addresses().get("web"));
      for (int i = 0; i < 5; i++) { // the same client gets the same target here
        assertThat(Peers.readLine(peers.connect(here))).isEqualTo(first);
      }

      Balancer back = Balancer.open(group(), config(a, b).replicate(to("127.0.0.0/8", replicates)));
      untilEvent(passive, "passive again: has given back");
      assertThat(Files.readAllLines(told())).startsWith("taken", "given back");
      back.close();
    }
  }

  @Test
  void shouldTryAgainWhereTheProgramFails() throws Exception {
    Peers.Server a = peers.echo("a");
    Path allowed = directory.resolve("allowed");
    StandbyConfig rules =
        StandbyConfig.of(FreePort.nextAddress(), List.of("test", "-e", allowed.toString()))
            .silence(StandbyConfig.LEAST_SILENCE);
    try (Balancer passive = Balancer.open(group(), config(a).standby(rules))) {
      untilEvent(passive, "has not taken over, and tries again: test ended with");
      Files.createFile(allowed);
      untilEvent(passive, "active: has taken over");
    }
  }

  @Test
  void shouldTryAgainToGiveBack() throws Exception {
    Peers.Server a = peers.echo("a");
    InetSocketAddress where = FreePort.nextAddress();
    Path allowed = directory.resolve("allowed");
    Files.createFile(allowed);
    StandbyConfig rules =
        StandbyConfig.of(where, List.of("true"))
            .giveBack(List.of("test", "!", "-e", allowed.toString()))
            .silence(StandbyConfig.LEAST_SILENCE);
    try (Balancer passive = Balancer.open(group(), config(a).standby(rules))) {
      untilEvent(passive, "active: has taken over");
      try (Balancer back = Balancer.open(group(), config(a).replicate(to("127.0.0.1", where)))) {
        untilEvent(passive, "has not given back, and tries again: test ended with");
        assertThat(passive.role()).isEqualTo("active");
        Files.delete(allowed);
        untilEvent(passive, "passive again: has given back");
        assertThat(back.role()).isEqualTo("active");
      }
    }
  }

  @Test
  void shouldServeAndTellThoughItsRoleCanNotBeRead() throws Exception {
    Peers.Server a = peers.echo("a");
    InetSocketAddress where = FreePort.nextAddress();
    Files.createDirectory(directory.resolve("role"));
    try (Balancer passive = Balancer.open(group(), alone(where, a))) {
      untilEvent(passive, "its role could not be read");
      untilEvent(passive, "takes over");
    }
  }

  @Test
  void shouldGiveItsRoleToTheProcessThatGoesOn() throws Exception {
    Peers.Server a = peers.echo("a");
    InetSocketAddress where = FreePort.nextAddress();
    Balancer old = Balancer.open(group(), alone(where, a));
    untilEvent(old, "active: has taken over");
    Path role = directory.resolve("role");
    Files.delete(role); // it is told by the old one
    try (Balancer next =
        Balancer.takeOver(group(), patient(where, a), directory.resolve("control"))) {
      untilEvent(next, "active as before");
      assertThat(next.role()).isEqualTo("active");
      assertThat(role).content().startsWith("ACTIVE "); // told on, before it says that
      try (Balancer back = Balancer.open(group(), config(a).replicate(to("127.0.0.1", where)))) {
        untilEvent(next, "passive again: has given back");
        assertThat(back.role()).isEqualTo("active");
      }
      assertThat(Files.readAllLines(told())).containsExactly("taken", "given back");
      old.close();
    }
  }

  @Test
  @SuppressWarnings("try") // this one ends before the other
  void shouldRememberItsRoleWhenItIsStartedAgain() throws Exception {
    Peers.Server a = peers.echo("a");
    InetSocketAddress where = FreePort.nextAddress();
    try (Balancer passive = Balancer.open(group(), alone(where, a))) {
      untilEvent(passive, "active: has taken over");
    }
    try (Balancer again = Balancer.open(group(), patient(where, a));
        Balancer back = Balancer.open(group(), config(a).replicate(to("127.0.0.1", where)))) {
      untilEvent(again, "active as before");
      untilEvent(again, "passive again: has given back");
      assertThat(back.role()).isEqualTo("active");
      assertThat(Files.readAllLines(told())).containsExactly("taken", "given back");
      Path role = directory.resolve("role");
      assertThat(role).content().startsWith("PASSIVE ");
      again.close();
      Files.writeString(role, "ACTIVE another-boot net pid\n"); // what it had is gone with that
    }
    try (Balancer booted = Balancer.open(group(), patient(where, a))) {
      untilEvent(booted, "passive: stands by");
    }
  }

  /** As a new process does, while the old one has let go and still tells who had which target. */
  @Test
  void shouldGoOnReplicatingWhileItTakesOver() throws Exception {
    Peers.Server a = peers.echo("a");
    Path control = directory.resolve("control");
    CountDownLatch listens = new CountDownLatch(1);
    CountDownLatch isTaken = new CountDownLatch(1);
    Loop loop = group().loop(0);
    Latch mayEnd = loop.call(() -> Latch.create("may end", 1));
    TcpServer replication =
        TcpServer.serve(loop, BalancerTest.anyPort(), ServerOptions.defaults(), TcpStream::close);
    Fiber<?> ignored =
        loop.call(() ->
            Fiber.start(() -> {
              UnixListener listener = UnixListener.bind(control);
              listens.countDown();
              UnixStream stream = listener.accept();
              assertThat(stream.readLine(1000)).isEqualTo(HandOver.REQUEST);
              stream.handListeners(
                  "listeners\n\treplication".getBytes(StandardCharsets.UTF_8),
                  List.of(replication));
              stream.write("{\"end\":true}\n");
              assertThat(stream.readLine(1000)).contains("taken");
              replication.stopListening();
              listener.close();
              isTaken.countDown();
              mayEnd.await();
              stream.write("{\"end\":true}\n");
              stream.close();
            }));
    listens.await();
    BalancerConfig config = config(a).replicate(to("127.0.0.1", replication.address()));
    CompletableFuture<Balancer> next =
        CompletableFuture.supplyAsync(() -> Balancer.takeOver(group(), config, control));
    isTaken.await();
    assertThat(Peers.readLine(peers.connect(replication.address()))).isEqualTo(Replication.BEAT);
    loop.post(mayEnd::countDown);
    next.get().close();
  }

  @Test
  void shouldTellNothingToThoseWhoMayNotFollow() throws Exception {
    Peers.Server a = peers.echo("a");
    try (Balancer active =
        Balancer.open(group(), config(a).replicate(to("10.1.2.3", BalancerTest.anyPort())))) {
      InetSocketAddress where = Objects.requireNonNull(active.replicationAddress());
      for (int i = 0; i < 20; i++) { // nor do they keep others out
        assertThatThrownBy(
                () -> {
                  Socket stranger = peers.connect(where);
                  if (stranger.getInputStream().read() < 0) {
                    throw new SocketException("ended");
                  }
                })
            .isInstanceOf(SocketException.class);
      }
      assertThat(active.recentEvents().stream().filter(e -> e.contains("refuses to replicate")))
          .hasSize(1);
    }
    assertThatThrownBy(() -> ReplicationConfig.of(BalancerTest.anyPort()))
        .hasMessageContaining("name who may follow");
  }

  @Test
  void shouldSendNothingBackThatAnotherHasTold() {
    Persistence table = new Persistence();
    InetAddress one = InetAddress.ofLiteral("10.0.0.1");
    InetAddress two = InetAddress.ofLiteral("10.0.0.2");
    table.put(one, "a", 100, 10, true);
    table.put(two, "b", 100, 10);
    assertThat(table.changedSince(0, 0)).extracting(Persistence.Entry::client).contains(one, two);
    long then = table.touches();
    table.put(one, "c", 100, 10, true);
    assertThat(table.changedSince(then, 0)).isEmpty();
    table.put(one, "c", 100, 10);
    assertThat(table.changedSince(then, 0)).containsExactly(new Persistence.Entry(one, "c", 100));
    assertThat(table.find(two, 0)).isEqualTo("b"); // looks alone are no change
    assertThat(table.changedSince(then, 0)).extracting(Persistence.Entry::client).contains(one);
  }

  @Test
  void shouldRefuseRulesThatMakeNoSense() {
    InetSocketAddress active = BalancerTest.anyPort();
    assertThatThrownBy(() -> StandbyConfig.of(active, List.of())).hasMessageContaining("takeOver");
    assertThatThrownBy(() -> StandbyConfig.of(active, List.of("x")).silence(Duration.ofMillis(1)))
        .hasMessageContaining("at least");
  }
}
