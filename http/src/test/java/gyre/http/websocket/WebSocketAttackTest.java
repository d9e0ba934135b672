package gyre.http.websocket;

import static gyre.http.websocket.Frames.FIN;
import static gyre.http.websocket.Frames.RSV1;
import static gyre.http.websocket.Frames.client;
import static gyre.http.websocket.Frames.head;
import static gyre.http.websocket.Frames.join;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import gyre.Fiber;
import gyre.Loop;
import gyre.Loops;
import gyre.http.HttpOptions;
import gyre.http.HttpServer;
import gyre.http.websocket.Frames.Reader;
import gyre.io.IoException;
import gyre.net.TcpListener;
import gyre.net.TcpStream;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What WebSockets have been attacked with: a test for each class, with its own data. */
@Timeout(value = 60, unit = TimeUnit.SECONDS)
class WebSocketAttackTest {
  private static final long LIMIT = 64 * 1024;
  private static final String KEY = "dGhlIHNhbXBsZSBub25jZQ==";

  private static Reader read(byte[] bytes) {
    return new Reader(true, false, LIMIT).feed(bytes, 0, bytes.length);
  }

  // ---- CVE-2026-48779 and undici -12151

  @Test
  void shouldJoinFragmentsOfOneByteWithoutABlockForEach() {
    int fragments = 60_000;
    Reader reader = new Reader(true, false, LIMIT);
    byte[] first = client(Opcode.BINARY, "x");
    byte[] next = client(Opcode.CONTINUATION, "x");
    reader.feed(first, 0, first.length);
    for (int i = 1; i < fragments; i++) {
      reader.feed(next, 0, next.length);
    }
    assertThat(reader.heldBytes()).isLessThan(2L * fragments);
    assertThat(reader.parser.message().spans()).isLessThan(64);
    byte[] last = client(FIN | Opcode.CONTINUATION, "x");
    reader.feed(last, 0, last.length);
    assertThat(reader.events()).containsExactly("binary " + "x".repeat(fragments + 1));
  }

  @Test
  void shouldRefuseAMessageOfManyFragmentsBeyondTheLimit() {
    Reader reader = new Reader(true, false, 10);
    byte[] first = client(Opcode.BINARY, "123456");
    byte[] next = client(Opcode.CONTINUATION, "12345");
    reader.feed(first, 0, first.length).feed(next, 0, 2);
    assertThat(reader.events()).as("before its payload").containsExactly("failed TOO_LARGE");
  }

  @Test
  void shouldRefuseEmptyFragmentsWithoutEnd() {
    byte[] bytes = client(Opcode.TEXT, "");
    byte[] empty = client(Opcode.CONTINUATION, "");
    for (int i = 0; i < 100; i++) {
      bytes = join(bytes, empty);
    }
    assertThat(read(bytes).events()).containsExactly("failed TOO_MANY_CONTROLS");
  }

  // ---- -1528

  @Test
  void shouldRefuseLengthsOf64BitsBeforeTheirPayload() {
    for (long length : new long[] {LIMIT + 1, 1L << 31, 1L << 32, Long.MAX_VALUE}) {
      assertThat(read(head(FIN | Opcode.BINARY, length, true)).events())
          .as("length " + length)
          .containsExactly("failed TOO_LARGE");
    }
    byte[] negative = head(FIN | Opcode.BINARY, Long.MAX_VALUE, true);
    Arrays.fill(negative, 2, negative.length, (byte) 0xFF);
    assertThat(read(negative).events()).containsExactly("failed LENGTH");
  }

  // ---- Jetty -19204

  @Test
  void shouldRefuseAnUnknownOpcodeBeforeItsLengthIsLookedAt() {
    for (int opcode : new int[] {3, 4, 5, 6, 7, 11, 12, 13, 14, 15}) {
      byte[] large = head(FIN | opcode, Long.MAX_VALUE, true);
      assertThat(read(Arrays.copyOf(large, 2)).events())
          .as("opcode " + opcode)
          .containsExactly("failed OPCODE");
    }
  }

  // ---- unmasked

  @Test
  void shouldRefuseAFrameOfAClientThatIsNotMasked() {
    assertThat(read(Frames.server(FIN | Opcode.TEXT, new byte[5])).events())
        .containsExactly("failed UNMASKED");
  }

  // ---- -1526: bombs

  @Test
  void shouldEndABombAtTheLimitOfTheMessage() {
    byte[] bomb = Frames.deflated(new byte[40 << 20]);
    assertThat(bomb.length).isLessThan((int) LIMIT);
    assertThat(closeCodeOf(options(), client(FIN | RSV1 | Opcode.BINARY, bomb))).isEqualTo(1009);
  }

  @Test
  void shouldEndABombByItsRatioWhereLargeMessagesAreTaken() {
    byte[] bomb = Frames.deflated(new byte[8 << 20]);
    WebSocketOptions large = options().messageBytes(64 << 20);
    assertThat(closeCodeOf(large, client(FIN | RSV1 | Opcode.BINARY, bomb))).isEqualTo(1009);
    WebSocketOptions trusting = large.inflationRatio(2000);
    assertThat(closeCodeOf(trusting, client(FIN | RSV1 | Opcode.BINARY, bomb), goodBye()))
        .isEqualTo(1000);
  }

