package gyre.http;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import gyre.LoopGroup;
import gyre.Loops;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** curl as a judge from outside. Skipped where it is not installed. */
@Timeout(value = 60, unit = TimeUnit.SECONDS)
class CurlTest {
  @TempDir private Path directory;

  @BeforeAll
  static void needCurl() {
    assumeTrue(Files.isExecutable(Path.of("/usr/bin/curl")), "curl is not installed");
  }

  private static String curl(HttpServer server, String path, String... options) throws Exception {
    List<String> command =
        new ArrayList<>(List.of("/usr/bin/curl", "-s", "-S", "--max-time", "20", "--http1.1"));
    command.addAll(List.of(options));
    command.add("http://127.0.0.1:" + server.address().getPort() + path);
    Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
    String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    assertThat(process.waitFor()).as(output).isZero();
    return output;
  }

  private String file(int bytes) throws IOException {
    return "@" + Files.write(directory.resolve("body"), new byte[bytes]);
  }

  @ParameterizedTest
  @EnumSource(Style.class)
  void shouldGetWhatItAsksFor(Style style) throws Exception {
    HttpHandler handler =
        (request, response) -> {
          if (request.isPath("/trailers") && style != Style.PUSH) {
            ResponseBody body = response.stream();
            body.write("streamed");
            body.trailer("X-Sum", "8");
            return;
          }
          response.send(request.method() + " " + request.body().readAll().length);
        };
    try (LoopGroup group = LoopGroup.open(1, Loops.options("epoll"));
        HttpServer server = style.open(group.loop(0), HttpOptions.defaults(), handler)) {
      assertThat(curl(server, "/a")).isEqualTo("GET 0");
      assertThat(curl(server, "/a", "-I")).contains("200 OK").contains("Content-Length: 6");
      assertThat(curl(server, "/a", "--data-binary", file(100_000))).isEqualTo("POST 100000");
      assertThat(curl(server, "/a", "-T", file(100_000).substring(1))).isEqualTo("PUT 100000");
      assertThat(
              curl(server, "/a", "-H", "Transfer-Encoding: chunked", "--data-binary", file(50_000)))
          .isEqualTo("POST 50000");
      assertThat(curl(server, "/a", "-H", "Expect: 100-continue", "--data-binary", file(50_000)))
          .isEqualTo("POST 50000");
      assertThat(curl(server, "/a", "-0")).isEqualTo("GET 0");
      assertThat(curl(server, "/", "-X", "OPTIONS", "--request-target", "*"))
          .isEqualTo("OPTIONS 0");
      if (style != Style.PUSH) {
        assertThat(curl(server, "/trailers", "-i")).contains("\r\nstreamed").contains("X-Sum: 8");
      }
      String twice = "http://127.0.0.1:" + server.address().getPort() + "/b";
      assertThat(curl(server, "/a", "-v", twice)).contains("Re-using existing connection");
      assertThat(
              curl(
                  server,
                  "/a",
                  "-o",
                  "/dev/null",
                  "-w",
                  "%{http_code}",
                  "--data-binary",
                  file(2_000_000)))
          .isEqualTo("413");
    }
  }
}
