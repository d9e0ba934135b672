package gyre.net;

import gyre.CancelledException;

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
    /** Nobody has said so, and something was sent since the last bytes were received. */
    ANSWERED,
    /** Nobody has said so, and something was received since. */
    UNANSWERED,
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
  private Work work = Work.ANSWERED;
  private Idleness idleness = Idleness.UNKNOWN;

  StreamDrain(SocketStream stream) {
    this.stream = stream;
  }

  void busy(boolean on) {
    work = on ? Work.BUSY : Work.IDLE;
  }

  void received() {
    if (work == Work.ANSWERED) {
      work = Work.UNANSWERED;
    }
  }

  void sent() {
    if (work == Work.UNANSWERED) {
      work = Work.ANSWERED;
    }
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
      case UNANSWERED, BUSY -> true;
      case ANSWERED, IDLE -> false;
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
    if (!stream.input.isIdle()) {
      stream.input.engine.cancel(stream.input);
    } else if (!inputStopped() && !stream.input.isFull()) {
      stream.input.start();
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
    return !stream.input.isEnded()
        && stream.input.engine.sockets().hasInput(stream.input.descriptor);
  }
}