  @Test
  void shouldRefuseBrokenCompression() {
    byte[] broken = {(byte) 0xFF, (byte) 0xFF, 1, 2, 3};
    assertThat(closeCodeOf(options(), client(FIN | RSV1 | Opcode.TEXT, broken))).isEqualTo(1007);
    byte[] noText = Frames.deflated(new byte[] {(byte) 0xFF, (byte) 0xFE});
    assertThat(closeCodeOf(options(), client(FIN | RSV1 | Opcode.TEXT, noText))).isEqualTo(1007);
  }

  // ---- ping floods

  @Test
  void shouldCloseWhoSendsMorePingsThanAreTaken() {
    byte[] pings = {};
    for (int i = 0; i < 60; i++) {
      pings = join(pings, client(FIN | Opcode.PING, ""));
    }
    assertThat(closeCodeOf(options().controlFramesPerSecond(1), pings)).isEqualTo(1008);
    assertThat(closeCodeOf(options(), join(pings, goodBye()))).isEqualTo(1000);
  }

  // ---- pages of other sites

  @Test
  void shouldRefusePagesOfOtherSites() {
    assertThat(statusFor(options(), "Origin: http://evil.example\r\n")).isEqualTo(403);
    assertThat(statusFor(options(), "Origin: null\r\n")).isEqualTo(403);
    assertThat(statusFor(options(), "Origin: http://good.example.evil.example\r\n")).isEqualTo(403);
    assertThat(statusFor(options(), "Origin: http://good.example:81\r\n")).isEqualTo(403);
    assertThat(
            statusFor(options(), "Origin: http://good.example\r\nOrigin: http://evil.example\r\n"))
        .isEqualTo(403);
    assertThat(statusFor(options(), "Origin: http://GOOD.example\r\n")).isEqualTo(101);
    assertThat(statusFor(options(), "Origin: http://good.example:80\r\n")).isEqualTo(101);
    assertThat(statusFor(options(), "")).as("no browser").isEqualTo(101);
    WebSocketOptions some = options().origins("https://friend.example");
    assertThat(statusFor(some, "Origin: https://friend.example\r\n")).isEqualTo(101);
    assertThat(statusFor(some, "Origin: http://good.example\r\n")).isEqualTo(403);
    assertThat(statusFor(options().anyOrigin(), "Origin: null\r\n")).isEqualTo(101);
  }

  @Test
  void shouldRefuseHandshakesThatAreNone() {
    String upgrade = "Upgrade: websocket\r\nConnection: Upgrade\r\n";
    String key = "Sec-WebSocket-Key: " + KEY + "\r\n";
    String version = "Sec-WebSocket-Version: 13\r\n";
    assertThat(status(options(), "GET", upgrade + key + version)).isEqualTo(101);
    assertThat(status(options(), "POST", upgrade + key + version)).isEqualTo(405);
    assertThat(status(options(), "GET", key + version)).isEqualTo(400);
    assertThat(status(options(), "GET", "Upgrade: h2c\r\nConnection: Upgrade\r\n" + key + version))
        .isEqualTo(400);
    assertThat(status(options(), "GET", "Upgrade: websocket\r\n" + key + version)).isEqualTo(400);
    assertThat(status(options(), "GET", upgrade + version)).isEqualTo(400);
    assertThat(status(options(), "GET", upgrade + key + key + version)).isEqualTo(400);
    assertThat(status(options(), "GET", upgrade + "Sec-WebSocket-Key: short\r\n" + version))
        .isEqualTo(400);
    assertThat(status(options(), "GET", upgrade + key + "Sec-WebSocket-Version: 8\r\n"))
        .isEqualTo(426);
  }

  // ---- -2229: what a server may answer to our client

  @ParameterizedTest
  @ValueSource(
      strings = {
        "permessage-deflate",
        "permessage-deflate; server_no_context_takeover; client_max_window_bits=7",
        "permessage-deflate; server_no_context_takeover; client_max_window_bits=16",
        "permessage-deflate; server_no_context_takeover; client_max_window_bits=09",
        "permessage-deflate; server_no_context_takeover; client_max_window_bits",
        "permessage-deflate; server_no_context_takeover; server_max_window_bits=1000000000000",
        "permessage-deflate; server_no_context_takeover; server_no_context_takeover",
        "permessage-deflate; server_no_context_takeover; mystery",
        "permessage-deflate; server_no_context_takeover, permessage-deflate",
        "x-webkit-deflate-frame",
        "permessage-deflate; server_no_context_takeover=1",
        ";"
      })
  void shouldRefuseExtensionsThatWereNotAskedFor(String answer) {
    assertThatThrownBy(() -> connectTo("Sec-WebSocket-Extensions: " + answer + "\r\n"))
        .isInstanceOf(HandshakeException.class)
        .hasMessageContaining("extensions that were not asked for");
  }

