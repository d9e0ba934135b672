package gyre.balancer;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;

/** Targets and clients of the JDK, on threads of their own: nothing of Gyre is in them. */
@SuppressWarnings("try") // what it closes may be anything
final class Peers implements AutoCloseable {
  static final int PATIENCE_MILLIS = 30_000;

  interface Talk {
    void with(Socket socket) throws Exception;
  }

  private final List<AutoCloseable> open = new ArrayList<>();

  /** A target that does this with each connection. */
  static final class Server {
    final ServerSocket socket;
    final AtomicInteger connections = new AtomicInteger();
    final AtomicInteger running = new AtomicInteger();

    Server(Talk talk, int port) throws IOException {
      socket = new ServerSocket(port, 200, InetAddress.getLoopbackAddress());
      Thread.ofVirtual().start(() -> acceptAll(talk));
    }

    private void acceptAll(Talk talk) {
      while (!socket.isClosed()) {
        try {
          Socket each = socket.accept();
          each.setSoTimeout(PATIENCE_MILLIS);
          connections.incrementAndGet();
          running.incrementAndGet();
          Thread.ofVirtual()
              .start(() -> {
                try (each) {
                  talk.with(each);
                } catch (Exception e) {
                  // Broken by a test.
                } finally {
                  running.decrementAndGet();
                }
              });
        } catch (IOException e) {
          return;
        }
      }
    }

    InetSocketAddress address() {
      return new InetSocketAddress(socket.getInetAddress(), socket.getLocalPort());
    }

    TargetConfig target() {
      return TargetConfig.of(address());
    }

    /** Returns when nobody listens there any more. */
    void close() throws IOException {
      socket.close();
      until("connections are refused", () -> isRefused(address()));
    }
  }

  Server server(Talk talk) throws IOException {
    Server server = new Server(talk, 0);
    open.add(server.socket);
    return server;
  }

  /** One that is there no more: nobody else gets its port, and no client. */
  static Server gone() throws IOException {
    Server server = new Server(socket -> {}, FreePort.choose());
    server.close();
    return server;
  }

  /** Says its name, and sends back what it gets. */
  Server echo(String name) throws IOException {
    return echo(name, 0);
  }

  Server echo(String name, int port) throws IOException {
    Server server =
        new Server(
            socket -> {
              socket.getOutputStream().write((name + "\n").getBytes(StandardCharsets.UTF_8));
              socket.getInputStream().transferTo(socket.getOutputStream());
              socket.shutdownOutput();
            },
            port);
    open.add(server.socket);
    return server;
  }

  Socket connect(InetSocketAddress address) throws IOException {
    Socket socket = new Socket();
    open.add(socket);
    socket.connect(address, PATIENCE_MILLIS);
    socket.setSoTimeout(PATIENCE_MILLIS);
    return socket;
  }

  static boolean isRefused(InetSocketAddress address) {
    try (Socket socket = new Socket()) {
      socket.connect(address, PATIENCE_MILLIS);
      return false;
    } catch (IOException e) {
      return true;
    }
  }

  static String readLine(Socket socket) throws IOException {
    InputStream in = socket.getInputStream();
    StringBuilder line = new StringBuilder();
    for (int each = in.read(); each != '\n'; each = in.read()) {
      if (each < 0) {
        throw new IOException("ended after \"" + line + "\"");
      }
      line.append((char) each);
    }
    return line.toString();
  }

  static void write(Socket socket, String text) throws IOException {
    OutputStream out = socket.getOutputStream();
    out.write(text.getBytes(StandardCharsets.ISO_8859_1));
    out.flush();
  }

  /** Waits for something that comes, as long as patience allows. */
  static void until(String what, BooleanSupplier condition) {
    long end = System.nanoTime() + PATIENCE_MILLIS * 1_000_000L;
    while (!condition.getAsBoolean()) {
      if (System.nanoTime() - end > 0) {
        throw new AssertionError("never came: " + what);
      }
      LockSupport.parkNanos(100_000);
    }
  }

  @Override
  public void close() throws Exception {
    for (AutoCloseable each : open) {
      each.close();
    }
  }
}
