package gyre.lab.program;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;

/** Blocking sockets, a virtual thread for each connection: what the JDK itself leads to. */
final class VirtualThreadProgram extends Program {
  private static final int BACKLOG = 4096;
  private static final int BUFFER_BYTES = 16 * 1024;

  @Override
  int echo(int port) throws IOException {
    ServerSocket listener = new ServerSocket(port, BACKLOG, InetAddress.getLoopbackAddress());
    Thread.ofVirtual().start(() -> accept(listener));
    return listener.getLocalPort();
  }

  @Override
  Round channels(Options options) {
    return JdkChannels.virtual(options);
  }

  @Override
  Round locks(Options options) {
    return JdkChannels.virtual(options);
  }

  private static void accept(ServerSocket listener) {
    try (listener) {
      while (true) {
        Socket socket = listener.accept();
        Thread.ofVirtual().start(() -> serve(socket));
      }
    } catch (IOException e) {
      throw new java.io.UncheckedIOException(e);
    }
  }

  private static void serve(Socket socket) {
    byte[] buffer = new byte[BUFFER_BYTES];
    try (socket) {
      socket.setTcpNoDelay(true);
      InputStream in = socket.getInputStream();
      OutputStream out = socket.getOutputStream();
      for (int n = in.read(buffer); n >= 0; n = in.read(buffer)) {
        out.write(buffer, 0, n);
      }
    } catch (IOException e) {
      // The client has gone: so does this connection.
    }
  }
}
