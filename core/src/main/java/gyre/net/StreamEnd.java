package gyre.net;

import org.jspecify.annotations.Nullable;

/** How a stream ends: in order, with what was written sent and a time limit, or not. */
final class StreamEnd {
  private enum Manner {
    /** What was written is sent, and the peer can read it. */
    ORDERLY,
    /** So it is, and more is to come from the peer that nobody wants. */
    ORDERLY_WITH_MORE,
    /** The connection is reset. */
    ABORTED,
    /** So is it, and the handler is not waited for: by a shutdown. */
    FORCED
  }

  private final SocketStream stream;
  private Manner manner = Manner.ORDERLY;
  private @Nullable Lingering lingering;

  StreamEnd(SocketStream stream) {
    this.stream = stream;
  }

  void abort() {
    if (manner != Manner.FORCED) {
      manner = Manner.ABORTED;
    }
  }

  void force() {
    manner = Manner.FORCED;
  }

  boolean isForced() {
    return manner == Manner.FORCED;
  }

  void expectMore() {
    if (manner == Manner.ORDERLY) {
      manner = Manner.ORDERLY_WITH_MORE;
    }
  }

  /** The stream begins to close: what becomes of what it receives. */
  void begin() {
    boolean isUnread = manner == Manner.ORDERLY_WITH_MORE || !stream.input.bytes.isEmpty();
    stream.input.bytes.clear();
    if (mayLinger() && (isUnread || stream.input.isIdle())) {
      linger(isUnread);
    } else {
      stream.input.engine.cancel(stream.input);
    }
  }

  /** Whether there is something to be done in order. */
  boolean isInOrder() {
    return isOrderly() && (!stream.output.isDone() || lingering != null);
  }

  private boolean isOrderly() {
    return (manner == Manner.ORDERLY || manner == Manner.ORDERLY_WITH_MORE)
        && !stream.hasBreakage()
        && !stream.options().closeTimeout().isZero();
  }

  /**
   * Whether the peer may lose an answer if it goes on sending. One that this side has connected to
   * has no request from here to lose, and a reset tells it soonest to stop.
   */
  private boolean mayLinger() {
    return isOrderly()
        && stream.isAccepted()
        && !stream.input.isEnded()
        && !stream.output.hasFailed()
        && stream.output.hasBegun()
        && stream.options().discardLimitBytes() > 0;
  }

  private void linger(boolean isUnread) {
    lingering =
        new Lingering(
            stream.input,
            stream.output,
            stream.input.engine,
            isUnread,
            stream.options().discardLimitBytes());
  }

  /** While closing, input has arrived. */
  void discarded(int bytes) {
    if (lingering == null && mayLinger()) {
      linger(true);
      stream.limitClosing();
    }
    if (lingering != null) {
      lingering.discarded(bytes);
    }
  }

  void discardStopped(int result) {
    if (lingering != null) {
      lingering.stopped(result);
    }
    stream.operationEnded();
  }

  /** What was written and not sent is lost. */
  void giveUpOutput() {
    stream.output.giveUp();
    stream.input.engine.cancel(stream.output);
    if (lingering != null) {
      lingering.end();
    }
  }

  boolean hasLingered() {
    return lingering != null;
  }

  /** Whether what the peer still sends is waited for. */
  boolean isLingering() {
    Lingering known = lingering;
    if (known == null || known.isOver()) {
      return false;
    }
    known.outputDone();
    if (known.looksOn()) {
      stream.sendSoon();
    }
    return !known.isOver();
  }
}
