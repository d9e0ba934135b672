package gyre.net;

import java.io.EOFException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.StandardSocketOptions;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;

/** A TCP client outside of any loop; what it does may block. */
final class Peer implements AutoCloseable {
  private static final int PATIENCE_MILLIS = 30_000;

  private final SocketChannel channel;
  private int written;

  Peer(int port) throws IOException {
    channel = SocketChannel.open(new InetSocketAddress(InetAddress.getLoopbackAddress(), port));
    Socket socket = channel.socket();
    socket.setSoTimeout(PATIENCE_MILLIS);
  }

  /** As much of so many bytes as the kernel takes without waiting. */
  void writeWhatIsTaken(int bytes) throws IOException {
    channel.configureBlocking(false);
    ByteBuffer part = ByteBuffer.allocate(bytes);
    while (part.hasRemaining() && channel.write(part) > 0) {
      // go on
    }
    written += part.position();
    channel.configureBlocking(true);
  }

  /** What is missing until so many bytes have been written. */
  void writeRest(int total) throws IOException {
    ByteBuffer rest = ByteBuffer.allocate(total - written);
    while (rest.hasRemaining()) {
      written += channel.write(rest);
    }
  }

  void writeQuietly(int total) {
    ByteBuffer part = ByteBuffer.allocate(1 << 16);
    try {
      for (int left = total; left > 0; ) {
        part.clear().limit(Math.min(left, part.capacity()));
        while (part.hasRemaining()) {
          left -= channel.write(part);
        }
      }
    } catch (IOException closed) {
      // that is for the reader to notice
    }
  }

  void expect(int bytes) throws IOException {
    long got = read(bytes);
    if (got < bytes) {
      throw new EOFException("ended after " + got + " of " + bytes + " bytes");
    }
  }

  long read(int bytes) throws IOException {
    ByteBuffer into = ByteBuffer.allocate(1 << 16);
    long got = 0;
    while (got < bytes) {
      into.clear().limit((int) Math.min(into.capacity(), bytes - got));
      int count = channel.read(into);
      if (count < 0) {
        return got;
      }
      got += count;
    }
    return got;
  }

  void readAll() {
    try {
      long ignored = read(Integer.MAX_VALUE);
    } catch (IOException closed) {
      // by the test
    }
  }

  void exchange(int bytes) throws IOException {
    ByteBuffer out = ByteBuffer.allocate(bytes);
    while (out.hasRemaining()) {
      channel.write(out);
    }
    expect(bytes);
  }

  void reset() {
    try {
      channel.setOption(StandardSocketOptions.SO_LINGER, 0);
      channel.close();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  @Override
  public void close() {
    try {
      channel.close();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