  @Test
  void shouldTakeExtensionsThatFitToTheOffer() {
    connectTo(
        "Sec-WebSocket-Extensions: permessage-deflate; server_no_context_takeover;"
            + " client_max_window_bits=\"9\"\r\n");
    connectTo("");
  }

  @Test
  void shouldRefuseASubprotocolThatWasNotAskedFor() {
    assertThatThrownBy(() -> connectTo("Sec-WebSocket-Protocol: evil\r\n"))
        .isInstanceOf(HandshakeException.class)
        .hasMessageContaining("subprotocol that was not asked for");
  }

  @Test
  void shouldNotLetFieldsOfAClientEndALine() {
    assertThatThrownBy(() -> options().header("X", "a\r\nEvil: b"))
        .isInstanceOf(IllegalArgumentException.class);
    assertThatThrownBy(() -> options().header("X: a\r\nEvil", "b"))
        .isInstanceOf(IllegalArgumentException.class);
    assertThatThrownBy(() -> options().header("Sec-WebSocket-Key", "b"))
        .isInstanceOf(IllegalArgumentException.class);
    assertThatThrownBy(() -> options().subprotocols("a, b"))
        .isInstanceOf(IllegalArgumentException.class);
  }

  // ---- helpers

  private static WebSocketOptions options() {
    return WebSocketOptions.defaults();
  }

  private static byte[] goodBye() {
    return client(FIN | Opcode.CLOSE, new byte[] {0x03, (byte) 0xE8});
  }

  private static String request(String method, String fields) {
    return method + " / HTTP/1.1\r\nHost: good.example\r\n" + fields + "\r\n";
  }

  private static int statusFor(WebSocketOptions options, String field) {
    return status(
        options,
        "GET",
        "Upgrade: websocket\r\nConnection: keep-alive, Upgrade\r\nSec-WebSocket-Version: 13\r\n"
            + "Sec-WebSocket-Key: "
            + KEY
            + "\r\n"
            + field);
  }

  private static int status(WebSocketOptions options, String method, String fields) {
    int[] status = {0};
    talk(
        options,
        stream -> {
          stream.write(request(method, fields));
          status[0] = Integer.parseInt(line(stream).substring(9, 12));
          stream.reset();
        });
    return status[0];
  }

  private interface Talk {
    void with(TcpStream stream) throws Exception;
  }

  private static void talk(WebSocketOptions options, Talk talk) {
    Loops.run(
        "epoll",
        () -> {
          try (HttpServer server =
                  HttpServer.onRequest(
                      Loop.current(),
                      WebSocketTest.ANY_PORT,
                      HttpOptions.defaults(),
                      WebSocketTest.pushEcho(options));
              TcpStream stream = TcpStream.connect(server.address())) {
            talk.with(stream);
          }
        });
  }

  /** The code of the server's close frame, behind whatever it sends before. */
  private static int closeCodeOf(WebSocketOptions options, byte[]... frames) {
    List<String> events = new ArrayList<>();
    talk(
        options,
        stream -> {
          stream.write(
              request(
                  "GET",
                  "Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
                      + "Sec-WebSocket-Extensions: permessage-deflate\r\nSec-WebSocket-Key: "
                      + KEY
                      + "\r\n"));
          String line = line(stream);
          assertThat(line).isEqualTo("HTTP/1.1 101 Switching Protocols");
          while (!line.isEmpty()) {
            line = line(stream);
          }
          stream.write(join(frames));
          Reader reader = new Reader(false, true, 64 << 20);
          while (stream.await(1)) {
            byte[] bytes = stream.input().take((int) stream.input().size());
            reader.feed(bytes, 0, bytes.length);
          }
          events.addAll(reader.events());
        });
    String last = events.getLast();
    assertThat(last).startsWith("close ");
    return Integer.parseInt(last.split(" ", -1)[1]);
  }

  private static String line(TcpStream stream) {
    String line = stream.readLine(1000, StandardCharsets.ISO_8859_1);
    if (line == null) {
      throw new AssertionError("the connection is closed");
    }
    return line;
  }

  /** Connects our client to a server that answers with this field. */
  private static void connectTo(String field) {
    Loops.run(
        "epoll",
        () -> {
          try (TcpListener listener = TcpListener.bind("127.0.0.1", 0)) {
            var ignored =
                Fiber.start(() -> {
                  try (TcpStream stream = listener.accept()) {
                    answer(stream, field);
                    boolean _ = stream.await(1);
                  } catch (IoException e) {
                    assertThat(e).hasMessageContaining("ECONNRESET");
                  }
                });
            URI uri = URI.create("ws://127.0.0.1:" + listener.address().getPort());
            WebSocketClient.connect(uri).reset();
          }
        });
  }

  private static void answer(TcpStream stream, String field) {
    String key = "";
    for (String line = line(stream); !line.isEmpty(); line = line(stream)) {
      key = line.startsWith("Sec-WebSocket-Key: ") ? line.substring(19) : key;
    }
    stream.write(
        "HTTP/1.1 101 Switching\r\nUpgrade: WebSocket\r\nConnection: upgrade\r\n"
            + "Sec-WebSocket-Accept: "
            + HandshakeKey.accept(key)
            + "\r\n"
            + field
            + "\r\n");
  }
}
