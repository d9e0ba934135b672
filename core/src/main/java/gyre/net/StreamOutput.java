package gyre.net;

import gyre.engine.BlockPool;
import gyre.engine.Engine;
import gyre.engine.Errno;
import gyre.engine.Send;
import gyre.engine.Vector;
import gyre.io.ByteQueue;
import gyre.io.ByteRateLimit;
import org.jspecify.annotations.Nullable;

/**
 * The sending half of a stream: what waits to be sent, at most one send in flight, and how it
 * ended.
 *
 * <p>What is written during a turn goes out at its end in one send. New bytes are only ever
 * appended behind those that the kernel has.
 */
final class StreamOutput extends Send {
  /** So much of a block that the rest may lie in a part of it which is worth to be copied. */
  private static final int LOOK_BYTES = BlockPool.LARGE_BYTES / 2;

  private final SocketStream stream;
  private final Engine engine;
  final ByteQueue bytes;

  /** All that the kernel ever took. */
  long sentBytes;

  /** What of them had been when it was last looked for memory of others. */
  private long lookedAtBytes;

  /** Bytes may lie in memory that the engine receives into, or in a small part of a large block. */
  private boolean hasForeign;

  /** How far the end of the output has come. */
  private enum End {
    /** More may be written. */
    OPEN,
    /** No bytes may follow; the peer is told once all are sent. */
    ASKED,
    /** The peer was told. */
    TOLD
  }

  /** What becomes of what was written: from SENDING to one of the others, and no further. */
  private enum Fate {
    /** It is sent. */
    SENDING,
    /** All was sent, and nothing more will be. */
    GIVEN_UP,
    /** A part will never be sent: the peer must not be told of an orderly end. */
    CUT
  }

  private ByteRateLimit.@Nullable Gate gate;
  private ByteRateLimit.@Nullable Gate nextGate;
  private End end = End.OPEN;
  private Fate fate = Fate.SENDING;

  /** Unless it is SENDING: the -errno that ended it. */
  private int failure;

  StreamOutput(SocketStream stream, Engine engine) {
    this.stream = stream;
    this.engine = engine;
    this.bytes = new ByteQueue(engine.pool());
  }

  boolean isFull() {
    return bytes.size() >= limit();
  }

  boolean isDrained() {
    return bytes.size() <= limit() / 2;
  }

  /** So many unsent bytes are enough. */
  int limit() {
    return stream.memory.outputLimit(stream.options().outputLimitBytes());
  }

  /** Everything written is with the kernel, or never will be. */
  boolean isDone() {
    return isIdle() && (bytes.isEmpty() || hasFailed());
  }

  /** Nothing is sent any more, be it that the kernel said so or that it was given up. */
  boolean hasFailed() {
    return fate != Fate.SENDING;
  }

  /** The -errno that ended it; 0 while it has not failed. */
  int failure() {
    return failure;
  }

  /** Bytes that were written will never be sent. */
  boolean isCut() {
    return fate == Fate.CUT;
  }

  /** Sends nothing more. */
  void giveUp() {
    if (fate == Fate.SENDING) {
      become(isDone() ? Fate.GIVEN_UP : Fate.CUT, Errno.ECANCELED.negated());
    }
  }

  /** Gives up, and drops what was not sent, of which the kernel may still hold a part. */
  void drop() {
    if (fate == Fate.SENDING && !bytes.isEmpty()) {
      become(Fate.CUT, Errno.ECANCELED.negated());
    }
    if (isIdle()) {
      bytes.clear();
    }
  }

  private void become(Fate next, int by) {
    assert by < 0 && next != Fate.SENDING : this + " fails by " + by;
    assert fate == Fate.SENDING || fate == next : this + " goes from " + fate + " to " + next;
    fate = next;
    failure = by;
  }

  /**
   * Whether a send was told that the connection broke; EPIPE also comes after an orderly end of the
   * other direction, and a want of memory is no matter of the connection.
   */
  boolean isConnectionBroken() {
    return failure == Errno.ECONNRESET.negated()
        || failure == Errno.ETIMEDOUT.negated()
        || failure == Errno.EHOSTUNREACH.negated()
        || failure == Errno.ENETUNREACH.negated()
        || failure == Errno.ECONNABORTED.negated();
  }

  /** Sends no more than this from now on. */
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
    leaveLimit();
    gate = nextGate;
    nextGate = null;
    stream.sendSoon();
  }

  void leaveLimit() {
    if (gate != null) {
      gate.leave();
      gate = null;
    }
  }

  /** At the end of a turn. */
  void flush() {
    if (!isIdle()) {
      hurry();
      return;
    }
    if (hasFailed()) {
      return;
    }
    if (!bytes.isEmpty()) {
      if (gate != null && gate.take(bytes.size()) == 0) {
        return; // it is told when it may go on
      }
      awaited = isShut() || !stream.isOpen() || stream.watchesOutput();
      stream.drainState().sent();
      engine.submit(this);
    } else if (isShut()) {
      finish();
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

  /** Whether there is something to do at the end of a turn. */
  boolean isPending() {
    return !bytes.isEmpty() || end == End.ASKED;
  }

  /** Tells the peer that nothing more comes. */
  void finish() {
    if (end != End.TOLD) {
      end = End.TOLD;
      engine.sockets().shutdownOutput(descriptor);
    }
  }

  /** Something was written that the peer may want to read. */
  boolean hasBegun() {
    return sentBytes > 0 || !bytes.isEmpty();
  }

  /**
   * Somebody has begun to wait for a send whose success the engine may keep for itself, if only the
   * bytes that were written behind it.
   */
  private void hurry() {
    if (!awaited) {
      awaited = true;
      engine.hurry();
    }
  }

  /**
   * A slow peer must not hold the memory that the engine receives into. Looked at only where there
   * may be such: a peer that takes a byte at a time would have all that waits looked at each time.
   */
  private void copyPinned() {
    boolean isDue = hasForeign || sentBytes - lookedAtBytes >= LOOK_BYTES;
    if (isDue && !bytes.isEmpty()) {
      lookedAtBytes = sentBytes;
      hasForeign = !bytes.copyPinned();
    }
  }

  /** Takes over all of {@code source}. */
  void append(ByteQueue source) {
    boolean isSettled = !isIdle() && source.copyPinned(); // it will stay for a while
    hasForeign |= !isSettled;
    bytes.append(source);
  }

  @Override
  public int gather(Vector vector) {
    return gate == null ? bytes.gather(vector) : bytes.gather(vector, gate.take(bytes.size()));
  }

  @Override
  public void ended(int result) {
    if (gate != null) {
      gate.settle(Math.max(0, result));
    }
    if (nextGate != null) {
      changeGate();
    }
    if (result >= 0) {
      bytes.drain(result);
      sentBytes += result;
      engine.counters().bytesSent += result;
      copyPinned();
    } else if (result == Errno.EAGAIN.negated()) {
      copyPinned();
    } else if (result != Errno.EINTR.negated()) {
      become(Fate.CUT, result);
      bytes.clear();
    }
    stream.departed();
  }

  @Override
  public String toString() {
    return "send of " + stream.name();
  }
}
