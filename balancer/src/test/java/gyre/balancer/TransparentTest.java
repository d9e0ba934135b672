package gyre.balancer;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import gyre.Loop;
import gyre.LoopGroup;
import gyre.LoopOptions;
import gyre.proxy.ProxyTrust;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Targets that see the client's address, in a network namespace of their own. */
@Timeout(60)
final class TransparentTest {
  /** Of documentation (RFC 5737): no machine's, and so not that of the namespace either. */
  private static final String CLIENT = "192.0.2.7";

  private static PoolConfig pool(int port) {
    InetSocketAddress target = Addresses.parse("127.0.0.1:" + port, null);
    return PoolConfig.of("web", List.of(TargetConfig.of(target))).retries(0).transparent(true);
  }

  private static BalancerConfig config(PoolConfig pool) {
    ListenConfig listen =
        ListenConfig.of("web", BalancerTest.anyPort(), "web")
            .acceptProxy(ProxyTrust.of("127.0.0.1"));
    return BalancerConfig.of(List.of(listen), List.of(pool)).stopTimeout(Duration.ZERO);
  }

  private static Socket connect(Balancer balancer) throws Exception {
    InetSocketAddress where = Objects.requireNonNull(balancer.addresses().get("web"));
    Socket client = new Socket(where.getAddress(), where.getPort());
    client.setSoTimeout(Peers.PATIENCE_MILLIS);
    Peers.write(client, "PROXY TCP4 " + CLIENT + " 127.0.0.1 4711 80\r\nhello\n");
    return client;
  }

  /** Says whom the target sees, and what it has got. */
  static final class Program {
    private Program() {}

    public static void main(String[] engines) throws Exception {
      for (String engine : engines) {
        try (ServerSocket target = new ServerSocket(0, 10, BalancerTest.anyPort().getAddress());
            LoopGroup group = LoopGroup.open(1, LoopOptions.defaults().engine(engine));
            Balancer balancer = Balancer.open(group, config(pool(target.getLocalPort())));
            Socket client = connect(balancer)) {
          target.setSoTimeout(Peers.PATIENCE_MILLIS);
          try (Socket seen = target.accept()) {
            seen.setSoTimeout(Peers.PATIENCE_MILLIS);
            String line = Peers.readLine(seen);
            Peers.write(seen, "answer\n");
            System.out.println(
                seen.getInetAddress().getHostAddress() + " " + line + " " + Peers.readLine(client));
          }
        }
      }
    }
  }

  /** What is sent to the client's address stays here, though the address is not the machine's. */
  private static final String ROUTES =
      "ip link set lo up && ip rule add to %s lookup 100 && ip route add local %s dev lo table 100"
          .formatted(CLIENT, CLIENT);

  private static ProcessBuilder isolated(String script, String... arguments) {
    List<String> command = new ArrayList<>(List.of("unshare", "-Urn", "sh", "-c", script, "sh"));
    command.addAll(List.of(arguments));
    return new ProcessBuilder(command).redirectError(ProcessBuilder.Redirect.DISCARD);
  }

  private static boolean canIsolate() throws Exception {
    try {
      Process probe = isolated(ROUTES).start();
      String ignored = new String(probe.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
      return probe.waitFor() == 0;
    } catch (IOException e) {
      return false;
    }
  }

  /** A container may be refused it, and has epoll at least. */
  private static boolean hasUring() {
    try (Loop loop = Loop.open(LoopOptions.defaults().engine("io_uring"))) {
      return loop.engineName().equals("io_uring");
    } catch (RuntimeException e) {
      return false;
    }
  }

  @Test
  void shouldConnectFromTheAddressOfTheClient() throws Exception {
    assumeTrue(canIsolate(), "SKIPPED: no network namespaces for unprivileged users, or no ip");
    Process process =
        isolated(
                ROUTES + " && exec \"$@\"",
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-XX:TieredStopAtLevel=1",
                "-XX:+UseSerialGC",
                "--enable-native-access=ALL-UNNAMED",
                "--add-opens=java.base/java.lang=ALL-UNNAMED",
                "-cp",
                System.getProperty(
                    "surefire.test.class.path", System.getProperty("java.class.path")),
                Program.class.getName(),
                "epoll",
                hasUring() ? "io_uring" : "epoll")
            .start();
    try {
      String said = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
      assertThat(process.waitFor(30, TimeUnit.SECONDS)).isTrue();
      assertThat(said).isEqualTo((CLIENT + " hello answer\n").repeat(2));
    } finally {
      process.destroyForcibly().waitFor();
    }
  }

  @Test
  void shouldBlameNoTargetWhereItMayNot() throws Exception {
    try (ServerSocket target = new ServerSocket(0, 10, BalancerTest.anyPort().getAddress());
        LoopGroup group = LoopGroup.open(1, LoopOptions.defaults().engine("nio"));
        Balancer balancer =
            Balancer.open(
                group,
                config(
                    pool(target.getLocalPort()).outlier(OutlierConfig.defaults().failures(1))))) {
      for (int i = 0; i < 3; i++) {
        try (Socket client = connect(balancer)) {
          assertThat(client.isConnected()).isTrue();
          int sheds = i + 1;
          Peers.until(sheds + " were shed", () -> balancer.counters().shed.sum() == sheds);
        }
      }
      assertThat(String.join("\n", balancer.recentEvents()))
          .containsOnlyOnce("give this process CAP_NET_ADMIN")
          .doesNotContain("left out");
    }
  }
}
