package gyre.stream;

import gyre.Fiber;
import gyre.io.ByteQueue;
import gyre.io.OutputFullException;
import gyre.spi.Internals;
import java.nio.ByteBuffer;

/**
 * The writes of a stream over descriptors: how much they take, and who waits. Any fiber is parked
 * while the output is full, but the stream's own handler, which is told when it may go on.
 *
 * <p>Before each call the stream has checked that it may be written to.
 */
final class DescriptorWriter extends OutputWait {
  private final DescriptorStream stream;
  private final DescriptorOutput output;

  DescriptorWriter(DescriptorStream stream, DescriptorOutput output) {
    this.stream = stream;
    this.output = output;
  }

  void write(ByteBuffer source, Fiber<?> caller) {
    while (source.hasRemaining()) {
      if (output.isFull()) {
        full(caller, source.remaining());
      }
      appendSome(source, caller);
    }
  }

  void write(ByteQueue source, Fiber<?> caller) {
    if (output.isFull()) {
      full(caller, source.size());
    }
    output.append(source);
    stream.sendSoon();
    if (output.isFull() && !isOwnCallback(caller)) {
      parkWriter(caller, Goal.ROOM);
    }
  }

  void flush(Fiber<?> caller) {
    while (!output.isDone()) {
      parkWriter(caller, Goal.ALL_SENT);
      stream.checkSending();
    }
  }

  private boolean isOwnCallback(Fiber<?> caller) {
    return Internals.inCallbackOf(caller) == stream;
  }

  private void full(Fiber<?> caller, long more) {
    if (!isOwnCallback(caller)) {
      parkWriter(caller, Goal.ROOM);
      return;
    }
    stream.outputFilled();
    long most = 4L * stream.options().outputLimitBytes();
    if (output.bytes.size() + more > most) {
      throw new OutputFullException(
          stream.name()
              + ": "
              + more
              + " bytes more would make "
              + (output.bytes.size() + more)
              + " unsent, and at most "
              + most
              + " may be: stop when isWritable() is false, go on in onDrained");
    }
  }

  private void appendSome(ByteBuffer source, Fiber<?> caller) {
    int limit = source.limit();
    long room =
        isOwnCallback(caller)
            ? source.remaining()
            : Math.max(1, stream.options().outputLimitBytes() - output.bytes.size());
    source.limit((int) Math.min(limit, source.position() + room));
    try {
      if (output.bytes.tryAppend(source) || output.bytes.appendReserved(source) > 0) {
        stream.sendSoon();
        return;
      }
      if (output.isDone() || isOwnCallback(caller)) {
        output.bytes.append(source); // tells that there is no memory
        return;
      }
    } finally {
      source.limit(limit);
    }
    parkWriter(caller, Goal.MEMORY);
    stream.checkWritable();
  }

  private void parkWriter(Fiber<?> caller, Goal goal) {
    park(caller, goal);
    stream.checkNotClosed(caller, "writing to");
    stream.checkUnbroken();
  }

  // ---- as a source

  @Override
  protected boolean isReached(Goal wanted) {
    return isRefused()
        || switch (wanted) {
          case ROOM -> output.isDrained();
          case MEMORY, ALL_SENT -> output.isDone();
        };
  }

  /** A write would throw. */
  private boolean isRefused() {
    return output.hasFailed() || !stream.isOpen();
  }

  @Override
  protected boolean isWritable() {
    return isRefused() || output.isShut() || !output.isFull();
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
