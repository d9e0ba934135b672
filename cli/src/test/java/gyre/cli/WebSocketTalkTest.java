package gyre.cli;

import static org.assertj.core.api.Assertions.assertThat;

import gyre.Loop;
import gyre.http.HttpOptions;
import gyre.http.HttpServer;
import gyre.http.client.HttpUrl;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
class WebSocketTalkTest {
  @Test
  void shouldSendLinesAndPrintMessages() {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    StringWriter err = new StringWriter();
    try (Loop loop = Loop.open()) {
      int code =
          loop.run(() -> {
            try (HttpServer server =
                HttpServer.onRequest(
                    loop,
                    new InetSocketAddress(InetAddress.getLoopbackAddress(), 0),
                    HttpOptions.defaults(),
                    WebSocketEcho.handler())) {
              return new WebSocketTalk(
                      HttpUrl.parse("http://127.0.0.1:" + server.address().getPort() + "/"),
                      null,
                      new ByteArrayInputStream("one\ntw\u00F6\n".getBytes(StandardCharsets.UTF_8)),
                      out,
                      new PrintWriter(err))
                  .run();
            }
          });
      assertThat(out.toString(StandardCharsets.UTF_8)).isEqualTo("one\ntw\u00F6\n");
      assertThat(err.toString()).isEmpty();
      assertThat(code).isZero();
    }
  }
}
