package gyre.net;

import gyre.Fiber;
import gyre.Handle;
import gyre.engine.BlockPool;
import gyre.io.ByteQueue;
import gyre.io.ByteStream;
import gyre.io.OutputFullException;
import gyre.spi.Internals;
import gyre.stream.OutputWait;
import java.nio.ByteBuffer;

/**
 * The writes of a stream: how much they take, and who waits. A fiber is parked while the output is
 * full; a callback cannot be, and is refused what goes far beyond that.
 *
 * <p>Before each call the stream has checked that it may be written to.
 */
final class StreamWriter extends OutputWait {
  private final SocketStream stream;

  /** Of a write that waits for memory: the loop has some again. */
  private boolean isRoomTold;

  /** All that was sent when it began to wait. */
  private long sentBefore;

  StreamWriter(SocketStream stream) {
    this.stream = stream;
  }

  void write(ByteBuffer source, Fiber<?> caller) {
    while (source.hasRemaining()) {
      if (stream.output.isFull()) {
        awaitDrained(caller);
      }
      append(source, caller);
    }
    if (stream.output.isFull() && Internals.isCallback(caller)) {
      awaitDrained(caller);
    }
  }

  void write(ByteQueue source, Fiber<?> caller) {
    if (stream.output.isFull() && Internals.isCallback(caller)) {
      checkRoomToMove(source);
    }
    stream.output.append(source);
    stream.sendSoon();
    if (stream.output.isFull()) {
      awaitDrained(caller);
    }
  }

  void flush(Fiber<?> caller) {
    while (!stream.output.isDone()) {
      parkWriter(caller, Goal.ALL_SENT);
      stream.checkSending();
    }
  }

  private void append(ByteBuffer source, Fiber<?> caller) {
    if (Internals.isCallback(caller)) {
      appendAll(source);
    } else if (!appendSome(source)) {
      if (stream.output.isDone()) {
        stream.memory.awaitRoom(stream);
      }
      isRoomTold = false;
      sentBefore = stream.output.sentBytes;
      parkWriter(caller, Goal.MEMORY);
      stream.checkWritable();
      return;
    }
    stream.sendSoon();
  }

  /** All of it or nothing: callbacks can't wait. */
  private void appendAll(ByteBuffer source) {
    int length = source.remaining();
    checkLimit(length);
    if (!stream.output.bytes.tryAppend(source)) {
      boolean isLittle = stream.output.bytes.size() + length <= MemoryPolicy.FLOOR_BYTES;
      if (!isLittle || stream.output.bytes.appendReserved(source) < length) {
        throw outputFull(length, 0);
      }
    }
  }

  private void checkLimit(long length) {
    long most =
        Math.max(
            stream.memory.hardOutputLimit(stream.options().outputLimitBytes()),
            stream.output.limit());
    if (stream.output.bytes.size() + length > most
        && stream.output.bytes.heldBytes() + length > most) {
      throw outputFull(length, most);
    }
  }

  /** Before something is written in parts, which must not be refused in the middle. */
  void checkRoom(long bytes, Fiber<?> caller) {
    if (Internals.isCallback(caller)) {
      checkLimit(bytes);
      if (!stream.output.bytes.canAppend(bytes)) {
        throw outputFull(bytes, 0);
      }
    }
  }

  private void checkRoomToMove(ByteQueue source) {
    long most = stream.memory.hardMoveLimit(stream.options().outputLimitBytes());
    if (stream.output.bytes.size() + source.size() > most
        && stream.output.bytes.heldBytes() + source.heldBytes() > most) {
      throw outputFull(source.size(), most);
    }
  }

  private OutputFullException outputFull(long length, long most) {
    stream.memory.writeRefused();
    stream.refuseUntilDrained();
    long unsent = stream.output.bytes.size();
    String limit =
        most > 0 ? "at most " + most + " may be" : "the loop has no memory for that at present";
    return new OutputFullException(
        stream.name()
            + ": "
            + length
            + " bytes more would make "
            + (unsent + length)
            + " unsent, and "
            + limit
            + ": stop when isWritable() is false, go on in onDrained");
  }

  /** As much as there is room for; the first KiB comes from the reserve. False if nothing. */
  private boolean appendSome(ByteBuffer source) {
    int limit = source.limit();
    long room = Math.max(1, stream.output.limit() - stream.output.bytes.size());
    source.limit((int) Math.min(limit, source.position() + room));
    try {
      if (stream.output.bytes.tryAppend(source)) {
        return true;
      }
      source.limit(Math.min(source.limit(), source.position() + BlockPool.LARGE_BYTES));
      return stream.output.bytes.tryAppend(source)
          || stream.output.bytes.appendReserved(source) > 0;
    } finally {
      source.limit(limit);
    }
  }

  private void awaitDrained(Fiber<?> caller) {
    if (Internals.isCallback(caller)) {
      stream.outputFilled();
      Handle told = Internals.inCallbackOf(caller);
      if (!(told instanceof ByteStream) || told == stream) {
        return;
      }
      if (told instanceof SocketStream source) {
        source.waitFor(stream);
        return;
      }
      // The handler of a stream above another, as that of TLS: its bytes wait while it is parked.
    }
    while (!stream.output.isDrained()) {
      parkWriter(caller, Goal.ROOM);
      stream.checkWritable();
    }
  }

  private void parkWriter(Fiber<?> caller, Goal goal) {
    park(caller, goal);
    stream.checkNotClosed(caller, "writing to");
  }

  /** The loop has memory again. */
  void roomCame() {
    isRoomTold = true;
    changed();
  }

  // ---- as a source

  @Override
  protected boolean isReached(Goal wanted) {
    return switch (wanted) {
          case ROOM -> stream.output.isDrained();
          case MEMORY ->
              isRoomTold || (stream.output.sentBytes > sentBefore && stream.output.isDrained());
          case ALL_SENT -> stream.output.isDone();
        }
        || isRefused();
  }

  /** A write would throw. */
  private boolean isRefused() {
    return stream.output.hasFailed() || stream.hasBreakage() || !stream.isOpen();
  }

  @Override
  protected boolean isWritable() {
    return isRefused()
        || stream.output.isShut()
        || (!stream.output.isFull() && stream.memory.hasRoomToWrite());
  }

  @Override
  protected void awaitWritable() {
    if (stream.output.isDone()) {
      stream.memory.awaitRoom(stream); // otherwise it is told when something has been sent
    }
  }

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
