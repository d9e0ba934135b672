package gyre.balancer;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import gyre.Loop;
import gyre.LoopGroup;
import gyre.balancer.HealthConfig.Check;
import gyre.http.client.HttpUrl;
import gyre.insight.web.WebConsole;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.PrintStream;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** A balancer in a process that may open few files. */
@Tag("fiber-modes-1")
@Timeout(120)
final class ShortageTest {
  private static final int DESCRIPTORS = 300;

  private final Peers peers = new Peers();

  @AfterEach
  void close() throws Exception {
    peers.close();
  }

  /** Balances over the ports that it is given, and answers commands that come as lines. */
  static final class Program {
    private Program() {}

    public static void main(String[] ports) throws Exception {
      loadAll(Loop.class, HttpUrl.class, WebConsole.class, Balancer.class);
      List<TargetConfig> targets = new ArrayList<>();
      for (String each : ports) {
        targets.add(TargetConfig.of(Addresses.parse("127.0.0.1:" + each, null)));
      }
      HealthConfig health =
          HealthConfig.of(new Check.Tcp())
              .interval(Duration.ofMillis(10))
              .fastInterval(Duration.ofMillis(5))
              .fall(2);
      BalancerConfig config =
          BalancerConfig.of(
                  List.of(ListenConfig.of("web", BalancerTest.anyPort(), "web")),
                  List.of(PoolConfig.of("web", targets).health(health)))
              .stopTimeout(Duration.ZERO);
      try (LoopGroup group = LoopGroup.open(1);
          Balancer balancer = Balancer.open(group, config)) {
        InetSocketAddress where = Objects.requireNonNull(balancer.addresses().get("web"));
        System.out.println("port " + where.getPort());
        BufferedReader in =
            new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
        for (String line = in.readLine(); line != null; line = in.readLine()) {
          System.out.println("answer " + balancer.command("{\"command\":\"" + line + "\"}"));
        }
      }
    }
  }

  /** A jar stays open, but each class of a directory is a file, which takes a descriptor. */
  private static void loadAll(Class<?>... ofEach) throws Exception {
    for (Class<?> one : ofEach) {
      Path classes = Path.of(one.getProtectionDomain().getCodeSource().getLocation().toURI());
      if (!Files.isDirectory(classes)) {
        continue;
      }
      List<Path> files;
      try (Stream<Path> all = Files.walk(classes.resolve("gyre"))) {
        files = all.filter(file -> file.toString().endsWith(".class")).toList();
      }
      for (Path file : files) {
        if (!file.endsWith("package-info.class")) {
          String name = classes.relativize(file).toString().replace(".class", "");
          Class.forName(name.replace('/', '.'), false, Program.class.getClassLoader());
        }
      }
    }
  }

  private static Process start(int... ports) throws IOException {
    List<String> command = new ArrayList<>();
    command.addAll(List.of("/bin/sh", "-c", "ulimit -n " + DESCRIPTORS + "; exec \"$@\"", "sh"));
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.addAll(List.of("-ea", "-XX:-MaxFDLimit", "-XX:TieredStopAtLevel=1"));
    command.addAll(List.of("-Xmx256m", "--enable-native-access=ALL-UNNAMED"));
    command.add("--add-opens=java.base/java.lang=ALL-UNNAMED");
    command.add("-Dgyre.test.fibers=" + System.getProperty("gyre.test.fibers", "native"));
    String classPath =
        System.getProperty("surefire.test.class.path", System.getProperty("java.class.path"));
    command.addAll(List.of("-cp", classPath, Program.class.getName()));
    for (int port : ports) {
      command.add(String.valueOf(port));
    }
    return new ProcessBuilder(command).redirectError(ProcessBuilder.Redirect.DISCARD).start();
  }

  private static String line(BufferedReader out, String start) throws IOException {
    for (String line = out.readLine(); line != null; line = out.readLine()) {
      if (line.startsWith(start)) {
        return line.substring(start.length());
      }
    }
    throw new AssertionError("the process has ended, and no line starts with " + start);
  }

  @Test
  void shouldShedWhileThereAreNoDescriptorsAndBlameNoTarget() throws Exception {
    assumeTrue(Files.isExecutable(Path.of("/bin/sh")));
    Peers.Server a = peers.echo("a");
    Peers.Server b = peers.echo("b");
    Process process = start(a.address().getPort(), b.address().getPort());
    try (BufferedReader out = process.inputReader(StandardCharsets.UTF_8);
        PrintStream in = new PrintStream(process.getOutputStream(), true, StandardCharsets.UTF_8)) {
      InetSocketAddress where = Addresses.parse("127.0.0.1:" + line(out, "port "), null);
      Socket first = peers.connect(where);
      assertThat(Peers.readLine(first)).isIn("a", "b");
      List<Socket> clients = new ArrayList<>();
      String stats = "";
      String events = "";
      boolean isSeen = false;
      for (int i = 0; i < 10 * DESCRIPTORS && !isSeen; i++) {
        tryConnect(where, clients);
        if (clients.size() > DESCRIPTORS / 2 + 20) {
          clients.removeFirst().close(); // makes room for another one
        }
        if (i % 20 == 0) {
          in.println("stats");
          stats = line(out, "answer ");
          in.println("events");
          events = line(out, "answer ");
          isSeen = !stats.contains("\"shed\":0,") && events.contains("no check can be made");
        }
      }
      assertThat(isSeen).as(stats + events).isTrue();
      assertThat(events).contains("EMFILE").doesNotContain("down, as").doesNotContain("left out");
      Peers.write(first, "still here\n");
      assertThat(Peers.readLine(first)).isEqualTo("still here");
      for (Socket each : clients) {
        each.close();
      }
      Peers.until("it serves again", () -> isServed(where));
      in.println("list");
      assertThat(line(out, "answer ")).doesNotContain("\"health\":\"down\"");
    } finally {
      process.destroyForcibly().waitFor();
    }
  }

  /** The kernel completes it, accepted or not; it may be shed at once. */
  private void tryConnect(InetSocketAddress where, List<Socket> clients) {
    try {
      clients.add(peers.connect(where));
    } catch (IOException e) {
      assertThat(e).hasMessageContaining("reset");
    }
  }

  private static boolean isServed(InetSocketAddress where) {
    try (Socket socket = new Socket()) {
      socket.connect(where, Peers.PATIENCE_MILLIS);
      socket.setSoTimeout(1000);
      return !Peers.readLine(socket).isEmpty();
    } catch (IOException e) {
      return false;
    }
  }
}
