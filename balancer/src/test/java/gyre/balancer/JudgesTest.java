package gyre.balancer;

import static org.assertj.core.api.Assertions.assertThat;

import gyre.FreePort;
import gyre.LoopGroup;
import gyre.balancer.HealthConfig.Check;
import gyre.balancer.PoolConfig.SendProxy;
import gyre.proxy.ProxyTrust;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.TimeUnit;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * HAProxy and nginx as targets, in front, and as peers of the PROXY protocol. Where they are
 * missing this is skipped, unless {@code GYRE_JUDGES=required}.
 */
@Timeout(120)
final class JudgesTest {
  @TempDir private Path directory;

  private final Peers peers = new Peers();
  private final LoopGroup group = LoopGroup.open(2);
  private final List<Process> processes = new ArrayList<>();

  @AfterEach
  void close() throws Exception {
    peers.close();
    group.close();
    for (Process each : processes) {
      each.destroy();
      if (!each.waitFor(5, TimeUnit.SECONDS)) {
        each.destroyForcibly();
      }
    }
  }

  // ---- the judges

  private static String program(String name) {
    for (String each : List.of("/usr/sbin/", "/usr/bin/", "/usr/local/sbin/", "/usr/local/bin/")) {
      if (Files.isExecutable(Path.of(each + name))) {
        return each + name;
      }
    }
    if ("required".equals(System.getenv("GYRE_JUDGES"))) {
      throw new AssertionError(name + " is required and not installed");
    }
    Assumptions.abort(name + " is not installed");
    throw new AssertionError();
  }

  private void start(InetSocketAddress where, String... command) throws IOException {
    Process process =
        new ProcessBuilder(command)
            .redirectErrorStream(true)
            .redirectOutput(directory.resolve("judge.log").toFile())
            .start();
    processes.add(process);
    Peers.until(
        command[0] + " listens",
        () -> {
          if (!process.isAlive()) {
            throw new AssertionError(log());
          }
          return !Peers.isRefused(where);
        });
  }

  private String log() {
    try {
      return Files.readString(directory.resolve("judge.log"));
    } catch (IOException e) {
      return e.toString();
    }
  }

  private void haproxy(InetSocketAddress where, String frontend) throws IOException {
    Path file = directory.resolve("haproxy.cfg");
    Files.writeString(
        file,
        """
        defaults
          timeout connect 10s
          timeout client 30s
          timeout server 30s
        %s
        """
            .formatted(frontend));
    start(where, program("haproxy"), "-db", "-f", file.toString());
  }

  /** Answers with the address of the client that it was told of. */
  private InetSocketAddress haproxyBehindProxy() throws IOException {
    InetSocketAddress where = FreePort.nextAddress();
    haproxy(
        where,
        """
        frontend web
          mode http
          bind 127.0.0.1:%d accept-proxy
          http-request return status 200 content-type text/plain lf-string "%%[src]:%%[src_port]"
        """
            .formatted(where.getPort()));
    return where;
  }

  private InetSocketAddress nginx(String listenOptions, String answer) throws IOException {
    InetSocketAddress where = FreePort.nextAddress();
    Path file = directory.resolve("nginx.conf");
    Files.writeString(
        file,
        """
        daemon off;
        master_process off;
        error_log %1$s/nginx-error.log;
        pid %1$s/nginx.pid;
        events {}
        http {
          access_log off;
          client_body_temp_path %1$s/body;
          proxy_temp_path %1$s/proxy;
          fastcgi_temp_path %1$s/fastcgi;
          uwsgi_temp_path %1$s/uwsgi;
          scgi_temp_path %1$s/scgi;
          server {
            listen 127.0.0.1:%2$d %3$s;
            location / { return 200 "%4$s"; }
          }
        }
        """
            .formatted(directory, where.getPort(), listenOptions, answer));
    start(where, program("nginx"), "-c", file.toString(), "-e", directory + "/nginx-error.log");
    return where;
  }

  // ---- the balancer

  private Balancer open(
      UnaryOperator<ListenConfig> listen,
      UnaryOperator<PoolConfig> pool,
      InetSocketAddress... targets) {
    List<TargetConfig> all = new ArrayList<>();
    for (InetSocketAddress each : targets) {
      all.add(TargetConfig.of(each));
    }
    return Balancer.open(
        group,
        BalancerConfig.of(
                List.of(listen.apply(ListenConfig.of("web", BalancerTest.anyPort(), "web"))),
                List.of(pool.apply(PoolConfig.of("web", all))))
            .stopTimeout(Duration.ofMillis(50)));
  }

