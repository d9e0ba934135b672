package gyre.lab.judge;

import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.SocketException;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;

/** Says its letter to each connection, and then sends back what comes, until the peer has ended. */
final class TargetServer implements AutoCloseable {
  private static final int BACKLOG = 1024;

  private final char letter;
  private final ServerSocket listener;
  private final Set<Socket> sockets = ConcurrentHashMap.newKeySet();
  private final AtomicInteger open = new AtomicInteger();

  /** On that port; 0 lets the system choose. */
  TargetServer(char letter, int port) throws IOException {
    this.letter = letter;
    listener = new ServerSocket(port, BACKLOG, InetAddress.getLoopbackAddress());
    var ignored = Thread.ofPlatform().daemon().start(this::acceptAll);
  }

  int port() {
    return listener.getLocalPort();
  }

  int open() {
    return open.get();
  }

  private void acceptAll() {
    try {
      while (true) {
        Socket socket = listener.accept();
        sockets.add(socket);
        var ignored = Thread.ofVirtual().start(() -> serve(socket));
      }
    } catch (IOException e) {
      // It is closed.
    }
  }

  private void serve(Socket socket) {
    open.incrementAndGet();
    try (socket) {
      socket.getOutputStream().write(letter);
      socket.getInputStream().transferTo(socket.getOutputStream());
    } catch (IOException e) {
      // Whoever talks to it sees that.
    } finally {
      open.decrementAndGet();
      sockets.remove(socket);
    }
  }

  /** It refuses from now on, and resets what is there. */
  @Override
  public void close() {
    try {
      listener.close();
      for (Socket socket : sockets) {
        reset(socket);
      }
    } catch (IOException e) {
      throw new JudgementException("a target of the judge does not close: " + e);
    }
  }

  private static void reset(Socket socket) throws IOException {
    try {
      socket.setSoLinger(true, 0);
    } catch (SocketException e) {
      // Its own thread was quicker: it is closed.
    }
    socket.close();
  }
}
