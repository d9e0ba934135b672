package gyre.balancer;

import static org.assertj.core.api.Assertions.assertThat;

import gyre.FreePort;
import gyre.Loop;
import gyre.LoopGroup;
import gyre.balancer.HealthConfig.Check;
import gyre.tls.SelfSigned;
import gyre.tls.TlsIdentity;
import gyre.tls.TlsServer;
import gyre.tls.TlsServerOptions;
import java.io.IOException;
import java.net.Socket;
import java.time.Duration;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What makes targets healthy and unhealthy, and what follows. */
@Timeout(60)
final class HealthTest {
  private final Peers peers = new Peers();

  @AfterEach
  void close() throws Exception {
    peers.close();
  }

  private static HealthConfig quick(Check check) {
    return HealthConfig.of(check)
        .interval(Duration.ofMillis(20))
        .fastInterval(Duration.ofMillis(5))
        .timeout(Duration.ofSeconds(30)); // the first TLS of a JVM takes its time
  }

  private static String failure(TargetConfig target, Check check) {
    try (Loop loop = Loop.open()) {
      String failure =
          loop.run(() -> {
            try {
              return String.valueOf(Checker.check(target, quick(check)));
            } catch (gyre.io.IoException e) {
              return String.valueOf(e.getMessage());
            }
          });
      return Objects.requireNonNull(failure);
    }
  }

  @Test
  void shouldCheckByConnecting() throws IOException {
    Peers.Server server = peers.echo("a", FreePort.next());
    assertThat(failure(server.target(), new Check.Tcp())).isEqualTo("null");
    server.close();
    assertThat(failure(server.target(), new Check.Tcp())).contains("ECONNREFUSED");
  }

  @ParameterizedTest
  @CsvSource({
    "PING, +PONG, null",
    "PING, +OK, 'the answer \"+PO\" does not begin with \"+OK\"'",
    "WRONG, +PONG, 'the answer \"-ERR \" does not begin with \"+PONG\"'"
  })
  void shouldCheckByTalking(String send, String expect, String expected) throws IOException {
    Peers.Server server =
        peers.server(socket -> {
          boolean isRight = Peers.readLine(socket).equals("PING");
          Peers.write(socket, isRight ? "+PONG\n" : "-ERR what?\n");
        });
    assertThat(failure(server.target(), new Check.SendExpect(send + "\n", expect)))
        .isEqualTo(expected);
  }

  @ParameterizedTest
  @CsvSource({"200, null", "302, null", "404, status 404", "503, status 503"})
  void shouldCheckByHttp(int status, String expected) throws IOException {
    Peers.Server server = http(status);
    Check check = new Check.Http("GET", "/health", "example.org", List.of(), null);
    assertThat(failure(server.target(), check)).isEqualTo(expected);
  }

  @Test
  void shouldTakeTheStatusesThatTheRulesName() throws IOException {
    Check check = new Check.Http("HEAD", "/", "", List.of(401), null);
    assertThat(failure(http(401).target(), check)).isEqualTo("null");
    assertThat(failure(http(200).target(), check)).isEqualTo("status 200");
  }

  private Peers.Server http(int status) throws IOException {
    return peers.server(socket -> {
      while (!Peers.readLine(socket).equals("\r")) {
        // The head.
      }
      Peers.write(socket, "HTTP/1.1 " + status + " x\r\nContent-Length: 0\r\n\r\n");
    });
  }

  @Test
  void shouldCheckByAHelloOfTls() throws Exception {
    TlsIdentity identity = SelfSigned.server("example.org");
    try (LoopGroup group = LoopGroup.open(1);
        gyre.net.TcpServer server =
            gyre.net.TcpServer.serve(
                group,
                BalancerTest.anyPort(),
                gyre.net.ServerOptions.defaults(),
                TlsServer.of(TlsServerOptions.of(identity)).serving(stream -> stream.await(1)))) {
      TargetConfig target = TargetConfig.of(server.address());
      assertThat(failure(target, new Check.Tls("example.org"))).isEqualTo("null");
      assertThat(failure(target, new Check.Tls(""))).isEqualTo("null");
    }
    Peers.Server plain = peers.server(socket -> Peers.write(socket, "220 ready\n"));
    assertThat(failure(plain.target(), new Check.Tls("")))
        .isEqualTo("the answer is no ServerHello but begins with record type 50");
  }

  @Test
  void shouldCheckByAProgram() throws IOException {
    Peers.Server server = peers.echo("a");
    TargetConfig target = server.target().name("first");
    String script =
        "test \"$TARGET_NAME $TARGET_PORT\" = \"first " + server.address().getPort() + '"';
    assertThat(failure(target, new Check.Command(List.of("sh", "-c", script)))).isEqualTo("null");
    assertThat(failure(target, new Check.Command(List.of("sh", "-c", "exit 3"))))
        .startsWith("sh ended with ")
        .contains("3");
  }

  @Test
  void shouldGiveNothingToATargetThatIsDownAndTellWhyItChanges() throws Exception {
    AtomicBoolean isWell = new AtomicBoolean(true);
    Peers.Server sick =
        peers.server(socket -> Peers.write(socket, isWell.get() ? "fine\n" : "ill\n"));
    Peers.Server well = peers.server(socket -> Peers.write(socket, "fine\n"));
    PoolConfig pool =
        PoolConfig.of("web", List.of(sick.target().name("sick"), well.target().name("well")))
            .health(quick(new Check.SendExpect("", "fine")).rise(2).fall(2));
    try (LoopGroup group = LoopGroup.open(1);
        Balancer balancer =
            Balancer.open(
                group,
                BalancerConfig.of(
                        List.of(ListenConfig.of("web", BalancerTest.anyPort(), "web")),
                        List.of(pool))
                    .stopTimeout(Duration.ZERO))) {
      Peers.until("both are up", () -> count(balancer, ": up, as the first check succeeded") == 2);
      isWell.set(false);
      Peers.until("one is down", () -> count(balancer, "web/sick: down") == 1);
      assertThat(String.join("\n", balancer.recentEvents()))
          .contains("web/sick: down, as 2 checks in a row failed: the answer \"ill")
          .contains("does not begin with \"fine\"");
      for (int i = 0; i < 20; i++) {
        Socket socket = peers.connect(Objects.requireNonNull(balancer.addresses().get("web")));
        assertThat(Peers.readLine(socket)).isEqualTo("fine");
      }
      isWell.set(true);
      Peers.until(
          "it is up again",
          () -> count(balancer, "web/sick: up, as 2 checks in a row succeeded") == 1);
    }
  }

  @Test
  void shouldGiveNothingToATargetWhoseFirstCheckFails() throws Exception {
    Peers.Server gone = Peers.gone();
    Peers.Server well = peers.server(socket -> Peers.write(socket, "fine\n"));
    PoolConfig pool =
        PoolConfig.of("web", List.of(gone.target().name("gone"), well.target().name("well")))
            .health(quick(new Check.Tcp()));
    try (LoopGroup group = LoopGroup.open(1);
        Balancer balancer =
            Balancer.open(
                group,
                BalancerConfig.of(
                        List.of(ListenConfig.of("web", BalancerTest.anyPort(), "web")),
                        List.of(pool))
                    .stopTimeout(Duration.ZERO))) {
      Peers.until(
          "it is down", () -> count(balancer, "web/gone: down, as the first check failed: ") == 1);
    }
  }

  private static long count(Balancer balancer, String text) {
    return balancer.recentEvents().stream().filter(each -> each.contains(text)).count();
  }
}
