package gyre.net;

import gyre.engine.Engine;
import gyre.engine.Errno;

/**
 * The end of a stream whose peer may still be sending. A kernel that is told to close a socket with
 * unread input resets the connection, and the peer may lose the answer that it has not read. So the
 * output is shut down, and what comes is received and discarded until the peer ends too, within
 * limits of bytes and time.
 *
 * <pre>
 *   LOOKING --something has arrived--&gt; DISCARDING --the end, or a limit--&gt; OVER
 *      '----------------- nothing is there ----------------------------------^
 * </pre>
 */
final class Lingering {
  /** A receive that is submitted in one turn has found what is there in the next. */
  private static final int TURNS_TO_LOOK = 2;

  private enum Phase {
    /** Nothing was being received: whether something is unread is only known to the kernel. */
    LOOKING,
    DISCARDING,
    OVER
  }

  private final StreamInput input;
  private final StreamOutput output;
  private final Engine engine;
  private Phase phase;
  private int turns;
  private long leftBytes;

  Lingering(
      StreamInput input,
      StreamOutput output,
      Engine engine,
      boolean isUnread,
      long discardLimitBytes) {
    this.input = input;
    this.output = output;
    this.engine = engine;
    this.phase = isUnread ? Phase.DISCARDING : Phase.LOOKING;
    this.leftBytes = discardLimitBytes;
    receive();
  }

  private void receive() {
    if (input.isIdle()) {
      engine.submit(input);
    }
  }

  boolean isOver() {
    return phase == Phase.OVER;
  }

  void discarded(int bytes) {
    leftBytes -= bytes;
    if (leftBytes <= 0) {
      end();
    } else if (phase == Phase.LOOKING) {
      phase = Phase.DISCARDING;
    }
  }

  /** The receive has ended. One that was cancelled before the stream closed begins anew. */
  void stopped(int result) {
    if (phase != Phase.OVER && result == Errno.ECANCELED.negated()) {
      receive();
    } else {
      phase = Phase.OVER;
    }
  }

  /** Everything is sent: the peer is told that nothing more comes. */
  void outputDone() {
    if (output.hasFailed()) {
      end();
    } else if (phase == Phase.DISCARDING) {
      output.finish();
    }
  }

  /** Whether to come again at the end of the next turn. */
  boolean looksOn() {
    if (phase != Phase.LOOKING || !output.isDone()) {
      return false;
    }
    if (turns++ < TURNS_TO_LOOK) {
      return true;
    }
    end();
    return false;
  }

  void end() {
    if (phase != Phase.OVER) {
      phase = Phase.OVER;
      engine.cancel(input);
    }
  }
}
