package gyre.cli;

import gyre.Fiber;
import gyre.Loop;
import gyre.Scope;
import gyre.http.client.HttpProxy;
import gyre.http.client.HttpUrl;
import gyre.http.websocket.CloseCode;
import gyre.http.websocket.Message;
import gyre.http.websocket.WebSocket;
import gyre.http.websocket.WebSocketClient;
import gyre.http.websocket.WebSocketOptions;
import gyre.insight.text.Plural;
import gyre.io.ByteStream;
import gyre.net.TcpStream;
import gyre.tls.TlsClient;
import java.io.BufferedReader;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.io.OutputStream;
import java.io.PrintWriter;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * What {@code gyre http --websocket} does: lines go out as messages, and messages come in as lines.
 * When the input has ended and the server was silent for a second it says good-bye. Of bytes their
 * number is told alone.
 */
final class WebSocketTalk {
  private static final Duration SILENCE = Duration.ofSeconds(1);
  private static final Duration PROXY_TIMEOUT = Duration.ofSeconds(10);

  private final HttpUrl url;
  private final @Nullable TlsClient tls;
  private final @Nullable HttpProxy proxy;
  private final BufferedReader in;
  private final OutputStream out;
  private final PrintWriter err;

  /** When the last message came. */
  private long lastNanos;

  WebSocketTalk(
      HttpUrl url,
      @Nullable TlsClient tls,
      @Nullable HttpProxy proxy,
      InputStream in,
      OutputStream out,
      PrintWriter err) {
    this.url = url;
    this.tls = tls;
    this.proxy = proxy;
    this.in = new BufferedReader(new InputStreamReader(in, StandardCharsets.UTF_8));
    this.out = out;
    this.err = err;
  }

  /** 0 if the end was in order, 1 otherwise. */
  int run() throws Exception {
    try (WebSocket ws = connect();
        Scope scope = Scope.open("input")) {
      scope.start(() -> send(ws));
      int code = print(ws);
      scope.cancel("the WebSocket is closed"); // nobody waits for the next line
      return code;
    }
  }

  private WebSocket connect() throws Exception {
    String host = url.host().replaceAll("[\\[\\]]", "");
    HttpProxy by = proxy;
    TcpStream tcp =
        by == null ? TcpStream.connect(host, url.port()) : by.open(host, url.port(), PROXY_TIMEOUT);
    TlsClient secure = tls;
    ByteStream stream = secure == null ? tcp : secure.connect(tcp, host, url.port());
    return WebSocketClient.over(stream, url.authority(), url.target(), WebSocketOptions.defaults());
  }

  private void send(WebSocket ws) throws Exception {
    String line = readLine();
    while (line != null && ws.send(line)) {
      line = readLine();
    }
    awaitSilence();
    ws.close(CloseCode.NORMAL, "");
  }

  /** What was sent last may have an answer. */
  private void awaitSilence() {
    Loop loop = Loop.current();
    long leftNanos = SILENCE.toNanos();
    lastNanos = loop.nanoTime();
    while (leftNanos > 0) {
      Fiber.sleep(Duration.ofNanos(leftNanos));
      leftNanos = lastNanos + SILENCE.toNanos() - loop.nanoTime();
    }
  }

  private @Nullable String readLine() throws Exception {
    return Fiber.<@Nullable String>offload(in::readLine);
  }

  private int print(WebSocket ws) throws Exception {
    while (true) {
      switch (ws.receive()) {
        case Message.Text(String text) -> write(text);
        case Message.Binary(byte[] bytes) -> write("(" + Plural.of(bytes.length, "byte") + ")");
        case Message.Closed(int code, String reason) -> {
          if (code == CloseCode.NORMAL) {
            return 0;
          }
          err.println("closed with " + code + (reason.isEmpty() ? "" : ": " + reason));
          err.flush();
          return 1;
        }
      }
    }
  }

  private void write(String line) throws Exception {
    lastNanos = Loop.current().nanoTime();
    byte[] bytes = (line + "\n").getBytes(StandardCharsets.UTF_8);
    Fiber.offload(() -> {
      out.write(bytes);
      out.flush();
      return true;
    });
  }
}
