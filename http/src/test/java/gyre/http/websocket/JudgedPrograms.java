package gyre.http.websocket;

import gyre.Loop;
import gyre.http.HttpHandler;
import gyre.http.HttpOptions;
import gyre.http.HttpServer;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.time.Duration;
import java.util.Arrays;
import java.util.Random;

/**
 * What judges talk to: {@code server PORT}, which echoes; {@code client PORT}, which asks the
 * server of Autobahn's suite for one case after the other; {@code check PORT}, which holds a server
 * to its echo. See {@code http/judges}.
 */
final class JudgedPrograms {
  /** The suite sends up to 16 MiB, and compresses what compresses well. */
  static final WebSocketOptions OPTIONS =
      WebSocketOptions.defaults()
          .messageBytes(20 << 20)
          .backlogBytes(64 << 20)
          .inflationRatio(2000)
          .controlFramesPerSecond(100_000)
          .handshakeTimeout(Duration.ofMinutes(10))
          .pingInterval(Duration.ofMinutes(10)); // it computes for a minute, and answers nothing

  private static final int MESSAGES = 200;

  private JudgedPrograms() {}

  /**
   * Runs one of them.
   *
   * @param args which one, and the port
   */
  public static void main(String[] args) {
    int port = Integer.parseInt(args[1]);
    try (Loop loop = Loop.open()) {
      switch (args[0]) {
        case "server" -> loop.run(() -> serve(port));
        case "client" -> loop.run(() -> talk(port));
        case "check" -> loop.run(() -> check(port));
        default -> throw new IllegalArgumentException(args[0]);
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

  /** A server that echoes is held to it. */
  private static void check(int port) {
    try (WebSocket ws = WebSocketClient.connect(uri(port, "/"), OPTIONS)) {
      for (int i = 0; i < MESSAGES; i++) {
        String text = ("message " + i + " ").repeat(i * 7);
        byte[] bytes = new byte[i * 97];
        new Random(i).nextBytes(bytes);
        boolean ignored = ws.send(text) && ws.send(bytes);
        if (!ws.receive().equals(new Message.Text(text))
            || !(ws.receive() instanceof Message.Binary(byte[] echoed))
            || !Arrays.equals(echoed, bytes)) {
          throw new AssertionError("message " + i + " differs");
        }
      }
      System.out.println(2 * MESSAGES + " messages, compressed: " + ws.isCompressed());
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
