package gyre.stream;

import gyre.engine.Block;
import gyre.engine.BlockPool;
import gyre.engine.Engine;
import gyre.engine.Errno;
import gyre.engine.ReadFile;
import gyre.io.ByteQueue;
import gyre.io.ByteRateLimit;
import org.jspecify.annotations.Nullable;

/**
 * The reading half of a stream over descriptors: what has arrived and is not consumed, and how it
 * ended.
 *
 * <p>One read is with the kernel at a time, into a block of the pool. None is begun while as much
 * waits as the limit allows, so the other side is held back by the kernel.
 */
final class DescriptorInput extends ReadFile {
  /** How far the input has come. */
  enum Progress {
    OPEN,
    /** The other side has finished. */
    ENDED,
    FAILED
  }

  private final DescriptorStream stream;
  private final Engine engine;
  final ByteQueue bytes;
  final DescriptorReader reader;
  private Progress progress = Progress.OPEN;
  private @Nullable StreamFailure failure;
  private @Nullable Block block;
  private ByteRateLimit.@Nullable Gate gate;

  /** All that ever arrived. */
  long receivedBytes;

  /** The consumer has asked for nothing more until it says so. */
  boolean paused;

  /** A terminal tells of its end by an error. */
  boolean endsByError;

  DescriptorInput(DescriptorStream stream, Engine engine, int descriptor) {
    this.stream = stream;
    this.engine = engine;
    this.bytes = new ByteQueue(engine.pool());
    this.reader = new DescriptorReader(stream, this);
    this.descriptor = descriptor;
  }

  /** There is a descriptor to read from. */
  boolean exists() {
    return descriptor >= 0;
  }

  boolean isEnded() {
    return progress != Progress.OPEN;
  }

  boolean isEndedInOrder() {
    return progress == Progress.ENDED;
  }

  @Nullable StreamFailure failure() {
    return failure;
  }

  private boolean isFull() {
    return bytes.size() >= stream.options().inputLimitBytes();
  }

  /** Reads no more than this from now on; a read that is under way goes on. */
  void limit(ByteRateLimit limit) {
    ByteRateLimit.Gate next =
        new ByteRateLimit.Gate(limit) {
          @Override
          protected void opened() {
            start();
          }
        };
    next.checkLoop(stream.loop());
    boolean wasWaiting = gate != null && gate.isWaiting();
    leaveLimit();
    gate = next;
    if (wasWaiting) {
      start();
    }
  }

  /** Nothing is read until start() asks again. */
  void wantNothing() {
    if (gate != null) {
      gate.leave();
    }
  }

  void leaveLimit() {
    if (gate != null) {
      gate.leave();
      gate = null;
    }
  }

  /** Reads on, if that is wanted and there is room. */
  void start() {
    if (!isIdle() || isEnded() || paused || isFull() || !stream.isOpen()) {
      return;
    }
    if (!stream.hasOtherSide()) {
      return; // it is told of that first
    }
    long room = stream.options().inputLimitBytes() - bytes.size();
    if (gate != null) {
      room = Math.min(room, gate.allowance());
      if (room == 0) {
        return; // it is told when it may go on
      }
    }
    Block taken = engine.pool().takeAny(room);
    if (taken == null) {
      taken = engine.pool().takeReserved(BlockPool.SMALL_BYTES);
    }
    if (taken == null) {
      stream.tryLater();
      return;
    }
    taken.filled = Block.NOT_FILLABLE;
    block = taken;
    address = taken.address;
    length = (int) Math.min(taken.capacity, room);
    engine.submit(this);
  }

  /** The consumer has taken something. */
  void consumed() {
    if (bytes.size() <= stream.options().inputLimitBytes() / 2) {
      start();
    }
  }

  /** Bytes stay beyond this turn: they must not hold more memory than they need. */
  void keep() {
    if (!bytes.isEmpty()) {
      bytes.copyPinned();
    }
  }

  void end(Progress as, @Nullable StreamFailure by) {
    if (progress == Progress.OPEN) {
      progress = as;
      failure = by;
      wantNothing();
    }
  }

  @Override
  public void ended(int result) {
    Block used = block;
    block = null;
    assert used != null : "read without memory";
    if (used != null) {
      if (result > 0 && stream.isOpen()) {
        bytes.append(used, 0, result);
      } else {
        used.release();
      }
    }
    if (!stream.isOpen()) {
      stream.operationEnded();
    } else {
      told(result);
    }
  }

  private void told(int result) {
    if (result > 0) {
      receivedBytes += result;
      boolean _ = gate == null || gate.moved(result); // start() asks again
    } else if (result == Errno.ECANCELED.negated() || result == Errno.EINTR.negated()) {
      start(); // where it was resumed meanwhile
      return;
    } else if (result == Errno.EAGAIN.negated()) {
      stream.tryLater();
      return;
    } else if (result == 0 || (endsByError && result == Errno.EIO.negated())) {
      end(Progress.ENDED, null);
    } else {
      end(Progress.FAILED, StreamFailure.of(DescriptorStream.READ, result));
    }
    start();
    stream.arrived();
  }

  @Override
  public String toString() {
    return "read of " + stream.name();
  }
}
