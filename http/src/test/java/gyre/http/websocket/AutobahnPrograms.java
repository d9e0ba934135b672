package gyre.http.websocket;

import gyre.Loop;
import gyre.http.HttpHandler;
import gyre.http.HttpOptions;
import gyre.http.HttpServer;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.time.Duration;

/**
 * What Autobahn's test suite talks to: {@code server PORT}, which echoes, and {@code client PORT},
 * which asks the suite's server for one case after the other. See {@code http/judges/autobahn}.
 */
final class AutobahnPrograms {
  /** The suite sends up to 16 MiB, and compresses what compresses well. */
  static final WebSocketOptions OPTIONS =
      WebSocketOptions.defaults()
          .messageBytes(20 << 20)
          .backlogBytes(64 << 20)
          .inflationRatio(2000)
          .controlFramesPerSecond(100_000)
          .pingInterval(Duration.ofMinutes(10)); // it computes for a minute, and answers nothing

  private AutobahnPrograms() {}

  /**
   * Runs one of them.
   *
   * @param args which one, and the port
   */
  public static void main(String[] args) {
    int port = Integer.parseInt(args[1]);
    try (Loop loop = Loop.open()) {
      if (args[0].equals("server")) {
        loop.run(() -> serve(port));
      } else {
        loop.run(() -> talk(port));
      }
    }
  }

  private static void serve(int port) throws InterruptedException {
    HttpHandler echo = WebSocketTest.pushEcho(OPTIONS);
    try (HttpServer server =
        HttpServer.onRequest(
            Loop.current(),
            new InetSocketAddress(InetAddress.getLoopbackAddress(), port),
            HttpOptions.defaults(),
            echo)) {
      System.out.println("listening on " + server.address());
      Thread.sleep(Duration.ofHours(1));
    }
  }

  /** All cases of the suite's server, and then its reports. */
  static void talk(int port) {
    int cases = caseCount(port);
    for (int i = 1; i <= cases; i++) {
      try (WebSocket ws =
          WebSocketClient.connect(uri(port, "/runCase?case=" + i + "&agent=gyre"), OPTIONS)) {
        for (Message.Data message : ws) {
          boolean ignored =
              switch (message) {
                case Message.Text(String text) -> ws.send(text);
                case Message.Binary(byte[] bytes) -> ws.send(bytes);
              };
        }
      } catch (HandshakeException e) {
        System.out.println("case " + i + ": " + e.getMessage());
      }
    }
    try (WebSocket ws = WebSocketClient.connect(uri(port, "/updateReports?agent=gyre"), OPTIONS)) {
      Message ignored = ws.receive();
    }
  }

  private static int caseCount(int port) {
    try (WebSocket ws = WebSocketClient.connect(uri(port, "/getCaseCount"), OPTIONS)) {
      return ws.receive() instanceof Message.Text(String count) ? Integer.parseInt(count) : 0;
    }
  }

  private static URI uri(int port, String target) {
    return URI.create("ws://127.0.0.1:" + port + target);
  }
}
