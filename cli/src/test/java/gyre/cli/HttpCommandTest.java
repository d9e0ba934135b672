package gyre.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assumptions.assumeThat;

import gyre.Loop;
import gyre.LoopGroup;
import gyre.http.HttpException;
import gyre.http.HttpHandler;
import gyre.http.HttpOptions;
import gyre.http.HttpServer;
import gyre.http.Request;
import gyre.http.Response;
import gyre.http.sse.SseEvent;
import gyre.http.sse.SseHub;
import gyre.http.sse.SseOptions;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

@Timeout(60)
class HttpCommandTest {
  @TempDir private Path directory;

  private final StringWriter err = new StringWriter();
  private final SseHub hub = SseHub.create(SseOptions.defaults());
  private LoopGroup group;
  private HttpServer server;
  private int listeners;

  @BeforeEach
  void open() {
    group = LoopGroup.open(1);
    server =
        HttpServer.serve(
            group,
            new InetSocketAddress(InetAddress.getLoopbackAddress(), 0),
            HttpOptions.defaults(),
            this::handle);
  }

  @AfterEach
  void close() {
    group.close();
  }

  private void handle(Request request, Response response) throws Exception {
    switch (request.path()) {
      case "/none" -> throw new HttpException(404, "nothing here");
      case "/there" -> response.status(302).header("Location", "/x").send();
      case "/events" -> {
        if (listeners++ > 0) {
          response.status(204).send();
          return;
        }
        HttpHandler events = hub.handler();
        hub.publish(SseEvent.of("one").id("1"));
        hub.publish(SseEvent.of("two\nlines").type("x"));
        var ignored = Loop.current().after(Duration.ofMillis(1), hub::close); // once it listens
        events.handle(request, response);
      }
      default ->
          response
              .header("X-Mine", String.valueOf(request.header("X-Yours")))
              .send(request.method() + " " + request.path() + " " + request.body().readText());
    }
  }

  private String url(String path) {
    return "http://127.0.0.1:" + server.address().getPort() + path;
  }

  private int run(String... arguments) {
    List<String> all = new ArrayList<>(List.of("http"));
    all.addAll(Arrays.asList(arguments));
    return Main.commandLine()
        .setErr(new PrintWriter(err, true))
        .execute(all.toArray(String[]::new));
  }

  private String fetch(int code, String... arguments) throws IOException {
    Path file = directory.resolve("out");
    List<String> all = new ArrayList<>(Arrays.asList(arguments));
    all.add("--output");
    all.add(file.toString());
    assertThat(run(all.toArray(String[]::new))).as(err.toString()).isEqualTo(code);
    return Files.readString(file);
  }

  @Test
  void shouldPrintTheBodyOfTheAnswer() throws IOException {
    assertThat(fetch(0, url("/a"))).isEqualTo("GET /a ");
    assertThat(err.toString()).isEmpty();
  }

  @Test
  void shouldSendWhatItIsTold() throws IOException {
    assertThat(fetch(0, "-d", "text", "-v", "-H", "X-Yours: y", url("/a")))
        .isEqualTo("POST /a text");
    assertThat(err.toString()).contains("HTTP/1.1 200", "X-Mine: y");
    Path file = Files.writeString(directory.resolve("in"), "from a file");
    assertThat(fetch(0, "-X", "PUT", "--data-file", file.toString(), url("/a")))
        .isEqualTo("PUT /a from a file");
  }

  @Test
  void shouldPrintHowLongEachPhaseTook() throws IOException {
    assertThat(fetch(0, "--timings", url("/a"))).isEqualTo("GET /a ");
    assertThat(err.toString().lines())
        .extracting(line -> line.replaceAll(" +[0-9.]+ ms", ""))
        .containsExactly("resolve", "connect", "tls", "first byte", "total");
  }

  @Test
  void shouldFailOnAnErrorByOption() throws IOException {
    assertThat(fetch(0, url("/none"))).contains("nothing here");
    assertThat(fetch(3, "--fail", url("/none"))).contains("nothing here");
    assertThat(fetch(0, "--fail", url("/a"))).isEqualTo("GET /a ");
  }

  @Test
  void shouldFollowRedirectsByOption() throws IOException {
    assertThat(fetch(0, url("/there"))).isEmpty();
    assertThat(fetch(0, "--follow", "1", url("/there"))).isEqualTo("GET /x ");
  }

  @Test
  void shouldPrintTheDataOfEvents() throws IOException {
    assertThat(fetch(0, "--sse", "-H", "Last-Event-ID: 0", url("/events")))
        .isEqualTo("one\ntwo\nlines\n");
  }

  @Test
  void shouldLeaveTheFileAsItIsWhereThereIsNoAnswer() throws IOException {
    Files.writeString(directory.resolve("out"), "what was there before");
    assertThat(fetch(1, "http://127.0.0.1:1/x")).isEqualTo("what was there before");
    assertThat(fetch(0, url("/a"))).isEqualTo("GET /a ");
    assertThat(fetch(0, url("/there"))).as("an empty body is one too").isEmpty();
  }

  @Test
  void shouldSayWhereTheBodyCannotBeWritten() {
    Path file = directory.resolve("no").resolve("out");
    assertThat(run("--output", file.toString(), url("/a"))).isEqualTo(1);
    assertThat(err.toString())
        .isEqualToIgnoringNewLines("gyre http: --output: there is no directory for " + file);
    assumeThat(Path.of("/dev/full")).exists();
    assertThat(run("--output", "/dev/full", url("/a"))).isEqualTo(1);
    assertThat(err.toString()).contains("gyre http: write what was received to /dev/full: ");
  }

  @Test
  void shouldSayInOneLineWhyThereIsNoAnswer() {
    assertThat(run("http://127.0.0.1:1/x")).isEqualTo(1);
    assertThat(err.toString())
        .startsWith("gyre http: connect of GET http://127.0.0.1:1/x: ")
        .contains("ECONNREFUSED")
        .hasLineCount(1);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "ftp://a/ | gyre http: 'ftp://a/' is no URL to ask: it does not begin with http:// or https://",
        "-H x http://a/ | gyre http: --header: 'x' is not 'NAME: VALUE'",
        "-H Host:b http://a/ | gyre http: field Host is set by the client itself",
        "-d x --data-file y http://a/ | gyre http: --data and --data-file: one body is enough",
        "--data-file /none/x http://a/ | gyre http: --data-file: there is no file /none/x",
        "--timeout 0 http://a/ | gyre http: --timeout: 0 is not at least 1",
        "--proxy a:1 http://a/ | gyre http: --proxy: 'a:1' is not http://HOST:PORT or"
            + " socks5://HOST:PORT",
      })
  void shouldSayInOneLineWhatWouldBeRight(String arguments, String line) {
    assertThat(run(arguments.split(" "))).isEqualTo(2);
    assertThat(err.toString()).isEqualToIgnoringNewLines(line).hasLineCount(1);
  }
}
