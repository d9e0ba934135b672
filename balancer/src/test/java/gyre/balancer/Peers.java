package gyre.balancer;

import gyre.FreePort;
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
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;

/** Targets and clients of the JDK, on threads of their own: nothing of Gyre is in them. */
@SuppressWarnings("try") // what it closes may be anything
final class Peers implements AutoCloseable {
  static final int PATIENCE_MILLIS = 30_000;

  /** Far more than the buffers of all sockets on the way hold: a kernel may give one 32 MB. */
  private static final long FLOOD_LIMIT_BYTES = 400_000_000;

  private static final int STILL_LOOKS = 25;
  private static final long STILL_LOOK_NANOS = 20_000_000;

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
    Server server = new Server(socket -> {}, FreePort.next());
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

  /**
   * Sends on and on, until it is told that this is enough, and then ends in order. {@code sent}
   * counts, and is -1 where it fails. Little is under way at once, so that the kernel has no reason
   * to give the receiver a buffer of many megabytes.
   */
  static Thread flood(Socket socket, AtomicLong sent, AtomicBoolean isEnough) throws IOException {
    socket.setSendBufferSize(1 << 16);
    return Thread.ofPlatform()
        .start(() -> {
          byte[] piece = new byte[10_000];
          try {
            while (sent.get() < FLOOD_LIMIT_BYTES && !isEnough.get()) {
              socket.getOutputStream().write(piece);
              sent.addAndGet(piece.length);
            }
            socket.shutdownOutput();
          } catch (IOException e) {
            sent.set(-1);
          }
        });
  }

  /** Waits until a flood stands still, and does so for long, which it has to before its limit. */
  static void untilHeldBack(AtomicLong sent) {
    long end = System.nanoTime() + PATIENCE_MILLIS * 1_000_000L;
    long last = 0;
    for (int looks = 0; looks < STILL_LOOKS; looks++) {
      LockSupport.parkNanos(STILL_LOOK_NANOS);
      long now = sent.get();
      if (now < 0 || now >= FLOOD_LIMIT_BYTES || System.nanoTime() - end > 0) {
        throw new AssertionError("was not held back, after " + now + " bytes");
      }
      if (now != last || now == 0) {
        last = now;
        looks = 0;
      }
    }
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