  private Socket connect(Balancer balancer) throws IOException {
    return peers.connect(Objects.requireNonNull(balancer.addresses().get("web")));
  }

  /** All that comes back. */
  private static String get(Socket socket) throws IOException {
    Peers.write(socket, "GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
    return new String(socket.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
  }

  // ---- judged

  @ParameterizedTest
  @EnumSource(
      value = SendProxy.class,
      names = {"V1", "V2"})
  void shouldTellHaproxyOfTheClient(SendProxy version) throws IOException {
    InetSocketAddress haproxy = haproxyBehindProxy();
    try (Balancer balancer = open(l -> l, p -> p.sendProxy(version), haproxy)) {
      Socket socket = connect(balancer);
      int port = socket.getLocalPort();
      assertThat(get(socket)).startsWith("HTTP/1.1 200").endsWith("127.0.0.1:" + port);
    }
  }

  @ParameterizedTest
  @EnumSource(
      value = SendProxy.class,
      names = {"V1", "V2"})
  void shouldTellNginxOfTheClient(SendProxy version) throws IOException {
    InetSocketAddress nginx = nginx("proxy_protocol", "$proxy_protocol_addr:$proxy_protocol_port");
    try (Balancer balancer = open(l -> l, p -> p.sendProxy(version), nginx)) {
      Socket socket = connect(balancer);
      int port = socket.getLocalPort();
      assertThat(get(socket)).startsWith("HTTP/1.1 200").endsWith("127.0.0.1:" + port);
    }
  }

  @ParameterizedTest
  @EnumSource(
      value = SendProxy.class,
      names = {"V1", "V2"})
  void shouldBeToldOfTheClientByHaproxy(SendProxy version) throws IOException {
    Peers.Server server =
        peers.server(socket -> Peers.write(socket, Peers.readLine(socket) + "\n"));
    try (Balancer balancer =
        open(
            l -> l.acceptProxy(ProxyTrust.of("127.0.0.1")),
            p -> p.sendProxy(SendProxy.V1),
            server.address())) {
      InetSocketAddress where = FreePort.nextAddress();
      haproxy(
          where,
          """
          listen front
            mode tcp
            bind 127.0.0.1:%d
            server balancer 127.0.0.1:%d %s
          """
              .formatted(
                  where.getPort(),
                  Objects.requireNonNull(balancer.addresses().get("web")).getPort(),
                  version == SendProxy.V1
                      ? "send-proxy"
                      : "send-proxy-v2 proxy-v2-options unique-id,crc32c"));
      Socket socket = peers.connect(where);
      assertThat(Peers.readLine(socket))
          .isEqualTo(
              "PROXY TCP4 127.0.0.1 127.0.0.1 "
                  + socket.getLocalPort()
                  + " "
                  + where.getPort()
                  + "\r");
    }
  }

  @Test
  void shouldCheckAndBalanceNginxAndHaproxy() throws Exception {
    InetSocketAddress nginx = nginx("", "nginx");
    InetSocketAddress haproxy = FreePort.nextAddress();
    haproxy(
        haproxy,
        """
        frontend web
          mode http
          bind 127.0.0.1:%d
          http-request return status 200 content-type text/plain string haproxy
        """
            .formatted(haproxy.getPort()));
    HealthConfig health =
        HealthConfig.of(new Check.Http("GET", "/", "example.org", List.of(200), null))
            .interval(Duration.ofMillis(50));
    try (Balancer balancer =
        open(
            l -> l,
            p -> p.algorithm(gyre.balancer.choice.Algorithm.ROUND_ROBIN).health(health),
            nginx,
            haproxy)) {
      Peers.until(
          "both are up",
          () ->
              balancer.recentEvents().stream().filter(each -> each.contains(": up")).count() == 2);
      List<String> answers = new ArrayList<>();
      for (int i = 0; i < 4; i++) {
        String answer = get(connect(balancer));
        answers.add(answer.substring(answer.lastIndexOf('\n') + 1));
      }
      assertThat(answers).containsExactlyInAnyOrder("nginx", "nginx", "haproxy", "haproxy");
    }
  }
}
