package gyre.net;

import gyre.Fiber;
import gyre.engine.Block;
import gyre.engine.Engine;
import gyre.engine.Errno;
import gyre.engine.Receive;
import gyre.io.ByteQueue;
import org.jspecify.annotations.Nullable;

/**
 * The receiving half of a stream: what has arrived and is not consumed, and how it ended.
 *
 * <p>Receiving is one long operation. It is paused, by cancelling it, while the consumer does not
 * keep up, and goes on when half of what waited is consumed.
 */
final class Inbound extends Receive {
  /** Not ended; any other value of {@link #end} is the result that ended it: 0 or -errno. */
  static final int OPEN = 1;

  private final SocketStream stream;
  private final Engine engine;
  final ByteQueue bytes;
  @Nullable Fiber<?> reader;
  int end = OPEN;

  /** Something was sent since the last bytes were received. */
  boolean answered = true;

  /** The consumer has asked for nothing more until it says so. */
  boolean paused;

  Inbound(SocketStream stream, Engine engine) {
    this.stream = stream;
    this.engine = engine;
    this.bytes = new ByteQueue(engine.pool());
  }

  /** Receives from now on. */
  void start() {
    if (isIdle() && end == OPEN && !paused && stream.isOpen()) {
      engine.submit(this);
    }
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
  void keep() {
    if (!bytes.isEmpty()) {
      bytes.own();
    }
  }

  boolean isFull() {
    return bytes.size() >= stream.options().inputLimitBytes();
  }

  @Override
  public void received(Block block, int offset, int length) {
    if (!stream.isOpen()) {
      block.release();
      return;
    }
    bytes.append(block, offset, length);
    answered = false;
    if (isFull() || paused) {
      engine.cancel(this);
    }
    stream.arrived();
  }

  @Override
  public void stopped(int result) {
    if (!stream.isOpen()) {
      stream.operationEnded();
    } else if (result == Errno.ECANCELED.negated()) {
      if (!stream.inputStopped() && !isFull()) {
        start(); // what was too much has been consumed meanwhile
      }
    } else {
      end = stream.howItEnded(result);
      stream.inputEnded();
      stream.arrived();
    }
  }

  @Override
  public String toString() {
    return "receive of " + stream.name();
  }
}
