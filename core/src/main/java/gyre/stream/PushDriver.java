package gyre.stream;

import gyre.io.ByteQueue;
import gyre.io.ByteStream;
import gyre.io.DataHandler;
import gyre.io.IoException;

/**
 * The push style of any kind of stream: what its handler has been told so far, and so what it is
 * told next. The kind says how its halves stand, by the abstract methods, and has {@link #tell} run
 * in a fiber whenever something has changed.
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
public abstract class PushDriver {
  /** What the handler knows. */
  private enum Told {
    /** Gets what arrives. */
    FLOWING,
    /**
     * Too much waits to be sent: is told when that has drained, and before that of nothing that has
     * arrived, if it answers what arrives.
     */
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

  private final ByteStream stream;
  private DataHandler handler;
  private Told told;

  /** The server or the loop ends, and the handler is to be told. */
  private boolean endsIdle;

  /**
   * @param isOutputFull as {@link #isOutputFull} says, which a constructor must not ask
   */
  protected PushDriver(ByteStream stream, DataHandler handler, boolean isOutputFull) {
    this.stream = stream;
    this.handler = handler;
    this.told = isOutputFull ? Told.FULL : Told.FLOWING;
  }

  // ---- how the stream stands

  /** What was received and not consumed. */
  protected abstract ByteQueue input();

  /** All that ever arrived. */
  protected abstract long receivedBytes();

  /** So much may be left unconsumed. */
  protected abstract int inputLimitBytes();

  /** The handler wants nothing now, or what it has written to elsewhere has to drain first. */
  protected abstract boolean isHeldUp();

  /** Nothing more is received, in order or not. */
  protected abstract boolean isInputEnded();

  /** The other side has finished sending. */
  protected abstract boolean isInputEndedInOrder();

  protected abstract boolean isOutputFull();

  protected abstract boolean isOutputDrained();

  protected abstract boolean hasOutputFailed();

  /** It failed in one direction or the other. */
  protected abstract boolean isBroken();

  /** What it failed of. */
  protected abstract IoException failure();

  /** Everything is given back: nobody is to be told anything. */
  protected abstract boolean isReleased();

  // ---- what the stream is to do

  /** Goes on receiving. */
  protected abstract void receive();

  /** The handler has returned: what it has left stays over a turn. */
  protected abstract void keepInput();

  /** The handler has had its data, and the stream is open. */
  protected abstract void dataTold();

  /** Closes without order and without waiting. */
  protected abstract void abandon();

  /** The handler has returned from its last call. */
  protected abstract void closeTold();

  // ---- what the handler knows

  /** Another handler takes over. It knows nothing of an end yet. */
  public final void replace(DataHandler newHandler) {
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

  public final boolean awaitsDrained() {
    return told == Told.FULL || told == Told.ENDED_FULL;
  }

  /** The handler is not given more before it has been told that the output has drained. */
  public final void filled() {
    if (told == Told.FLOWING) {
      advance(Told.FULL);
    } else if (told == Told.ENDED) {
      advance(Told.ENDED_FULL);
    }
  }

  public final boolean isClosed() {
    return told == Told.CLOSED;
  }

  /** Whether what became of the output is news to the handler. */
  public final boolean awaitsOutput() {
    return hasOutputFailed() || (awaitsDrained() && isOutputDrained());
  }

  /** Its server or loop ends while nothing is under way: {@link #tell} tells of it, once. */
  public final void endIdle() {
    endsIdle = true;
  }

  /** In a fiber: tells the handler what there is to tell. */
  public final void tell() throws Exception {
    if (endsIdle && stream.isOpen() && !isBroken()) {
      endsIdle = false;
      handler.onIdleEnd(stream);
    }
    if (tellLast()) {
      return;
    }
    if (awaitsDrained() && isOutputDrained()) {
      tellDrained();
    }
    if (isInputTold() && stream.isOpen() && !isBroken()) {
      tellData();
    }
    if (!tellLast() && isInputTold() && isInputEnded() && !isHeldUp()) {
      tellEnd();
    }
  }

  /** Whether the handler is to hear of input now. */
  private boolean isInputTold() {
    return told == Told.FLOWING || (told == Told.FULL && !handler.isAnswering());
  }

  /** Tells of the close or of a failure, after which there is nothing else to tell. */
  private boolean tellLast() throws Exception {
    if (!stream.isOpen()) {
      tellClosed();
      return true;
    }
    if (isBroken()) {
      tellFailure();
      return true;
    }
    return false;
  }

  private void tellDrained() throws Exception {
    advance(told == Told.FULL ? Told.FLOWING : Told.ENDED);
    handler.onDrained(stream);
    if (input().isEmpty()) {
      receive(); // there will be no data to come back for
    }
  }

  private void tellData() throws Exception {
    if (input().isEmpty() || isHeldUp()) {
      return;
    }
    if (isOutputFull()) {
      filled(); // by somebody else
      if (handler.isAnswering()) {
        return;
      }
    }
    long shown = receivedBytes();
    DataHandler shownTo = handler;
    handler.onData(input());
    if (stream.isOpen()) {
      afterData(receivedBytes() - shown, shownTo);
    }
  }

  /**
   * A handler that parks, be it for a lock, cannot know of what arrives meanwhile: it is called
   * again for that, and has to answer for what it was shown.
   *
   * @param arrived bytes, since the handler was called
   * @param shownTo that handler: one that has handed over to another leaves the rest to that, which
   *     is called next
   */
  @SuppressWarnings("ReferenceEquality") // this very handler
  private void afterData(long arrived, DataHandler shownTo) {
    keepInput();
    long left = input().size();
    if (isOutputFull()) {
      filled();
    }
    if (isOutputFull() && handler.isAnswering()) {
      dataTold();
      return;
    }
    if (left - arrived >= inputLimitBytes() && !isHeldUp()) {
      if (handler == shownTo) {
        throw leftTooMuch(left - arrived);
      }
    } else if (arrived == 0 || left < inputLimitBytes()) {
      receive();
    }
    dataTold();
  }

  private IllegalStateException leftTooMuch(long bytes) {
    return new IllegalStateException(
        "the handler of "
            + stream.name()
            + " leaves "
            + bytes
            + " bytes unconsumed, and the input limit is "
            + inputLimitBytes()
            + ": consume more, pause the input, or raise its inputLimitBytes");
  }

  private void tellEnd() throws Exception {
    if (isInputEndedInOrder()) {
      advance(told == Told.FULL ? Told.ENDED_FULL : Told.ENDED);
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
      handler.onFailure(stream, failure());
    } finally {
      abandon();
    }
  }

  private void tellClosed() throws Exception {
    if (told == Told.CLOSING || told == Told.CLOSED || isReleased()) {
      return;
    }
    advance(Told.CLOSING);
    try {
      handler.onClosed(stream);
    } finally {
      advance(Told.CLOSED);
      closeTold();
    }
  }
}
