package gyre.net;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import gyre.Loop;
import gyre.LoopOptions;
import gyre.Loops;
import java.io.BufferedReader;
import java.io.IOException;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.Parameter;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.provider.ValueSource;

/** A server in a process of its own really runs out of descriptors. */
@Tag("fiber-modes-2")
@ParameterizedClass
@ValueSource(strings = {"io_uring", "epoll", "nio"})
@Timeout(value = 60, unit = TimeUnit.SECONDS, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class DescriptorShortageTest {
  private static final int DESCRIPTORS = 100;

  @Parameter String engine = "";

  /** Echoes, and prints its port and what it reports. */
  static final class Server {
    private Server() {}

    public static void main(String[] arguments) throws Exception {
      loadAll(Path.of(Loop.class.getProtectionDomain().getCodeSource().getLocation().toURI()));
      LoopOptions options =
          Loops.options(arguments[0])
              .failures((source, e) -> System.out.println("reported " + e.getMessage()));
      try (Loop loop = Loop.open(options)) {
        loop.run(() -> {
          TcpListener listener = TcpListener.bind("127.0.0.1", 0);
          listener.onConnection(stream -> stream.onData(stream::write));
          System.out.println("port " + listener.port());
        });
      }
    }
  }

  /** A jar stays open, but each class of a directory is a file, which takes a descriptor. */
  private static void loadAll(Path classes) throws IOException, ClassNotFoundException {
    if (!Files.isDirectory(classes)) {
      return;
    }
    List<Path> files;
    try (Stream<Path> all = Files.walk(classes.resolve("gyre"))) {
      files = all.filter(file -> file.toString().endsWith(".class")).toList();
    }
    for (Path file : files) {
      if (file.endsWith("package-info.class")) {
        continue;
      }
      String name = classes.relativize(file).toString().replace(".class", "").replace('/', '.');
      Class.forName(name, false, Server.class.getClassLoader());
    }
  }

  @Test
  void shouldServeOthersWhileItHasNoDescriptorsAndRecoverByItself() throws Exception {
    assumeTrue(Files.isExecutable(Path.of("/bin/sh")));
    Process server = start();
    List<Socket> clients = new ArrayList<>();
    try (BufferedReader lines = server.inputReader(StandardCharsets.UTF_8)) {
      int port = Integer.parseInt(awaitLine(lines, "port "));
      Socket first = connect(port, clients);
      assertThat(exchange(first, 1)).isEqualTo(1);
      for (int i = 0; i < DESCRIPTORS; i++) {
        connect(port, clients); // the kernel completes it, accepted or not
      }
      assertThat(awaitLine(lines, "reported ")).contains("EMFILE").contains("ulimit -n");
      assertThat(exchange(first, 2)).isEqualTo(2);
      for (Socket client : clients.subList(1, clients.size())) {
        client.close();
      }
      try (Socket late = new Socket(InetAddress.getLoopbackAddress(), port)) {
        assertThat(exchange(late, 3)).isEqualTo(3);
      }
      assertThat(exchange(first, 4)).isEqualTo(4);
    } finally {
      for (Socket client : clients) {
        client.close();
      }
      server.destroyForcibly().waitFor();
    }
  }

  private Process start() throws IOException {
    List<String> command = new ArrayList<>();
    command.addAll(List.of("/bin/sh", "-c", "ulimit -n " + DESCRIPTORS + "; exec \"$@\"", "sh"));
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    // Or else it raises the limit by itself.
    command.addAll(List.of("-ea", "-XX:-MaxFDLimit", "--enable-native-access=ALL-UNNAMED"));
    command.addAll(List.of("-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC"));
    String fibers = System.getProperty("gyre.test.fibers", "native");
    if (fibers.equals("native")) {
      command.add("--add-opens=java.base/java.lang=ALL-UNNAMED");
    }
    command.add("-Dgyre.test.fibers=" + fibers);
    command.addAll(List.of("-cp", classPath(), Server.class.getName(), engine));
    return new ProcessBuilder(command).redirectError(ProcessBuilder.Redirect.INHERIT).start();
  }

  /** The real one, also where the class path of this process is only a manifest. */
  private static String classPath() {
    return System.getProperty("surefire.test.class.path", System.getProperty("java.class.path"));
  }

  private static String awaitLine(BufferedReader lines, String start) throws IOException {
    List<String> seen = new ArrayList<>();
    for (String line = lines.readLine(); line != null; line = lines.readLine()) {
      if (line.startsWith(start)) {
        return line.substring(start.length());
      }
      seen.add(line);
    }
    throw new AssertionError("no line starts with " + start + ": " + seen);
  }

  private static Socket connect(int port, List<Socket> clients) throws IOException {
    Socket client = new Socket(InetAddress.getLoopbackAddress(), port);
    clients.add(client);
    return client;
  }

  private static int exchange(Socket client, int value) throws IOException {
    client.getOutputStream().write(value);
    return client.getInputStream().read();
  }
}
