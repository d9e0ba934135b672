package gyre.net;

import gyre.engine.Block;
import gyre.engine.BlockPool;
import gyre.engine.Engine;
import gyre.engine.Errno;
import gyre.engine.Receive;
import gyre.io.ByteQueue;
import gyre.io.ByteRateLimit;
import org.jspecify.annotations.Nullable;

/**
 * The receiving half of a stream: what has arrived and is not consumed, and how it ended.
 *
 * <p>Receiving is one long operation. It is paused, by cancelling it, while the consumer does not
 * keep up, and goes on when half of what waited is consumed.
 */
final class StreamInput extends Receive {
  /** How far the input has come. */
  private enum Progress {
    OPEN,
    /** The peer has finished sending. */
    ENDED,
    BROKEN
  }

  /** What the consumer wants: from NONE to one of the others, and then between those two. */
  private enum Demand {
    /** Nobody has asked for anything yet. */
    NONE,
    WANTED,
    /** The consumer has asked for nothing more until it says so. */
    PAUSED
  }

  private final SocketStream stream;
  final Engine engine;
  final ByteQueue bytes;

  /** All that ever arrived. */
  long receivedBytes;

  private Progress progress = Progress.OPEN;

  /** The -errno that it broke of. */
  private int failure;

  private Demand demand = Demand.NONE;
  private ByteRateLimit.@Nullable Gate gate;

  StreamInput(SocketStream stream, Engine engine) {
    this.stream = stream;
    this.engine = engine;
    this.bytes = new ByteQueue(engine.pool());
  }

  /** Receives no more than this from now on. */
  void limit(ByteRateLimit limit) {
    ByteRateLimit.Gate next =
        new ByteRateLimit.Gate(limit) {
          @Override
          protected void opened() {
            startIfWanted();
          }
        };
    next.checkLoop(stream.loop());
    leaveLimit();
    gate = next;
    if (isIdle()) {
      startIfWanted();
    } else {
      engine.cancel(this); // and goes on as it may
    }
  }

  private void startIfWanted() {
    if (demand == Demand.WANTED) {
      start();
    }
  }

  /** Nothing is received until start() asks again. */
  private void wantNothing() {
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

  /** Receives from now on. */
  void start() {
    if (isIdle()
        && !isEnded()
        && !isPaused()
        && stream.isOpen()
        && !stream.waitsForSink()
        && (!stream.memory.isTight() || stream.memory.mayReceive(stream))) {
      exact = gate != null || stream.memoryState == MemoryState.GRANTED;
      demand = Demand.WANTED;
      if (gate != null && gate.allowance() == 0) {
        stream.beDeaf();
        return;
      }
      stream.stopWatching();
      engine.submit(this);
    }
  }

  /** Nothing is received, so that nobody would hear of a connection that breaks. */
  boolean isDeaf() {
    return isIdle()
        && !isEnded()
        && (demand != Demand.NONE || stream.memoryState == MemoryState.WAITING);
  }

  boolean isEnded() {
    return progress != Progress.OPEN;
  }

  boolean isEndedInOrder() {
    return progress == Progress.ENDED;
  }

  /** The -errno that it broke of. */
  int failure() {
    assert progress == Progress.BROKEN : this + " is " + progress;
    return failure;
  }

  /**
   * Nothing more comes.
   *
   * @param result 0 where the peer has finished in order, or -errno
   */
  void end(int result) {
    assert progress == Progress.OPEN : this + " ends twice: " + progress + ", and then " + result;
    assert result <= 0 : this + " ends by " + result;
    progress = result == 0 ? Progress.ENDED : Progress.BROKEN;
    failure = result;
    wantNothing();
  }

  boolean isPaused() {
    return demand == Demand.PAUSED;
  }

  /** The consumer wants nothing for now. */
  void pause() {
    demand = Demand.PAUSED;
    wantNothing();
    engine.cancel(this);
  }

  /** The consumer wants what comes. */
  void resume() {
    if (isPaused()) {
      demand = Demand.WANTED;
    }
    start();
  }

  /** The consumer has taken something. */
  void consumed() {
    if (isIdle()
        && !isEnded()
        && !isPaused()
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
        ? stream.holding().claim
        : Math.min(limit, BlockPool.LARGE_BYTES);
  }

  @Override
  public int allowance() {
    if (!stream.isOpen()) {
      return Integer.MAX_VALUE; // what a closing stream still gets is discarded
    }
    int allowance = stream.memory.isTight() ? stream.memory.allowance(stream) : Integer.MAX_VALUE;
    if (gate != null && allowance > 0) {
      allowance = (int) Math.min(allowance, gate.allowance());
    }
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
    engine.counters().bytesReceived += length;
    if (stream.memory.isTight()) {
      receivedInNeed();
    }
    boolean mayGoOn = gate == null || gate.moved(length);
    if (!mayGoOn || isFull() || isPaused()) {
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
      end(stream.endResult(result));
      stream.drainState().inputEnded();
      stream.arrived();
    }
  }

  @Override
  public String toString() {
    return "receive of " + stream.name();
  }
}
