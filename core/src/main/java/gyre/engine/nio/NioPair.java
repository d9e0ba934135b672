package gyre.engine.nio;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.security.SecureRandom;
import org.jspecify.annotations.Nullable;

/**
 * Two ends of one connection, made over a listener that anybody may connect to.
 *
 * <p>The one end sends a secret right after connecting, and of what is accepted only the connection
 * that brings the secret is the other end. Nothing here waits: the secret is in the socket's buffer
 * before anything is accepted, so a connection without it is a stranger's.
 */
record NioPair(SocketChannel left, SocketChannel right) {
  private static final int SECRET_BYTES = 16;

  /** Strangers that are turned away before the attempt is given up. */
  private static final int STRANGERS_LIMIT = 64;

  /** Both ends do not block; the listener stays open, and is the caller's. */
  static NioPair over(ServerSocketChannel server) throws IOException {
    server.configureBlocking(false);
    SocketChannel left = SocketChannel.open(server.getLocalAddress());
    SocketChannel right = null;
    try {
      left.configureBlocking(false);
      byte[] secret = new byte[SECRET_BYTES];
      new SecureRandom().nextBytes(secret);
      if (left.write(ByteBuffer.wrap(secret)) != SECRET_BYTES) {
        throw new IOException("cannot allocate memory for a pair of sockets");
      }
      right = acceptOneWith(server, secret);
      return new NioPair(left, right);
    } finally {
      if (right == null) {
        NioSockets.close(left);
      }
    }
  }

  private static SocketChannel acceptOneWith(ServerSocketChannel server, byte[] secret)
      throws IOException {
    for (int strangers = 0; strangers <= STRANGERS_LIMIT; strangers++) {
      SocketChannel accepted = server.accept();
      if (accepted == null) {
        break;
      }
      boolean isOurs = false;
      try {
        accepted.configureBlocking(false);
        isOurs = brings(accepted, secret);
      } finally {
        if (!isOurs) {
          NioSockets.close(accepted);
        }
      }
      if (isOurs) {
        return accepted;
      }
    }
    throw new IOException("connection abort: strangers connect to a pair of sockets");
  }

  private static boolean brings(SocketChannel accepted, byte[] secret) {
    ByteBuffer said = ByteBuffer.allocate(secret.length);
    @Nullable IOException broken = null;
    try {
      int ignored = accepted.read(said);
    } catch (IOException gone) {
      broken = gone;
    }
    return broken == null && said.flip().equals(ByteBuffer.wrap(secret));
  }
}
