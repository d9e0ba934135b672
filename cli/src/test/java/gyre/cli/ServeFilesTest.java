package gyre.cli;

import static org.assertj.core.api.Assertions.assertThat;

import gyre.LoopOptions;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import picocli.CommandLine;

@Timeout(value = 60, unit = TimeUnit.SECONDS, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class ServeFilesTest {
  @TempDir private Path directory;

  /** A command that has nothing but these options. */
  @CommandLine.Command(name = "serve")
  private static final class Holder {
    @CommandLine.Mixin private final FilesOption files = new FilesOption();
    @CommandLine.Mixin private final TlsOption secured = new TlsOption();
  }

  @Test
  void shouldServeADirectoryAndWriteALineForEachAnswer() throws Exception {
    Path root = Files.createDirectory(directory.resolve("root"));
    Files.writeString(root.resolve("a.txt"), "content");
    Path log = directory.resolve("access.log");
    Holder holder = new Holder();
    new CommandLine(holder)
        .parseArgs(
            "--files",
            root.toString(),
            "--listing",
            "--access-log",
            log.toString(),
            "--trust",
            "127.0.0.0/8, ::1");
    assertThat(holder.files.isGiven()).isTrue();
    EchoService service =
        EchoService.start(
            new ListenAddress("127.0.0.1", 0),
            LoopOptions.defaults(),
            2,
            holder.files.service(holder.secured.http(null)));
    try (HttpClient client = HttpClient.newHttpClient()) {
      Matcher port = Pattern.compile(":([0-9]+),").matcher(service.describe());
      assertThat(port.find()).isTrue();
      String base = "http://127.0.0.1:" + port.group(1);
      assertThat(get(client, base + "/a.txt")).isEqualTo("content");
      assertThat(get(client, base + "/")).contains("a.txt");
      assertThat(get(client, base + "/%2e%2e/root/a.txt")).startsWith("404");
    } finally {
      service.stop();
    }
    assertThat(service.lines(service.await(() -> {}))).hasSize(2);
    holder.files.close();
    assertThat(Files.readAllLines(log))
        .hasSize(3)
        .anySatisfy(
            line -> assertThat(line).contains(" for 203.0.113.9 \"GET /a.txt HTTP/1.1\" 200 7 "))
        .anySatisfy(line -> assertThat(line).contains("\"GET / HTTP/1.1\" 200 "))
        .anySatisfy(line -> assertThat(line).contains(" 404 "));
  }

  private static String get(HttpClient client, String url) throws Exception {
    HttpRequest request =
        HttpRequest.newBuilder(URI.create(url)).header("X-Forwarded-For", "203.0.113.9").build();
    return client.send(request, HttpResponse.BodyHandlers.ofString()).body();
  }
}
