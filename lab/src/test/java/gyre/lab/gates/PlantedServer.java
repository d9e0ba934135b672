package gyre.lab.gates;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLContext;

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
  private static final int BACKLOG = 512;

  private final ServerSocket listener;
  private final Fault fault;
  private final boolean isHttp;
  private final Set<Socket> sockets = ConcurrentHashMap.newKeySet();
  private final Thread acceptor;

  private PlantedServer(Fault fault, boolean isHttp, ServerSocket listener) {
    this.fault = fault;
    this.isHttp = isHttp;
    this.listener = listener;
    this.acceptor = Thread.ofPlatform().daemon().start(this::accept);
  }

  static PlantedServer echo(Fault fault) throws IOException {
    return new PlantedServer(fault, false, plain("127.0.0.1"));
  }

  static PlantedServer http() throws IOException {
    return new PlantedServer(Fault.NONE, true, plain("127.0.0.1"));
  }

  static PlantedServer v6(Fault fault) throws IOException {
    return new PlantedServer(fault, false, plain("::1"));
  }

  static PlantedServer tls(Fault fault, boolean isHttp) throws IOException {
    ServerSocket listener =
        context()
            .getServerSocketFactory()
            .createServerSocket(0, BACKLOG, InetAddress.ofLiteral("127.0.0.1"));
    return new PlantedServer(fault, isHttp, listener);
  }

  private static ServerSocket plain(String host) throws IOException {
    return new ServerSocket(0, BACKLOG, InetAddress.ofLiteral(host));
  }

  /** With a certificate of its own, for a hundred years, that nobody else uses. */
  private static SSLContext context() throws IOException {
    char[] password = "planted".toCharArray();
    try (InputStream file = PlantedServer.class.getResourceAsStream("planted.p12")) {
      KeyStore store = KeyStore.getInstance("PKCS12");
      store.load(file, password);
      KeyManagerFactory keys = KeyManagerFactory.getInstance("PKIX");
      keys.init(store, password);
      SSLContext context = SSLContext.getInstance("TLS");
      context.init(keys.getKeyManagers(), null, null);
      return context;
    } catch (GeneralSecurityException e) {
      throw new IOException(e);
    }
  }

  String address() {
    String host = listener.getInetAddress().getHostAddress();
    return (host.contains(":") ? "[" + host + "]" : host) + ":" + listener.getLocalPort();
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
