package gyre.balancer;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import gyre.LoopGroup;
import java.io.IOException;
import java.net.Socket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What operators do while connections go on, by the socket. */
@Timeout(60)
final class ControlTest {
  @TempDir private Path directory;

  private final Peers peers = new Peers();
  private final LoopGroup group = LoopGroup.open(2);
  private Path socket;
  private Peers.Server a;
  private Peers.Server b;
  private Balancer balancer;

  @BeforeEach
  void open() throws IOException {
    socket = directory.resolve("balance.sock");
    a = peers.echo("a");
    b = peers.echo("b");
    PoolConfig pool = PoolConfig.of("web", List.of(a.target().name("a"), b.target().name("b")));
    balancer =
        Balancer.open(
            group,
            BalancerConfig.of(
                    List.of(ListenConfig.of("web", BalancerTest.anyPort(), "web")), List.of(pool))
                .stopTimeout(Duration.ofMillis(50))
                .control(socket));
  }

  @AfterEach
  void close() throws Exception {
    balancer.close();
    peers.close();
    group.close();
    assertThat(socket).doesNotExist();
  }

  /**
   * @param words of key and value in turn, after the command
   */
  private String ask(String command, String... words) throws IOException {
    Map<String, String> request = new LinkedHashMap<>();
    request.put("command", command);
    for (int i = 0; i < words.length; i += 2) {
      request.put(words[i], words[i + 1]);
    }
    return ControlClient.ask(socket, request);
  }

  private Socket connect() throws IOException {
    return peers.connect(Objects.requireNonNull(balancer.addresses().get("web")));
  }

  private void assertAllGoTo(String target) throws IOException {
    for (int i = 0; i < 8; i++) {
      try (Socket each = connect()) {
        assertThat(Peers.readLine(each)).isEqualTo(target);
      }
    }
  }

  @Test
  void shouldBeForItsOwnerAlone() throws IOException {
    assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(socket)))
        .isEqualTo("rw-------");
  }

  @Test
  void shouldDrainAndGetReadyAgainWhileConnectionsGoOn() throws IOException {
    assertThat(ask("drain", "target", "web/a")).isEqualTo("{\"ok\":true}");
    assertAllGoTo("b");
    Socket old = connect();
    assertThat(Peers.readLine(old)).isEqualTo("b");
    assertThat(ask("maintenance", "target", "web/b", "reason", "new disks")).contains("true");
    assertThat(ask("ready", "target", "web/a")).contains("true");
    assertAllGoTo("a");
    Peers.write(old, "still\n");
    assertThat(Peers.readLine(old)).isEqualTo("still");
    assertThat(ask("events")).contains("\"text\":\"maintenance, as new disks\"");
    assertThat(ask("list"))
        .contains("\"name\":\"b\",")
        .contains("\"state\":\"maintenance\"")
        .contains("\"algorithm\":\"two-choices\"");
  }

  /** A line of a log must not be of somebody else's making. */
  @Test
  void shouldKeepNamesAndReasonsInTheirLine() throws IOException {
    assertThat(ask("add", "pool", "web", "address", "127.0.0.1:1", "name", "x\nend=done"))
        .contains("\"ok\":false")
        .contains("must have no spaces or control characters");
    assertThat(ask("drain", "target", "web/a", "reason", "disks\nall is well" + "x".repeat(5000)))
        .contains("true");
    String event = balancer.recentEvents().getLast();
    assertThat(event).startsWith("web/a: drain, as disks?all is well").hasSizeLessThan(1100);
  }

  @Test
  void shouldChangeWeightsAndAddAndRemoveTargets() throws IOException {
    Peers.Server c = peers.echo("c");
    String address = Addresses.format(c.address());
    assertThat(ask("add", "pool", "web", "address", address, "name", "c", "weight", "5"))
        .isEqualTo("{\"ok\":true,\"target\":\"web/c\"}");
    assertThat(ask("weight", "target", "web/a", "weight", "0")).contains("true");
    assertThat(ask("remove", "target", "web/b")).contains("true");
    assertAllGoTo("c");
    assertThat(ask("list")).contains("\"weight\":5").doesNotContain("\"name\":\"b\"");
  }

  @Test
  void shouldCount() throws IOException {
    assertAllGoToSomebody();
    Peers.until("all have ended", () -> balancer.sessions() == 0);
    assertThat(ask("stats"))
        .contains("\"ok\":true")
        .contains("\"accepted\":3,")
        .contains("\"done\":3,")
        .contains("\"sessions\":0,")
        .contains("\"protocol\":\"tcp\"");
  }

  private void assertAllGoToSomebody() throws IOException {
    for (int i = 0; i < 3; i++) {
      try (Socket each = connect()) {
        assertThat(Peers.readLine(each)).isIn("a", "b");
      }
    }
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "{}                                          | \"command\" is missing",
        "{\"command\":\"fly\"}                       | \"fly\" is none of: list, stats, events, drain",
        "{\"command\":\"drain\"}                     | \"target\" is missing",
        "{\"command\":\"drain\",\"target\":\"a\"}    | \"a\" is not POOL/TARGET",
        "{\"command\":\"drain\",\"target\":\"x/a\"}  | there is no pool \"x\"; there are: web",
        "{\"command\":\"drain\",\"target\":\"web/x\"}| there is no target \"web/x\"; there are: web/a, web/b",
        "{\"command\":\"weight\",\"target\":\"web/a\",\"weight\":\"x\"} | \"weight\": x is no whole number",
        "{\"command\":\"weight\",\"target\":\"web/a\",\"weight\":-1} | weight is -1: must be from 0 to 1000",
        "{\"command\":\"add\",\"pool\":\"web\",\"address\":\"x\"} | \"x\" is not HOST:PORT",
        "{\"command\":\"reload\"}                    | there is no file to be read again",
        "hello                                       | the request is no JSON",
        "{\"command\":[]}                            | \"command\" has no plain value",
      })
  void shouldSayWhatIsWrong(String request, String error) {
    assertThat(balancer.command(request).replace("\\", ""))
        .startsWith("{\"ok\":false,\"error\":\"" + error);
  }

  @Test
  void shouldSayThatThereIsNoBalancer() {
    assertThatThrownBy(
            () -> ControlClient.ask(directory.resolve("none"), Map.of("command", "list")))
        .hasMessageContaining("is a balancer running with it?");
  }

  @Test
  void shouldDeleteNoFileThatIsNoSocket() throws Exception {
    Path file = Files.writeString(directory.resolve("balance.toml"), "precious");
    BalancerConfig wrong = balancer.config().control(file);
    assertThatThrownBy(() -> Balancer.open(group, wrong)).hasMessageContaining("EADDRINUSE");
    assertThat(file).content().isEqualTo("precious");
  }

  @Test
  void shouldRefuseANameWithoutAFile() {
    BalancerConfig open = balancer.config().control(Path.of("@gyre-balance"));
    assertThatThrownBy(() -> Balancer.open(group, open)).hasMessageContaining("open to everybody");
  }
}
