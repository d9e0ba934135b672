package gyre.http.client;

import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;

/** A server that sends what it is told, right or wrong, on threads of its own. */
final class ScriptedServer implements AutoCloseable {
  private static final int HANG_LIMIT_MILLIS = 60_000;

  /** What happens on one connection. */
  interface Script {
    void run(Peer peer) throws Exception;
  }

  private final ServerSocket listener;
  private final List<Socket> sockets = new CopyOnWriteArrayList<>();
  private final List<String> heads = new CopyOnWriteArrayList<>();

  /** The first connection gets the first script, and all that are left over get the last one. */
  ScriptedServer(Script... scripts) throws IOException {
    listener = new ServerSocket(0, 50, InetAddress.getLoopbackAddress());
    Thread.ofPlatform().daemon().start(() -> accept(scripts));
  }

  private void accept(Script[] scripts) {
    try {
      for (int i = 0; ; i++) {
        Socket socket = listener.accept();
        socket.setSoTimeout(HANG_LIMIT_MILLIS);
        sockets.add(socket);
        Script script = scripts[Math.min(i, scripts.length - 1)];
        Thread.ofPlatform().daemon().start(() -> serve(socket, script));
      }
    } catch (IOException e) {
      // It is closed.
    }
  }

  private void serve(Socket socket, Script script) {
    try (socket) {
      script.run(new Peer(socket));
    } catch (Exception e) {
      // The client has gone, which its test judges.
    }
  }

  int port() {
    return listener.getLocalPort();
  }

  String url(String path) {
    return "http://127.0.0.1:" + port() + path;
  }

  /** Connections so far. */
  int connections() {
    return sockets.size();
  }

  /** Of all requests so far, in the order in which they came. */
  List<String> heads() {
    return heads;
  }

  @Override
  public void close() throws IOException {
    listener.close();
    for (Socket socket : sockets) {
      socket.close();
    }
  }

  /** A connection as the script sees it. */
  final class Peer {
    private final Socket socket;
    private final InputStream in;

    Peer(Socket socket) throws IOException {
      this.socket = socket;
      this.in = socket.getInputStream();
    }

    /** Reads a head, up to its empty line. */
    String head() throws IOException {
      StringBuilder head = new StringBuilder();
      while (head.length() < 4 || !head.substring(head.length() - 4).equals("\r\n\r\n")) {
        int next = in.read();
        if (next < 0) {
          throw new IOException("ended");
        }
        head.append((char) next);
      }
      heads.add(head.toString());
      return head.toString();
    }

    Peer send(String text) throws IOException {
      socket.getOutputStream().write(text.getBytes(StandardCharsets.ISO_8859_1));
      return this;
    }

    Peer send(byte[] bytes) throws IOException {
      socket.getOutputStream().write(bytes);
      return this;
    }

    byte[] read(int bytes) throws IOException {
      return in.readNBytes(bytes);
    }

    /** Until the client ends. */
    byte[] rest() throws IOException {
      return in.readAllBytes();
    }

    void reset() throws IOException {
      socket.setSoLinger(true, 0);
      socket.close();
    }

    Socket socket() {
      return socket;
    }

    Peer answer(String body) throws IOException {
      return send(ok(body));
    }
  }

  static String ok(String body) {
    return "HTTP/1.1 200 OK\r\nContent-Length: " + body.length() + "\r\n\r\n" + body;
  }

  /** Answers all requests without bodies on a connection with this. */
  static Script always(String answer) {
    return peer -> {
      while (true) {
        var _ = peer.head();
        var _ = peer.send(answer);
      }
    };
  }
}
