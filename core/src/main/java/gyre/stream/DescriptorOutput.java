package gyre.stream;

import gyre.engine.Engine;
import gyre.engine.Errno;
import gyre.engine.WriteFile;
import gyre.io.ByteQueue;
import gyre.io.ByteRateLimit;
import org.jspecify.annotations.Nullable;

/**
 * The writing half of a stream over descriptors: what waits to be written, at most one write with
 * the kernel, and how it ended. New bytes are only ever appended behind those that the kernel has.
 */
final class DescriptorOutput extends WriteFile {
  /** How far the end of the output has come. */
  private enum End {
    /** More may be written. */
    OPEN,
    /** No bytes may follow; the other side is told once all are written. */
    ASKED,
    /** The other side was told. */
    TOLD
  }

  private final DescriptorStream stream;
  private final Engine engine;
  final ByteQueue bytes;
  final DescriptorWriter writer;

  /** There is one to write to, or was until the end was told. */
  private final boolean exists;

  private ByteRateLimit.@Nullable Gate gate;
  private ByteRateLimit.@Nullable Gate nextGate;
  private End end = End.OPEN;
  private @Nullable StreamFailure failure;

  /** All that the kernel ever took. */
  long sentBytes;

  DescriptorOutput(DescriptorStream stream, Engine engine, int descriptor) {
    this.stream = stream;
    this.engine = engine;
    this.bytes = new ByteQueue(engine.pool());
    this.writer = new DescriptorWriter(stream, this);
    this.descriptor = descriptor;
    this.exists = descriptor >= 0;
  }

  /** It is not only read from. */
  boolean exists() {
    return exists;
  }

  boolean isFull() {
    return bytes.size() >= stream.options().outputLimitBytes();
  }

  boolean isDrained() {
    return bytes.size() <= stream.options().outputLimitBytes() / 2;
  }

  /** Everything written is with the kernel, or never will be. */
  boolean isDone() {
    return isIdle() && (bytes.isEmpty() || failure != null);
  }

  @Nullable StreamFailure failure() {
    return failure;
  }

  boolean hasFailed() {
    return failure != null;
  }

  /** Writes no more than this from now on. */
  void limit(ByteRateLimit limit) {
    ByteRateLimit.Gate next =
        new ByteRateLimit.Gate(limit) {
          @Override
          protected void opened() {
            stream.sendSoon();
          }
        };
    next.checkLoop(stream.loop());
    nextGate = next;
    if (isIdle()) {
      changeGate();
    }
  }

  /** What is in flight is settled with the limit that it was taken from. */
  private void changeGate() {
    if (nextGate != null) {
      leaveLimit();
      gate = nextGate;
      nextGate = null;
      stream.sendSoon();
    }
  }

  void leaveLimit() {
    if (gate != null) {
      gate.leave();
      gate = null;
    }
  }

  /** At the end of a turn. */
  void flush() {
    if (!isIdle() || failure != null) {
      return;
    }
    if (!bytes.isEmpty()) {
      address = bytes.firstAddress();
      length = bytes.firstLength();
      if (gate != null) {
        length = (int) gate.take(length);
        if (length == 0) {
          return; // it is told when it may go on
        }
      }
      engine.submit(this);
    } else if (end == End.ASKED) {
      end = End.TOLD;
      stream.endOutput();
    }
  }

  /** No bytes may follow those which were written. */
  void shut() {
    if (end == End.OPEN) {
      end = End.ASKED;
    }
  }

  boolean isShut() {
    return end != End.OPEN;
  }

  /** Takes over all of {@code source}. */
  void append(ByteQueue source) {
    if (!isIdle()) {
      source.copyPinned(); // it will stay for a while
    }
    bytes.append(source);
  }

  /** Nothing is written any more; what was not is lost. */
  void fail(StreamFailure by) {
    if (failure == null) {
      failure = by;
    }
    if (isIdle()) {
      bytes.clear();
    } else {
      engine.cancel(this);
    }
  }

  @Override
  public void ended(int result) {
    if (gate != null) {
      gate.settle(Math.max(0, result));
    }
    changeGate();
    if (result > 0) {
      bytes.drain(result);
      sentBytes += result;
      if (!bytes.isEmpty()) {
        bytes.copyPinned(); // a slow reader must not hold the memory of others
      }
    } else if (result == Errno.EAGAIN.negated() && failure == null) {
      stream.tryLater();
      return;
    } else if (result != Errno.EINTR.negated() && failure == null) {
      int error = result == 0 ? Errno.EIO.negated() : result;
      failure = StreamFailure.of(DescriptorStream.WRITE, error);
    }
    if (failure != null) {
      bytes.clear();
    }
    flush();
    stream.departed();
  }

  @Override
  public String toString() {
    return "write of " + stream.name();
  }
}
