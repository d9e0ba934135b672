package gyre.http.client;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import gyre.Loops;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** The client and servers of others, where they are installed. */
@Timeout(120)
class JudgeTest {
  private static final String NODE =
      """
      const zlib = require('zlib');
      const server = require('http').createServer((request, response) => {
        let body = '';
        request.on('data', piece => body += piece);
        request.on('end', () => {
          if (request.url === '/gzip') {
            response.setHeader('Content-Encoding', 'gzip');
            response.end(zlib.gzipSync('hello '.repeat(1000)));
          } else if (request.url === '/trailer') {
            response.writeHead(200, {'Trailer': 'Sum'});
            response.write('abc');
            response.addTrailers({'Sum': '3'});
            response.end();
          } else {
            response.end(request.method + ' ' + body + ' ' + (request.headers.expect || ''));
          }
        });
      });
      server.listen(0, '127.0.0.1', () => console.log(server.address().port));
      """;

  private static final String PYTHON =
      """
      import http.server, sys
      server = http.server.ThreadingHTTPServer(
          ('127.0.0.1', 0), http.server.SimpleHTTPRequestHandler)
      print(server.server_port, flush=True)
      server.serve_forever()
      """;

  @TempDir private Path directory;

  private static boolean isInstalled(String program) {
    try {
      Process process = new ProcessBuilder(program, "--version").redirectErrorStream(true).start();
      process.getInputStream().transferTo(java.io.OutputStream.nullOutputStream());
      return process.waitFor() == 0;
    } catch (IOException e) {
      return false;
    } catch (InterruptedException e) {
      throw new AssertionError(e);
    }
  }

  private interface Work {
    void run(HttpClient client, String url) throws Exception;
  }

  /** The program prints its port. */
  private void with(List<String> command, Work work) throws IOException {
    Process process =
        new ProcessBuilder(command)
            .directory(directory.toFile())
            .redirectError(ProcessBuilder.Redirect.DISCARD)
            .start();
    try (BufferedReader out =
        new BufferedReader(
            new InputStreamReader(process.getInputStream(), StandardCharsets.UTF_8))) {
      String url = "http://127.0.0.1:" + out.readLine();
      Loops.run(
          "epoll",
          () -> {
            try (HttpClient client = HttpClient.open(ClientOptions.defaults().gzip(true))) {
              work.run(client, url);
            }
          });
    } finally {
      process.destroyForcibly();
    }
  }

  private static String text(HttpClient client, ClientRequest request) {
    try (ClientResponse response = client.send(request)) {
      return response.status() + " " + response.body().readText();
    }
  }

  @Test
  void shouldTalkWithNode() throws IOException {
    assumeTrue(isInstalled("node"), "SKIPPED: node is not installed");
    with(
        List.of("node", "-e", NODE),
        (client, url) -> {
          assertThat(text(client, ClientRequest.get(url))).isEqualTo("200 GET  ");
          assertThat(text(client, ClientRequest.post(url).body("abc"))).isEqualTo("200 POST abc ");
          assertThat(text(client, ClientRequest.put(url).body(out -> out.write("in chunks"))))
              .isEqualTo("200 PUT in chunks ");
          assertThat(text(client, ClientRequest.post(url).body("abc").expectContinue(true)))
              .isEqualTo("200 POST abc 100-continue");
          assertThat(text(client, ClientRequest.get(url + "/gzip")))
              .isEqualTo("200 " + "hello ".repeat(1000));
          try (ClientResponse response = client.send(ClientRequest.get(url + "/trailer"))) {
            assertThat(response.body().readText()).isEqualTo("abc");
            assertThat(response.body().trailer("Sum")).isEqualTo("3");
          }
          assertThat(client.counters().connects()).isEqualTo(1);
        });
  }

  @Test
  void shouldTalkWithPython() throws IOException {
    assumeTrue(isInstalled("python3"), "SKIPPED: python3 is not installed");
    byte[] large = new byte[3_000_000];
    Files.write(directory.resolve("large"), large);
    Files.createDirectory(directory.resolve("below"));
    with(
        List.of("python3", "-c", PYTHON),
        (client, url) -> {
          try (ClientResponse response = client.send(ClientRequest.get(url + "/large"))) {
            assertThat(response.version()).isEqualTo("HTTP/1.0");
            assertThat(response.body().limit(large.length).readAll()).isEqualTo(large);
          }
          assertThat(text(client, ClientRequest.get(url + "/none"))).startsWith("404 ");
          assertThat(text(client, ClientRequest.head(url + "/large"))).isEqualTo("200 ");
          try (HttpClient following = HttpClient.open(client.options().redirects(1))) {
            assertThat(text(following, ClientRequest.get(url + "/below")))
                .startsWith("200 ")
                .contains("Directory listing for /below/");
          }
          assertThat(client.counters().idle()).isZero(); // HTTP/1.0 ends each connection
        });
  }
}
