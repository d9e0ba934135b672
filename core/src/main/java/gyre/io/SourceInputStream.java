package gyre.io;

import gyre.ClosedException;
import java.io.IOException;
import java.io.InputStream;
import java.util.Objects;

/** See {@link ByteStream#asInputStream}. */
final class SourceInputStream extends InputStream {
  private final ByteSource source;
  private boolean isClosed;

  SourceInputStream(ByteSource source) {
    this.source = source;
  }

  private boolean awaitByte() throws IOException {
    checkOpen();
    try {
      return source.await(1);
    } catch (IoException e) {
      throw JdkFailures.of(e);
    } catch (ClosedException e) {
      throw JdkFailures.of(e);
    }
  }

  private void checkOpen() throws IOException {
    if (isClosed) {
      throw JdkFailures.closed();
    }
  }

  @Override
  public int read() throws IOException {
    return awaitByte() ? source.input().readUnsignedByte() : -1;
  }

  @Override
  public int read(byte[] target, int offset, int length) throws IOException {
    Objects.checkFromIndexSize(offset, length, target.length);
    if (length == 0) {
      return 0;
    }
    return awaitByte() ? source.input().read(target, offset, length) : -1;
  }

  @Override
  public int available() throws IOException {
    checkOpen();
    return (int) Math.min(Integer.MAX_VALUE, source.input().size());
  }

  @Override
  public void close() {
    isClosed = true;
  }
}
