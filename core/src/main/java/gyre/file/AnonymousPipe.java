package gyre.file;

import gyre.Scope;
import gyre.engine.Engine;
import gyre.io.ByteStream;
import gyre.io.IoException;
import gyre.io.PipeOptions;
import gyre.spi.Internals;
import gyre.stream.DescriptorException;
import gyre.stream.DescriptorStream;

/**
 * A pipe of the kernel without a name: what is written to one end is read from the other.
 *
 * <p>Both ends are handles of the scope that it is opened in. Closing the writer is the end for the
 * reader, after what was written. Writing without a reader is an {@link IoException} with {@code
 * EPIPE}, never a signal. Not offered by the NIO engine: there {@code UnixStream.pair} does the
 * same.
 */
public final class AnonymousPipe implements AutoCloseable {
  private final DescriptorStream reader;
  private final DescriptorStream writer;

  private AnonymousPipe(DescriptorStream reader, DescriptorStream writer) {
    this.reader = reader;
    this.writer = writer;
  }

  public static AnonymousPipe open() {
    return open(PipeOptions.defaults());
  }

  /** Opens one in the current scope. */
  public static AnonymousPipe open(PipeOptions options) {
    Scope scope = Scope.current();
    Engine engine = Internals.engineToOpenIn(scope);
    int[] two = new int[2];
    check(engine.pipes().pipe(two));
    int result = engine.pipes().unblock(two[0]);
    if (result >= 0) {
      result = engine.pipes().unblock(two[1]);
    }
    if (result < 0) {
      engine.sockets().close(two[0]);
      engine.sockets().close(two[1]);
    }
    check(result);
    return new AnonymousPipe(
        new DescriptorStream(scope, "pipe-reader", null, two[0], -1, options),
        new DescriptorStream(scope, "pipe-writer", null, -1, two[1], options));
  }

  private static void check(int result) {
    if (result < 0) {
      throw DescriptorException.of("open", "pipe", result);
    }
  }

  /** The end to read from. */
  public ByteStream reader() {
    return reader;
  }

  /** The end to write to. */
  public ByteStream writer() {
    return writer;
  }

  /** Closes the writer, and then the reader. What nobody has read is lost. */
  @Override
  public void close() {
    writer.reset();
    reader.close();
  }
}
