package gyre.net;

import gyre.engine.Engine;
import org.jspecify.annotations.Nullable;

/** How a stream ends: in order, with what was written sent and a time limit, or not. */
final class StreamEnd {
  private enum Manner {
    /** What was written is sent, and the peer can read it. */
    ORDERLY,
    /** The connection is reset. */
    ABORTED,
    /** So is it, and the handler is not waited for: by a shutdown. */
    FORCED
  }

  private final SocketStream stream;
  private final Engine engine;
  private final StreamInput input;
  private final StreamOutput output;
  private Manner manner = Manner.ORDERLY;
  private @Nullable Lingering lingering;

  /** More is to come from the peer, and nobody wants it. */
  private boolean isMoreExpected;

  StreamEnd(SocketStream stream, Engine engine, StreamInput input, StreamOutput output) {
    this.stream = stream;
    this.engine = engine;
    this.input = input;
    this.output = output;
  }

  void abort() {
    if (manner == Manner.ORDERLY) {
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
    isMoreExpected = true;
  }

  /** The stream begins to close: what becomes of what it receives. */
  void begin() {
    boolean isUnread = isMoreExpected || !input.bytes.isEmpty();
    input.bytes.clear();
    if (mayLinger() && (isUnread || input.isIdle())) {
      linger(isUnread);
    } else {
      engine.cancel(input);
    }
  }

  /** Whether there is something to be done in order. */
  boolean isInOrder() {
    return isOrderly() && (!output.isDone() || lingering != null);
  }

  private boolean isOrderly() {
    return manner == Manner.ORDERLY
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
        && !input.isEnded()
        && !output.hasFailed()
        && output.hasBegun()
        && stream.options().discardLimitBytes() > 0;
  }

  private void linger(boolean isUnread) {
    lingering =
        new Lingering(input, output, engine, isUnread, stream.options().discardLimitBytes());
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
    output.giveUp();
    engine.cancel(output);
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
