package gyre.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import picocli.CommandLine;

@Timeout(120)
class GatesCommandTest {
  private String out = "";
  private String err = "";

  private int run(String... arguments) {
    StringWriter output = new StringWriter();
    StringWriter errors = new StringWriter();
    CommandLine line = Main.commandLine();
    line.setOut(new PrintWriter(output, true));
    line.setErr(new PrintWriter(errors, true));
    int code = line.execute(arguments);
    out = output.toString();
    err = errors.toString();
    return code;
  }

  private static void echo(Socket socket) {
    try (socket) {
      long ignored = socket.getInputStream().transferTo(socket.getOutputStream());
    } catch (IOException e) {
      // The other side has ended it.
    }
  }

  private static void accept(ServerSocket listener) {
    try {
      while (true) {
        Socket socket = listener.accept();
        Thread ignored = Thread.ofVirtual().start(() -> echo(socket));
      }
    } catch (IOException e) {
      // It was closed.
    }
  }

  @Test
  void shouldHoldConnectionsAndWriteAPageAndJson(@TempDir Path folder) throws IOException {
    try (ServerSocket listener = new ServerSocket(0, 128, InetAddress.getLoopbackAddress())) {
      Thread ignored = Thread.ofPlatform().daemon().start(() -> accept(listener));
      String target = "127.0.0.1:" + listener.getLocalPort();
      Path page = folder.resolve("gates.html");
      String[] few = {"gates", target, "--only", "connections", "--hold", "30", "--seconds", "60"};
      assertThat(run(with(few, "--html", page.toString()))).as(err).isZero();
      assertThat(out).contains("30 of 30 connections were held and served", "wrote " + page);
      assertThat(Files.readString(page)).contains("<h1>Quality gates</h1>");
      assertThat(run(with(few, "--json", "-"))).isZero();
      assertThat(out.lines()).hasSize(1);
      assertThat(out).startsWith("{\"target\":\"TCP echo at " + target);
    }
  }

  private static String[] with(String[] words, String... more) {
    String[] all = java.util.Arrays.copyOf(words, words.length + more.length);
    System.arraycopy(more, 0, all, words.length, more.length);
    return all;
  }

  @Test
  void shouldSayWhatIsWrongWithArguments() throws IOException {
    assertThat(run("gates")).isEqualTo(2);
    assertThat(run("gates", "nonsense", "--only", "connections")).isEqualTo(2);
    assertThat(err).contains("a target is HOST:PORT");
    assertThat(run("gates", "127.0.0.1:1", "--only", "speed")).isEqualTo(2);
    assertThat(err).contains("'speed' is no gate");
    assertThat(run("gates", "127.0.0.1:1", "--seconds", "1")).isEqualTo(2);
    assertThat(run("gates", "127.0.0.1:1", "--only", "connections")).isEqualTo(1);
    assertThat(err).contains("127.0.0.1:1 does not answer");
  }
}
