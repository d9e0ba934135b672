package gyre.lab.gates;

import gyre.lab.tls.TrustAll;
import java.io.IOException;
import java.net.Socket;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLEngine;
import javax.net.ssl.SSLEngineResult;
import javax.net.ssl.SSLEngineResult.HandshakeStatus;
import javax.net.ssl.SSLEngineResult.Status;

/**
 * One connection of TLS over a channel that does not block. No certificate is checked: it is judged
 * how a server works, and those under test have certificates of their own.
 */
final class Tls {
  private static final SSLContext CONTEXT = TrustAll.context();
  private static final ByteBuffer NOTHING = ByteBuffer.allocate(0);

  private final SSLEngine engine;

  /** The beginning of a record whose end has not come. */
  private byte[] rest = {};

  private boolean isReady;

  /**
   * @param name that the server is asked for; may be an address
   */
  Tls(String name, int port) {
    engine = CONTEXT.createSSLEngine(name, port);
    engine.setUseClientMode(true);
  }

  /** The same over a socket that blocks. */
  static Socket over(Socket socket, String name) throws IOException {
    return CONTEXT.getSocketFactory().createSocket(socket, name, socket.getPort(), true);
  }

  /** Whether the handshake is over, and something may be said. */
  boolean isReady() {
    return isReady;
  }

  void begin(SocketChannel channel) throws IOException {
    engine.beginHandshake();
    advance(channel, NOTHING, NOTHING);
  }

  /** Sends a message whole; answers false where only a part of it was taken. */
  boolean say(SocketChannel channel, byte[] message) throws IOException {
    ByteBuffer plain = ByteBuffer.wrap(message);
    while (plain.hasRemaining()) {
      ByteBuffer record = record();
      SSLEngineResult result = engine.wrap(plain, record);
      if (result.getStatus() != Status.OK || !isWritten(channel, record.flip())) {
        return false;
      }
    }
    return true;
  }

  /** Takes what has come; what it says in clear goes into {@code plain}, which is flipped. */
  ByteBuffer take(SocketChannel channel, ByteBuffer bytes) throws IOException {
    ByteBuffer all = ByteBuffer.allocate(rest.length + bytes.remaining());
    all.put(rest).put(bytes).flip();
    // What is sealed is never shorter than what it says.
    ByteBuffer plain =
        ByteBuffer.allocate(all.remaining() + engine.getSession().getApplicationBufferSize());
    advance(channel, all, plain);
    rest = new byte[all.remaining()];
    all.get(rest);
    return plain.flip();
  }

  /** Goes on as far as there is something to read, to compute or to say. */
  private void advance(SocketChannel channel, ByteBuffer sealed, ByteBuffer plain)
      throws IOException {
    while (true) {
      HandshakeStatus status = engine.getHandshakeStatus();
      if (status == HandshakeStatus.NEED_TASK) {
        for (Runnable task = engine.getDelegatedTask();
            task != null;
            task = engine.getDelegatedTask()) {
          task.run();
        }
      } else if (status == HandshakeStatus.NEED_WRAP) {
        ByteBuffer record = record();
        SSLEngineResult result = engine.wrap(NOTHING.duplicate(), record);
        if (result.getStatus() == Status.CLOSED || !isWritten(channel, record.flip())) {
          throw new IOException("the handshake was cut");
        }
      } else {
        isReady |= status == HandshakeStatus.NOT_HANDSHAKING;
        if (!sealed.hasRemaining()) {
          return;
        }
        SSLEngineResult result = engine.unwrap(sealed, plain);
        if (result.getStatus() == Status.BUFFER_UNDERFLOW) {
          return;
        }
        if (result.getStatus() != Status.OK) {
          throw new IOException("TLS was ended by the server");
        }
      }
    }
  }

  private ByteBuffer record() {
    return ByteBuffer.allocate(engine.getSession().getPacketBufferSize());
  }

  private static boolean isWritten(SocketChannel channel, ByteBuffer record) throws IOException {
    int ignored = channel.write(record);
    return !record.hasRemaining();
  }
}
