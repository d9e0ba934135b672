package gyre.http;

import static org.assertj.core.api.Assertions.assertThat;

import gyre.LoopGroup;
import gyre.Loops;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.TimeUnit;
import java.util.zip.GZIPInputStream;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

/** Answers that are compressed where the client takes it. */
@Timeout(value = 60, unit = TimeUnit.SECONDS, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class CompressionTest {
  private static final String TEXT = "all work and no play ".repeat(5000);
  private static final HttpOptions OPTIONS =
      HttpOptions.defaults().compression(Compression.gzip().compressors(1));

  private static void handle(Request request, Response response) {
    response.header("ETag", "\"x\"");
    switch (request.path()) {
      case "/short" -> response.send("short");
      case "/image" -> response.contentType("image/png").send(TEXT.getBytes(StandardCharsets.US_ASCII));
      case "/coded" -> response.contentType("text/x").header("Content-Encoding", "br").send(TEXT);
      case "/streamed" -> {
        ResponseBody out = response.contentType("text/plain").stream(TEXT.length());
        for (int at = 0; at < TEXT.length(); at += 1000) {
          out.write(TEXT.substring(at, at + 1000));
        }
      }
      default -> response.send(TEXT);
    }
  }

  private static RawClient.Answer get(RawClient client, String path, String accept)
      throws IOException {
    return client
        .send("GET " + path + " HTTP/1.1\r\nHost: a\r\nAccept-Encoding: " + accept + "\r\n\r\n")
        .receive();
  }

  private static String unpacked(RawClient.Answer answer) throws IOException {
    assertThat(answer.hasField("Content-Encoding: gzip")).as(answer.head()).isTrue();
    byte[] raw = answer.body().getBytes(StandardCharsets.ISO_8859_1);
    try (GZIPInputStream in = new GZIPInputStream(new ByteArrayInputStream(raw))) {
      return new String(in.readAllBytes(), StandardCharsets.UTF_8);
    }
  }

  @ParameterizedTest
  @EnumSource(Style.class)
  void shouldCompressWhatIsWorthIt(Style style) throws Exception {
    try (LoopGroup group = LoopGroup.open(1, Loops.options("epoll"));
        HttpServer server = style.open(group.loop(0), OPTIONS, CompressionTest::handle);
        RawClient client = new RawClient(server.address())) {
      for (int i = 0; i < 3; i++) {
        for (String path : new String[] {"/whole", "/streamed"}) {
          RawClient.Answer answer = get(client, path, "gzip, br");
          assertThat(answer.body().length()).isLessThan(TEXT.length() / 10);
          assertThat(unpacked(answer)).isEqualTo(TEXT);
          assertThat(answer.hasField("Vary: Accept-Encoding")).isTrue();
          assertThat(answer.hasField("ETag: W/\"x\"")).isTrue();
        }
      }
      RawClient.Answer plain = get(client, "/whole", "br");
      assertThat(plain.body()).isEqualTo(TEXT);
      assertThat(plain.hasField("Vary: Accept-Encoding")).isTrue();
      assertThat(plain.hasField("ETag: \"x\"")).isTrue();
      assertThat(get(client, "/short", "gzip").body()).isEqualTo("short");
      assertThat(get(client, "/image", "gzip").body()).isEqualTo(TEXT);
      assertThat(get(client, "/coded", "gzip").body()).isEqualTo(TEXT);
    }
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "gzip | true",
        "GZIP;q=0.1 | true",
        "x-gzip | true",
        "* | true",
        "gzip;q=0 | false",
        "*;q=0 | false",
        "gzip;q=0, * | false",
        "gzip;q=0.2, identity;q=0.5 | false",
        "gzip;q=2 | false",
        "gzip;q=nonsense | false",
        "br | false",
        "'' | false",
      })
  void shouldHeedWhatTheClientWants(String accept, boolean isCompressed) throws Exception {
    try (LoopGroup group = LoopGroup.open(1, Loops.options("epoll"));
        HttpServer server = Style.PUSH.open(group.loop(0), OPTIONS, CompressionTest::handle);
        RawClient client = new RawClient(server.address())) {
      assertThat(get(client, "/whole", accept).hasField("Content-Encoding: gzip"))
          .isEqualTo(isCompressed);
    }
  }
}
