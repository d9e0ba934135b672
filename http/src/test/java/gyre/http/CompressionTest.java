package gyre.http;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import gyre.LoopGroup;
import gyre.Loops;
import gyre.io.IoException;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import java.util.zip.GZIPInputStream;
import java.util.zip.GZIPOutputStream;
import org.junit.jupiter.api.Test;
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
      case "/image" ->
          response.contentType("image/png").send(TEXT.getBytes(StandardCharsets.US_ASCII));
      case "/coded" -> response.contentType("text/x").header("Content-Encoding", "br").send(TEXT);
      case "/streamed" -> {
        ResponseBody out = response.contentType("text/plain").stream(TEXT.length());
        for (int at = 0; at < TEXT.length(); at += 1000) {
          out.write(TEXT.substring(at, at + 1000));
        }
      }
      case "/less" -> response.contentType("text/plain").stream(2000).write("less");
      case "/more" -> response.contentType("text/plain").stream(2000).write(TEXT);
      case "/broken" -> {
        try (ResponseBody out = response.contentType("text/plain").stream()) {
          out.write("a part");
          throw new IllegalStateException("broken");
        }
      }
      case "/left" -> {
        try {
          boolean ignored = request.body().await(1);
        } catch (IoException e) {
          response.contentType("text/plain").stream().write("too late");
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

  @ParameterizedTest
  @EnumSource(Style.class)
  void shouldNotSendAPartAsTheWhole(Style style) throws Exception {
    try (LoopGroup group = LoopGroup.open(1, Loops.options("epoll").failures((source, e) -> {}));
        HttpServer server = style.open(group.loop(0), OPTIONS, CompressionTest::handle)) {
      for (String path : new String[] {"/less", "/more", "/broken"}) {
        for (String accept : new String[] {"gzip", "identity"}) {
          try (RawClient client = new RawClient(server.address())) {
            assertThatThrownBy(() -> get(client, path, accept))
                .as(path + " " + accept)
                .isInstanceOf(IOException.class);
          }
        }
      }
      try (RawClient client = new RawClient(server.address())) {
        assertThat(unpacked(get(client, "/whole", "gzip"))).isEqualTo(TEXT);
      }
    }
  }

  @Test
  void shouldTakeBackTheCompressorOfAnAnswerThatCannotBegin() throws Exception {
    try (LoopGroup group = LoopGroup.open(1, Loops.options("epoll").failures((source, e) -> {}));
        HttpServer server = Style.DIRECT.open(group.loop(0), OPTIONS, CompressionTest::handle)) {
      try (RawClient client = new RawClient(server.address())) {
        client.send(
            "POST /left HTTP/1.1\r\nHost: a\r\nAccept-Encoding: gzip\r\nContent-Length: 9\r\n\r\n");
        while (server.connections().getFirst() == 0) {
          Thread.onSpinWait();
        }
        client.reset();
      }
      while (server.connections().getFirst() > 0) {
        Thread.onSpinWait();
      }
      try (RawClient client = new RawClient(server.address())) {
        assertThat(unpacked(get(client, "/whole", "gzip"))).isEqualTo(TEXT);
      }
    }
  }

  // ---- requests

  private static byte[] packed(byte[] content) throws IOException {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    try (GZIPOutputStream gzip = new GZIPOutputStream(out)) {
      gzip.write(content);
    }
    return out.toByteArray();
  }

  private static RawClient.Answer post(HttpServer server, String coding, byte[] body)
      throws IOException {
    try (RawClient client = new RawClient(server.address())) {
      client.send(
          "POST / HTTP/1.1\r\nHost: a\r\nContent-Encoding: "
              + coding
              + "\r\nContent-Length: "
              + body.length
              + "\r\n\r\n");
      return client.send(body).receive();
    }
  }

  @ParameterizedTest
  @EnumSource(Style.class)
  void shouldUnpackWhatIsAskedForAndNoBomb(Style style) throws Exception {
    HttpHandler handler =
        (request, response) ->
            response.send(request.body().readAllUnpacked(2_000_000).length + "\n");
    byte[] content = new byte[300_000];
    new Random(1).nextBytes(content);
    byte[] good = packed(content);
    try (LoopGroup group = LoopGroup.open(1, Loops.options("epoll"));
        HttpServer server = style.open(group.loop(0), HttpOptions.defaults(), handler)) {
      assertThat(post(server, "gzip", good).body()).isEqualTo("300000\n");
      assertThat(post(server, "gzip", packed(new byte[0])).body()).isEqualTo("0\n");
      assertThat(post(server, "identity", new byte[5]).body()).isEqualTo("5\n");
      assertThat(post(server, "br", good).status()).isEqualTo(415);
      assertThat(post(server, "gzip", packed(new byte[1_900_000])).status())
          .isEqualTo(413); // 1:1000
      byte[] large = new byte[2_000_001];
      for (int i = 0; i < large.length; i++) {
        large[i] = (byte) (((i * i) >> 3) & 31);
      }
      assertThat(post(server, "gzip", packed(large)).status()).isEqualTo(413);
      byte[] wrong = good.clone();
      wrong[good.length - 5] ^= 1;
      assertThat(post(server, "gzip", wrong).status()).isEqualTo(400);
      assertThat(post(server, "gzip", Arrays.copyOf(good, 100_000)).status()).isEqualTo(400);
      assertThat(post(server, "gzip", Arrays.copyOf(good, good.length + 1)).status())
          .isEqualTo(400);
    }
  }
}
