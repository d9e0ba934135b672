package gyre.net;

import gyre.io.DataHandler;

/**
 * The push style of a stream: what its handler has been told so far, and so what it is told next.
 *
 * <pre>
 *   FLOWING &lt;--&gt; FULL
 *      |
 *    ENDED &lt;--&gt; ENDED_FULL      any of these four --&gt; FAILED
 *
 *   any --&gt; CLOSING --&gt; CLOSED
 * </pre>
 *
 * <p>A failure comes before everything else, so no handler is given bytes, and writes an answer,
 * after the output has failed. The end of the input is no end of the handler: it may go on sending,
 * and hears of failures as before.
 */
final class PushSide {
  /** What the handler knows. */
  private enum Told {
    /** Gets what arrives. */
    FLOWING,
    /** Too much waits to be sent: is told next when that has drained. */
    FULL,
    /** Knows that the peer has finished sending. */
    ENDED,
    ENDED_FULL,
    /** Knows that the connection broke. */
    FAILED,
    /** Is being told that the stream closes. */
    CLOSING,
    /** Has returned from the last call. */
    CLOSED
  }

  private final SocketStream stream;
  private final Inbound input;
  private final Outbound output;
  private DataHandler handler;
  private Told told;

  PushSide(SocketStream stream, Inbound input, Outbound output, DataHandler handler) {
    this.stream = stream;
    this.input = input;
    this.output = output;
    this.handler = handler;
    this.told = output.isFull() ? Told.FULL : Told.FLOWING;
  }

  /** Another handler takes over. It knows nothing of an end yet. */
  void replace(DataHandler newHandler) {
    handler = newHandler;
    if (told == Told.ENDED) {
      advance(Told.FLOWING);
    } else if (told == Told.ENDED_FULL) {
      advance(Told.FULL);
    }
  }

  /** The one place that changes the state. */
  private void advance(Told next) {
    assert mayBecome(next) : stream.name() + " goes from " + told + " to " + next;
    told = next;
  }

  private boolean mayBecome(Told next) {
    return switch (told) {
      case FLOWING, FULL, ENDED, ENDED_FULL -> next != Told.CLOSED;
      case FAILED -> next == Told.CLOSING;
      case CLOSING -> next == Told.CLOSED;
      case CLOSED -> false;
    };
  }

  boolean awaitsDrained() {
    return told == Told.FULL || told == Told.ENDED_FULL;
  }

  /** The handler is not given more before it has been told that the output has drained. */
  void filled() {
    if (told == Told.FLOWING) {
      advance(Told.FULL);
    } else if (told == Told.ENDED) {
      advance(Told.ENDED_FULL);
    }
  }

  boolean isClosed() {
    return told == Told.CLOSED;
  }

  /** Whether what became of the output is news to the handler. */
  boolean awaitsOutput() {
    return output.failure != 0 || (awaitsDrained() && output.isDrained());
  }

  /** In a fiber: tells the handler what there is to tell. */
  void tell() throws Exception {
    if (tellLast()) {
      return;
    }
    if (awaitsDrained() && output.isDrained()) {
      tellDrained();
    }
    if (told == Told.FLOWING && stream.isOpen() && !stream.isBroken()) {
      tellData();
    }
    if (!tellLast() && told == Told.FLOWING && input.isEnded() && !isHeldUp()) {
      tellEnd();
    }
  }

  /** Tells of the close or of a failure, after which there is nothing else to tell. */
  private boolean tellLast() throws Exception {
    if (!stream.isOpen()) {
      tellClosed();
      return true;
    }
    if (stream.isBroken()) {
      tellFailure();
      return true;
    }
    return false;
  }

  private void tellDrained() throws Exception {
    advance(told == Told.FULL ? Told.FLOWING : Told.ENDED);
    handler.onDrained(stream);
    if (input.bytes.isEmpty()) {
      input.start(); // there will be no data to come back for
    }
  }

  private void tellData() throws Exception {
    if (input.bytes.isEmpty() || isHeldUp()) {
      return;
    }
    if (output.isFull()) {
      filled(); // by somebody else
      return;
    }
    long shown = input.receivedBytes;
    handler.onData(input.bytes);
    if (stream.isOpen()) {
      afterData(input.receivedBytes - shown);
    }
  }

  /** The handler wants nothing now, or what it has written to elsewhere has to drain first. */
  private boolean isHeldUp() {
    return input.paused || stream.waitsForSink();
  }

  /**
   * A handler that parks, be it for a lock, cannot know of what arrives meanwhile: it is called
   * again for that, and has to answer for what it was shown.
   *
   * @param arrived bytes, since the handler was called
   */
  private void afterData(long arrived) {
    stream.keepInput();
    if (output.isFull()) {
      filled();
    } else if (input.bytes.size() - arrived >= stream.options().inputLimitBytes() && !isHeldUp()) {
      throw leftTooMuch(input.bytes.size() - arrived);
    } else if (arrived == 0 || !input.isFull()) {
      input.start();
    }
    stream.drainingAfterData();
  }

  private IllegalStateException leftTooMuch(long bytes) {
    return new IllegalStateException(
        "the handler of "
            + stream.name()
            + " leaves "
            + bytes
            + " bytes unconsumed, and the input limit is "
            + stream.options().inputLimitBytes()
            + ": consume more, pause the input, or raise StreamOptions.inputLimitBytes");
  }

  private void tellEnd() throws Exception {
    if (input.end == 0) {
      advance(Told.ENDED);
      handler.onEnd(stream);
    } else {
      tellFailure();
    }
  }

  private void tellFailure() throws Exception {
    if (told == Told.FAILED) {
      return;
    }
    advance(Told.FAILED);
    try {
      handler.onFailure(stream, stream.failure());
    } finally {
      stream.abandon();
    }
  }

  private void tellClosed() throws Exception {
    if (told == Told.CLOSING || told == Told.CLOSED || stream.isReleased()) {
      return;
    }
    advance(Told.CLOSING);
    try {
      handler.onClosed(stream);
    } finally {
      advance(Told.CLOSED);
      stream.operationEnded();
    }
  }
}
