package gyre.stream;

import gyre.Fiber;
import gyre.Scope;
import gyre.Source;
import gyre.io.ByteQueue;
import gyre.io.ByteRateLimit;
import gyre.io.ByteStream;
import gyre.io.DataHandler;
import gyre.io.PipeOptions;
import java.nio.ByteBuffer;
import org.jspecify.annotations.Nullable;

/**
 * A stream over any descriptors that are read from and written to without a position: the ends of
 * pipes, FIFOs, terminals, what a child process has for its input and output. One descriptor may
 * serve both directions, or each has one, or there is only one direction.
 *
 * <p>The directions fail apart: a pipe that nobody reads from any more says nothing of the one from
 * there. In push style a failure of either ends the stream, as of every kind.
 *
 * <p>The descriptors are the stream's from the call of the constructor on, and closed also if that
 * throws. They should be non-blocking, where nobody else shares them.
 */
public final class DescriptorStream extends DescriptorCore implements ByteStream {
  /**
   * @param kind as {@link #kind} says
   * @param label what names it to an operator: a path, a command; null if nothing does
   * @param readDescriptor -1 for a stream that is only written to
   * @param writeDescriptor -1 for a stream that is only read from; may be the same
   */
  public DescriptorStream(
      Scope owner,
      String kind,
      @Nullable String label,
      int readDescriptor,
      int writeDescriptor,
      PipeOptions options) {
    super(owner, kind, label, readDescriptor, writeDescriptor, options);
  }

  // ---- what makers of streams set

  /** Before anything is read: the end of a FIFO that nobody has opened yet is no end. */
  public void awaitOtherSide() {
    otherSide = new OtherSide(this, input.descriptor);
  }

  /** Keeps one more descriptor open as long as this stream. */
  public void keepOpen(int descriptor) {
    assert companion == NONE;
    companion = descriptor;
  }

  /** A terminal whose other side has gone fails with EIO, which is its way to tell of an end. */
  public void endsByError() {
    input.endsByError = true;
  }

  /** The one that it reads from, or else writes to. While it is open. */
  public int descriptor() {
    return input.exists() ? input.descriptor : output.descriptor;
  }

  // ---- direct style

  @Override
  public int read(ByteBuffer target) {
    if (!target.hasRemaining()) {
      throw new IllegalArgumentException("the buffer to read into is full");
    }
    if (!await(1)) {
      return -1;
    }
    int count = input.bytes.read(target);
    requestEndOfTurn(); // where what stays is kept elsewhere
    input.consumed();
    return count;
  }

  @Override
  public ByteQueue input() {
    checkThread();
    return input.bytes;
  }

  @Override
  public boolean await(int bytes) {
    Fiber<?> caller = caller();
    checkOpen();
    checkReadable();
    checkDirect();
    return input.reader.await(bytes, caller);
  }

  @Override
  public int awaitLimitBytes() {
    return options.inputLimitBytes();
  }

  @Override
  public void write(ByteBuffer source) {
    Fiber<?> caller = caller();
    checkWritable();
    output.writer.write(source, caller);
  }

  @Override
  public void write(ByteQueue source) {
    Fiber<?> caller = caller();
    checkWritable();
    output.writer.write(source, caller);
  }

  @Override
  public void write(byte[] source, int offset, int length) {
    checkOnLoop();
    checkWritable();
    long room = options.outputLimitBytes() - output.bytes.size();
    if (length <= room && output.bytes.tryAppend(source, offset, length)) {
      requestEndOfTurn(); // the usual case, with nothing allocated
    } else {
      write(ByteBuffer.wrap(source, offset, length));
    }
  }

  @Override
  public void flush() {
    Fiber<?> caller = caller();
    checkSending();
    output.writer.flush(caller);
  }

  @Override
  public void shutdownOutput() {
    checkOnLoop();
    checkOpen();
    if (output.exists()) {
      output.shut();
      output.writer.changed();
      requestEndOfTurn();
    }
  }

  @Override
  public void reset() {
    checkOnLoop();
    if (isOpen()) {
      abandon();
      close();
    }
  }

  // ---- rates

  @Override
  public void limitInput(ByteRateLimit limit) {
    checkOnLoop();
    checkOpen();
    checkReadable();
    input.limit(limit);
  }

  @Override
  public void limitOutput(ByteRateLimit limit) {
    checkOnLoop();
    checkOpen();
    checkHasOutput();
    output.limit(limit);
  }

  // ---- waiting for this or something else

  @Override
  public Source readable() {
    return readable(1);
  }

  @Override
  public Source readable(int bytes) {
    checkDirect();
    checkReadable();
    if (bytes < 1) {
      throw new IllegalArgumentException("readable(" + bytes + ") is always true");
    }
    input.reader.checkLimit(bytes);
    return input.reader.readable(bytes);
  }

  @Override
  public Source writable() {
    checkThread();
    checkHasOutput();
    return output.writer.writable();
  }

  @Override
  public Source drained() {
    checkThread();
    checkHasOutput();
    return output.writer.drained();
  }

  // ---- push style

  @Override
  public void onData(DataHandler handler) {
    checkOnLoop();
    checkOpen();
    checkReadable();
    input.reader.checkFree();
    if (push == null) {
      push = new DescriptorPush(this, input, output, handler);
    } else {
      push.replace(handler);
    }
    input.start();
    tellInput();
  }

  private void tellInput() {
    if (push != null && (!input.bytes.isEmpty() || input.isEnded())) {
      requestCallback();
    }
  }

  @Override
  public void pauseInput() {
    checkOnLoop();
    checkOpen();
    input.paused = true;
    input.wantNothing();
    engine().cancel(input);
  }

  @Override
  public void resumeInput() {
    checkOnLoop();
    checkOpen();
    input.paused = false;
    input.start();
    tellInput();
  }

  @Override
  public boolean isWritable() {
    checkThread();
    if (!isOpen() || output.descriptor < 0) {
      return false;
    }
    boolean isFull = output.isFull();
    if (isFull) {
      outputFilled();
    }
    return !isFull;
  }

  @Override
  public long pendingOutputBytes() {
    checkThread();
    return output.bytes.size();
  }

  @Override
  public long outputRoomBytes() {
    return isWritable() ? Math.max(0, options.outputLimitBytes() - output.bytes.size()) : 0;
  }
}
