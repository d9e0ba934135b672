package gyre.cli;

import static org.assertj.core.api.Assertions.assertThat;

import gyre.Fiber;
import gyre.Loop;
import gyre.http.HttpOptions;
import gyre.http.HttpServer;
import gyre.http.client.HttpProxy;
import gyre.http.client.HttpUrl;
import gyre.net.ServerOptions;
import gyre.net.TcpServer;
import gyre.net.TcpStream;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
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

  /** Passes one connection on, as CONNECT asks. */
  private static TcpServer proxy(Loop loop, List<String> asked) {
    return TcpServer.serve(
        loop,
        new InetSocketAddress(InetAddress.getLoopbackAddress(), 0),
        ServerOptions.defaults(),
        near -> {
          String line = String.valueOf(near.readLine(1000));
          asked.add(line);
          while (!String.valueOf(near.readLine(1000)).isEmpty()) {
            assertThat(line).startsWith("CONNECT ");
          }
          int port = Integer.parseInt(line.replaceAll("CONNECT 127.0.0.1:(\\d+) .*", "$1"));
          near.write("HTTP/1.1 200 OK\r\n\r\n");
          try (TcpStream far = TcpStream.connect("127.0.0.1", port)) {
            Fiber<?> back =
                Fiber.start(() -> {
                  long ignored = far.transferTo(near);
                  near.shutdownOutput();
                });
            long ignored = near.transferTo(far);
            far.shutdownOutput();
            back.join();
          }
        });
  }

  @Test
  void shouldTalkThroughAProxy() {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    StringWriter err = new StringWriter();
    List<String> asked = new ArrayList<>();
    try (Loop loop = Loop.open()) {
      int code =
          loop.run(() -> {
            try (HttpServer server =
                    HttpServer.onRequest(
                        loop,
                        new InetSocketAddress(InetAddress.getLoopbackAddress(), 0),
                        HttpOptions.defaults(),
                        WebSocketEcho.handler());
                TcpServer proxy = proxy(loop, asked)) {
              return new WebSocketTalk(
                      HttpUrl.parse("http://127.0.0.1:" + server.address().getPort() + "/"),
                      null,
                      HttpProxy.connect("127.0.0.1", proxy.address().getPort()),
                      new ByteArrayInputStream("one\n".getBytes(StandardCharsets.UTF_8)),
                      out,
                      new PrintWriter(err))
                  .run();
            }
          });
      assertThat(out.toString(StandardCharsets.UTF_8)).isEqualTo("one\n");
      assertThat(err.toString()).isEmpty();
      assertThat(code).isZero();
      assertThat(asked).hasSize(1);
    }
  }
}
