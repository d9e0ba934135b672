package gyre.io;

import gyre.ClosedException;
import java.io.IOException;
import java.io.OutputStream;
import java.util.Objects;

/** See {@link ByteStream#asOutputStream}. */
final class SinkOutputStream extends OutputStream {
  private final ByteStream stream;
  private final byte[] single = new byte[1];
  private boolean isClosed;

  SinkOutputStream(ByteStream stream) {
    this.stream = stream;
  }

  @Override
  public void write(int value) throws IOException {
    single[0] = (byte) value;
    write(single, 0, 1);
  }

  @Override
  public void write(byte[] source, int offset, int length) throws IOException {
    Objects.checkFromIndexSize(offset, length, source.length);
    checkOpen();
    try {
      stream.write(source, offset, length);
    } catch (IoException e) {
      throw JdkFailures.of(e);
    } catch (ClosedException e) {
      throw JdkFailures.of(e);
    }
  }

  @Override
  public void flush() throws IOException {
    checkOpen();
    try {
      stream.flush();
    } catch (IoException e) {
      throw JdkFailures.of(e);
    } catch (ClosedException e) {
      throw JdkFailures.of(e);
    }
  }

  /** Flushes first: whoever closes wants to hear of what could not be sent. */
  @Override
  public void close() throws IOException {
    if (isClosed) {
      return;
    }
    try {
      flush();
      stream.shutdownOutput();
    } catch (ClosedException e) {
      throw JdkFailures.of(e);
    } finally {
      isClosed = true;
    }
  }

  private void checkOpen() throws IOException {
    if (isClosed) {
      throw JdkFailures.closed();
    }
  }
}
