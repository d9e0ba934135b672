package gyre.lab.gates;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

/** A small server with, or without, a fault. */
final class PlantedServer implements AutoCloseable {
  /** What is wrong with it. */
  enum Fault {
    NONE,
    /** Answers each second connection alone; the others wait for ever. */
    STARVES,
    /** Closes what comes after the tenth connection. */
    REFUSES,
    /** Has one byte wrong now and then. */
    LIES
  }

  static final int REFUSED_BEYOND = 10;

  private final ServerSocket listener;
  private final Fault fault;
  private final boolean isHttp;
  private final Set<Socket> sockets = ConcurrentHashMap.newKeySet();
  private final Thread acceptor;

  private PlantedServer(Fault fault, boolean isHttp) throws IOException {
    this.fault = fault;
    this.isHttp = isHttp;
    this.listener = new ServerSocket(0, 512, InetAddress.getLoopbackAddress());
    this.acceptor = Thread.ofPlatform().daemon().start(this::accept);
  }

  static PlantedServer echo(Fault fault) throws IOException {
    return new PlantedServer(fault, false);
  }

  static PlantedServer http() throws IOException {
    return new PlantedServer(Fault.NONE, true);
  }

  String address() {
    return "127.0.0.1:" + listener.getLocalPort();
  }

  private void accept() {
    try {
      for (int number = 0; ; number++) {
        Socket socket = listener.accept();
        int accepted = number;
        sockets.add(socket);
        Thread ignored = Thread.ofVirtual().start(() -> serve(socket, accepted));
      }
    } catch (IOException e) {
      // It was closed.
    }
  }

  /** The first connection is the one by which it is found out what it speaks. */
  private void serve(Socket socket, int number) {
    try (socket) {
      if (fault == Fault.REFUSES && number > REFUSED_BEYOND) {
        return;
      }
      InputStream in = socket.getInputStream();
      OutputStream out = socket.getOutputStream();
      byte[] bytes = new byte[8192];
      for (int count = in.read(bytes); count >= 0; count = in.read(bytes)) {
        if (fault == Fault.STARVES && number % 2 == 1) {
          continue;
        }
        if (fault == Fault.LIES && number > 0) {
          bytes[count - 1]++;
        }
        if (isHttp) {
          out.write(
              "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok".getBytes(StandardCharsets.UTF_8));
        } else {
          out.write(bytes, 0, count);
        }
      }
    } catch (IOException e) {
      // The other side has ended it.
    } finally {
      sockets.remove(socket);
    }
  }

  @Override
  public void close() throws IOException {
    listener.close();
    try {
      acceptor.join();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    for (Socket each : sockets) {
      each.close();
    }
  }
}
