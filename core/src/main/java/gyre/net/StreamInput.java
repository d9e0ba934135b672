package gyre.net;

import gyre.engine.Block;
import gyre.engine.BlockPool;
import gyre.engine.Engine;
import gyre.engine.Errno;
import gyre.engine.Receive;
import gyre.io.ByteQueue;

/**
 * The receiving half of a stream: what has arrived and is not consumed, and how it ended.
 *
 * <p>Receiving is one long operation. It is paused, by cancelling it, while the consumer does not
 * keep up, and goes on when half of what waited is consumed.
 */
final class StreamInput extends Receive {
  /** Not ended; any other value of {@link #end} is the result that ended it: 0 or -errno. */
  static final int OPEN = 1;

  private final SocketStream stream;
  private final Engine engine;
  final ByteQueue bytes;

  /** All that ever arrived. */
  long receivedBytes;

  int end = OPEN;

  /** The consumer has asked for nothing more until it says so. */
  boolean paused;

  /** Receiving has begun once. */
  private boolean wasActive;

  StreamInput(SocketStream stream, Engine engine) {
    this.stream = stream;
    this.engine = engine;
    this.bytes = new ByteQueue(engine.pool());
  }

  /** Receives from now on. */
  void start() {
    if (isIdle()
        && end == OPEN
        && !paused
        && stream.isOpen()
        && !stream.waitsForSink()
        && (!stream.memory.isTight() || stream.memory.mayReceive(stream))) {
      exact = stream.memoryState == MemoryState.GRANTED;
      wasActive = true;
      stream.stopWatching();
      engine.submit(this);
    }
  }

  /** Nothing is received, so that nobody would hear of a connection that breaks. */
  boolean isDeaf() {
    return isIdle() && end == OPEN && (wasActive || stream.memoryState == MemoryState.WAITING);
  }

  boolean isEnded() {
    return end != OPEN;
  }

  /** The consumer has taken something. */
  void consumed() {
    if (isIdle()
        && end == OPEN
        && !paused
        && bytes.size() <= stream.options().inputLimitBytes() / 2) {
      start();
    }
  }

  /** Bytes stay beyond this turn: don't hold memory that the engine receives into. */
  void copyPinned() {
    if (!bytes.isEmpty()) {
      boolean ignored = stream.memory.isTight() ? bytes.pack() : bytes.copyPinned();
    }
  }

  /** So much waits to be consumed that receiving pauses. */
  boolean isFull() {
    return bytes.size() >= limit();
  }

  private int limit() {
    int limit = stream.options().inputLimitBytes();
    if (!stream.memory.isTight()) {
      return limit;
    }
    return stream.memoryState == MemoryState.GRANTED
        ? stream.claim
        : Math.min(limit, BlockPool.LARGE_BYTES);
  }

  @Override
  public int allowance() {
    if (!stream.isOpen() || !stream.memory.isTight()) {
      return Integer.MAX_VALUE; // what a closing stream still gets is discarded
    }
    int allowance = stream.memory.allowance(stream);
    if (allowance == 0) {
      engine.cancel(this);
    }
    return allowance;
  }

  @Override
  public void received(Block block, int offset, int length) {
    if (!stream.isOpen()) {
      block.release();
      stream.end().discarded(length);
      return;
    }
    bytes.append(block, offset, length);
    stream.drainState().received();
    receivedBytes += length;
    if (stream.memory.isTight()) {
      receivedInNeed();
    }
    if (isFull() || paused) {
      engine.cancel(this);
    }
    stream.arrived();
  }

  /** Who needs much copies at once, into what was set aside, and asks before it gets more. */
  private void receivedInNeed() {
    stream.memory.received(stream);
    boolean isGranted = stream.memoryState == MemoryState.GRANTED;
    if (isGranted) {
      copyPinned(); // tightly, or it would hold more than was set aside
      stream.memory.received(stream);
    } else if (stream.wanted() > MemoryPolicy.FLOOR_BYTES) {
      copyPinned();
      stream.memory.kept(stream);
      engine.cancel(this);
    }
  }

  @Override
  public void ended(int result) {
    if (!stream.isOpen()) {
      stream.end().discardStopped(result);
    } else if (result == Errno.ECANCELED.negated()) {
      if (!stream.drainState().inputStopped() && (stream.memory.isTight() || !isFull())) {
        start(); // what was too much has been consumed meanwhile
      }
      if (isIdle()) {
        stream.beDeaf();
      }
    } else {
      end = stream.endResult(result);
      stream.drainState().inputEnded();
      stream.arrived();
    }
  }

  @Override
  public String toString() {
    return "receive of " + stream.name();
  }
}
