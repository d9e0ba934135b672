package gyre.net;

import gyre.CancelledException;
import gyre.engine.Engine;

/**
 * When an accepted stream whose loop or server ends may end too: as soon as nothing is under way.
 *
 * <p>What has arrived may lie in the kernel, or on its way from there. So receiving is stopped, and
 * then the kernel is asked.
 *
 * <pre>
 *   UNKNOWN --nothing is under way--&gt; STOPPING --the kernel has nothing--&gt; CERTAIN
 *      ^------------ something has arrived ----'
 * </pre>
 */
final class StreamDrain {
  /** Whether an answer is under way. */
  private enum Work {
    /** Nobody has said so: from when something was received until something is sent. */
    INFERRED,
    /** The user has said so. */
    BUSY,
    /** The user has said that there is none. */
    IDLE
  }

  private enum Idleness {
    UNKNOWN,
    STOPPING,
    CERTAIN
  }

  private final SocketStream stream;
  private final Engine engine;
  private final StreamInput input;
  private Work work = Work.INFERRED;
  private Idleness idleness = Idleness.UNKNOWN;

  /** Something was sent since the last bytes were received. */
  private boolean isAnswered = true;

  StreamDrain(SocketStream stream, Engine engine, StreamInput input) {
    this.stream = stream;
    this.engine = engine;
    this.input = input;
  }

  void busy(boolean on) {
    work = on ? Work.BUSY : Work.IDLE;
  }

  void received() {
    isAnswered = false;
  }

  void sent() {
    isAnswered = true;
  }

  /**
   * Whether nothing is under way on this accepted connection. One that was made from here may have
   * its answer under way, on which that of an accepted one may depend.
   */
  boolean isIdle() {
    return stream.isQuiet() && !isAnswering();
  }

  private boolean isAnswering() {
    return switch (work) {
      case INFERRED -> !isAnswered;
      case BUSY -> true;
      case IDLE -> false;
    };
  }

  /** Nothing is under way, and nothing will be. */
  boolean isOver() {
    return idleness == Idleness.CERTAIN;
  }

  /** For a reader, before and after it waits. */
  void checkWanted() {
    if (isOver()) {
      throw new CancelledException(
          stream.name() + " is idle, and its loop or server is ending", null);
    }
  }

  /** The loop or the server is ending, or something has changed meanwhile. */
  void look() {
    if (idleness != Idleness.UNKNOWN || !isIdle() || !stream.isWaitingForInput()) {
      return;
    }
    idleness = Idleness.STOPPING;
    if (!input.isIdle()) {
      engine.cancel(input);
    } else if (!inputStopped() && !input.isFull()) {
      input.start();
    }
  }

  /** There is nothing left to be stopped. */
  void inputEnded() {
    if (idleness == Idleness.STOPPING) {
      idleness = Idleness.UNKNOWN;
    }
  }

  /**
   * No bytes are on their way any more.
   *
   * @return whether the stream ends, so that receiving must not go on
   */
  boolean inputStopped() {
    if (idleness != Idleness.STOPPING) {
      return false;
    }
    if (!isIdle() || !stream.isWaitingForInput() || hasInput()) {
      idleness = Idleness.UNKNOWN;
      return false;
    }
    idleness = Idleness.CERTAIN;
    stream.endIdle();
    return true;
  }

  private boolean hasInput() {
    return !input.isEnded() && engine.sockets().hasInput(input.descriptor);
  }
}
