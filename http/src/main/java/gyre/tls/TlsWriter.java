package gyre.tls;

import gyre.Fiber;
import gyre.Handle;
import gyre.io.ByteQueue;
import gyre.io.ByteStream;
import gyre.io.OutputFullException;
import gyre.spi.Internals;
import gyre.stream.OutputWait;
import java.nio.ByteBuffer;

/**
 * The writes of a TLS stream: how much they take, and who waits. A fiber is parked while the output
 * is full, and so is the handler of another stream, whose bytes may wait. Any other callback is
 * refused what goes far beyond that: this stream's handler, which is told when it may go on, a
 * post, a timer.
 *
 * <p>Before each call the stream has checked that it may be written to.
 */
final class TlsWriter extends OutputWait {
  /** There is a reserve for so much, which is less than a small block. */
  private static final int LITTLE_BYTES = 1000;

  private final TlsStream stream;

  TlsWriter(TlsStream stream) {
    this.stream = stream;
  }

  void write(ByteBuffer source, Fiber<?> caller) {
    while (source.hasRemaining()) {
      if (stream.isOutputFull()) {
        full(caller, source.remaining());
      }
      appendSome(source, caller);
    }
  }

  void write(ByteQueue source, Fiber<?> caller) {
    if (stream.isOutputFull()) {
      full(caller, source.size());
    }
    stream.plain.append(source);
    stream.sendSoon();
    if (stream.isOutputFull() && !mustNotPark(caller)) {
      parkWriter(caller, Goal.ROOM);
    }
  }

  void flush(Fiber<?> caller) {
    while (!stream.isOutputDone()) {
      parkWriter(caller, Goal.ALL_SENT);
      stream.checkSending();
    }
  }

  private boolean mustNotPark(Fiber<?> caller) {
    Handle told = Internals.inCallbackOf(caller);
    boolean isPassedOn = told instanceof ByteStream && told != stream;
    return Internals.isCallback(caller) && !isPassedOn;
  }

  private void full(Fiber<?> caller, long more) {
    if (!mustNotPark(caller)) {
      parkWriter(caller, Goal.ROOM);
      return;
    }
    stream.outputFilled();
    long most = 4L * stream.options.outputLimitBytes();
    long unsent = stream.unsentBytes() + more;
    if (unsent > most) {
      throw new OutputFullException(
          stream.name()
              + ": "
              + more
              + " bytes more would make "
              + unsent
              + " unsent, and at most "
              + most
              + " may be: stop when isWritable() is false, go on in onDrained");
    }
  }

  /** Before something is written in parts, which must not be refused in the middle. */
  void checkRoom(long bytes, Fiber<?> caller) {
    if (!mustNotPark(caller)) {
      return;
    }
    if (stream.isOutputFull()) {
      full(caller, bytes);
    }
    if (!stream.plain.canAppend(bytes)) {
      throw noMemory(bytes);
    }
  }

  private OutputFullException noMemory(long bytes) {
    boolean ignored = stream.isWritable(); // it is told when there is memory
    stream.outputRefused();
    return new OutputFullException(
        stream.name()
            + ": the loop has no memory for "
            + bytes
            + " bytes at present: stop when isWritable() is false, go on in onDrained");
  }

  private void appendSome(ByteBuffer source, Fiber<?> caller) {
    if (mustNotPark(caller)) {
      appendAll(source);
      return;
    }
    int limit = source.limit();
    long room = Math.max(1, stream.options.outputLimitBytes() - stream.unsentBytes());
    source.limit((int) Math.min(limit, source.position() + room));
    try {
      if (stream.plain.tryAppend(source) || stream.plain.appendReserved(source) > 0) {
        stream.sendSoon();
        return;
      }
      if (stream.isOutputDone()) {
        stream.plain.append(source); // tells that there is no memory
        return;
      }
    } finally {
      source.limit(limit);
    }
    parkWriter(caller, Goal.MEMORY);
    stream.checkWritable();
  }

  /** All of it or nothing: who can't wait would not know how much. */
  private void appendAll(ByteBuffer source) {
    int length = source.remaining();
    if (!stream.plain.tryAppend(source)) {
      boolean isLittle = stream.plain.size() + length <= LITTLE_BYTES;
      if (!isLittle || stream.plain.appendReserved(source) < length) {
        throw noMemory(length);
      }
    }
    stream.sendSoon();
  }

  private void parkWriter(Fiber<?> caller, Goal goal) {
    park(caller, goal);
    stream.checkNotClosed(caller, "writing to");
    stream.checkOutputUnbroken();
  }

  // ---- as a source

  @Override
  protected boolean isReached(Goal wanted) {
    return isRefused()
        || switch (wanted) {
          case ROOM -> stream.isOutputDrained();
          case MEMORY, ALL_SENT -> stream.isOutputDone();
        };
  }

  /** A write would throw. */
  private boolean isRefused() {
    return stream.hasOutputFailed() || !stream.isOpen();
  }

  @Override
  protected boolean isWritable() {
    return isRefused() || stream.isOutputShut() || !stream.isOutputFull();
  }

  @Override
  protected void awaitWritable() {}

  @Override
  protected String name() {
    return stream.name();
  }

  @Override
  protected void checkMayWait() {
    stream.checkOnItsLoop();
  }

  @Override
  protected void begin() {
    stream.sendSoon();
  }

  @Override
  protected void end() {}
}
