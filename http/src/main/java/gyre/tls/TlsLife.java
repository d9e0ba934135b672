package gyre.tls;

import gyre.Fiber;
import gyre.Registration;
import gyre.Scope;
import gyre.WaitPoint;
import gyre.io.ByteQueue;
import gyre.io.ByteStream;
import gyre.io.DataHandler;
import gyre.io.IoException;
import gyre.net.StreamOptions;
import gyre.spi.Internals;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

// Over 500 lines: stream below, peer and user end one life, by the same few fields.
/**
 * How long a TLS stream lasts, and who is told of what: by the stream below, by timers, by its user
 * and by its scope.
 */
abstract sealed class TlsLife extends TlsCore permits TlsStream {
  /** How this ends. */
  private enum Manner {
    ORDERLY,
    /** What was written and not sent is lost, and the peer is not told goodbye. */
    ABORTED,
    /** And nobody is waited for. */
    FORCED
  }

  final TlsReader reader;
  final TlsWriter writer;
  final TlsLimits limits;
  final Opened opened = new Opened();
  private final HandshakeGate.Entrant entrant = new Queued();
  @Nullable TlsPush push;
  private Manner manner = Manner.ORDERLY;
  private @Nullable Registration drainWatch;

  /** The user wants nothing now. */
  private boolean isPaused;

  /** The stream below has been told to pause. */
  private boolean isLowerPaused;

  /** Nobody below is to be told anything any more. */
  private boolean isLowerClosed;

  private boolean isLowerAskedToClose;

  /** The stream below has no room or no memory, and tells when it has. */
  private boolean awaitsRoomBelow;

  /** The goodbye is sent, and that of the peer is awaited; what comes before it is dropped. */
  private boolean isLingering;

  private long lingeringFromBytes;

  /** The server or the loop ends, and nothing is under way. */
  private boolean isEndedIdle;

  private long toldBytes;

  @SuppressWarnings("this-escape") // its parts keep it, and use it later
  TlsLife(Scope owner, ByteStream lower, Role role, StreamOptions options) {
    super(owner, lower, role, options);
    TlsStream self = (TlsStream) this;
    this.reader = new TlsReader(self);
    this.writer = new TlsWriter(self);
    this.limits = new TlsLimits(self);
  }

  /** Takes over the stream below. */
  final void begin() {
    limits.startHandshake(role.handshakeTimeout());
    lower.onData(new Below());
    requestEndOfTurn();
  }

  /** The handshake is over, well or not. */
  final class Opened extends WaitPoint {
    @Override
    public boolean isReady() {
      return phase() == Phase.OPEN || phase() == Phase.BROKEN || !isOpen();
    }

    @Override
    public String doing() {
      return "waiting for the handshake of " + name();
    }
  }

  private final class Queued implements HandshakeGate.Entrant {
    @Override
    public void admitted() {
      if (Internals.isClosed(loop())) {
        Objects.requireNonNull(role.gate()).leave();
        return;
      }
      handToLoop(TlsLife.this::admittedLater);
    }
  }

  @Override
  final HandshakeGate.Entrant entrant() {
    return entrant;
  }

  // ---- what the stream below tells

  private final class Below implements DataHandler {
    @Override
    public void onData(ByteQueue in) {
      received.append(in);
      if (phase() == Phase.BROKEN || isInputEndedInOrder()) {
        received.clear();
      }
      advance();
    }

    @Override
    public void onEnd(ByteStream stream) {
      isLowerEnded = true;
      advance();
    }

    @Override
    public void onFailure(ByteStream stream, IoException failure) {
      lowerFailed(failure);
      settled();
    }

    @Override
    public void onDrained(ByteStream stream) {
      awaitsRoomBelow = false;
      advance();
    }

    @Override
    public void onIdleEnd(ByteStream stream) {
      isEndedIdle = true;
      if (!isOpen()) {
        goOnClosing(); // it waits for the peer no longer
      } else if (push == null) {
        reader.wake();
      } else {
        closeSoon();
      }
    }

    @Override
    public void onClosed(ByteStream stream) {
      isLowerClosed = true;
      if (!isOpen()) {
        tryRelease();
      } else if (brokenBy() == null) {
        closeSoon();
      }
    }
  }

  // ---- what has changed

  @Override
  final void settled() {
    watchDrain();
    if (!isOpen()) {
      goOnClosing();
      return;
    }
    pace();
    if (receivedBytes != toldBytes || isInputOver()) {
      toldBytes = receivedBytes;
      if (push == null) {
        reader.arrived();
      } else {
        requestCallback();
      }
    }
    writer.changed();
    if (push != null && push.awaitsOutput()) {
      requestCallback();
    }
    if (phase() == Phase.BROKEN) {
      closeLower();
    }
  }

  /** Holds up the stream below while nobody wants what it has. */
  private void pace() {
    if (!lower.isOpen()) {
      return;
    }
    boolean wants =
        switch (phase()) {
          case HELLO, BROKEN -> true;
          case QUEUED -> false;
          case HANDSHAKE -> !isPlaceAwaited();
          case OPEN -> isInputOver() || (!isPaused && input.size() < options.inputLimitBytes());
        };
    if (wants && isLowerPaused) {
      isLowerPaused = false;
      lower.resumeInput();
    } else if (!wants && !isLowerPaused) {
      isLowerPaused = true;
      lower.pauseInput();
    }
  }

  /** Goes on when all that the stream below was given is with the kernel. */
  private void watchDrain() {
    boolean isAwaited = hasUnfed() || writer.isAwaited() || (push != null && push.awaitsDrained());
    if (isAwaited && drainWatch == null && lower.isOpen() && lower.pendingOutputBytes() > 0) {
      drainWatch = Internals.onReady(loop(), lower.drained(), this::drained);
    }
  }

  private void drained() {
    drainWatch = null;
    if (state() != State.CLOSED) {
      requestEndOfTurn();
    }
  }

  @Override
  final void phaseEnded() {
    limits.stopHandshake();
    opened.wakeAll();
  }

  /**
   * The stream below is in the loop's line, and tells, if it has nothing else to wait for: so the
   * loop sees that somebody waits. Meanwhile it tells of nothing that arrives.
   */
  @Override
  final void awaitMemory() {
    boolean isTold = lower.isOpen() && lower.pendingOutputBytes() == 0 && !lower.isWritable();
    if (!isTold) {
      limits.startRetry();
    }
  }

  @Override
  final boolean isRead() {
    return push != null || reader.isTaken();
  }

  @Override
  final void tasksEnded() {
    if (!isOpen()) {
      tryRelease();
    }
  }

  @Override
  protected final void endOfTurn() {
    if (state() != State.CLOSED) {
      advance();
    }
  }

  /** What is written is made into records at the end of the turn, and sent with it. */
  final void sendSoon() {
    requestEndOfTurn();
    if (lower.isOpen() && phase() == Phase.OPEN) {
      lower.write(NOTHING, 0, 0); // has its turn end behind this one's
    }
  }

  private static final byte[] NOTHING = {};

  // ---- limits of time

  final void handshakeTooSlow() {
    broken(
        TlsFailure.tooLate(
            HANDSHAKE,
            "took longer than "
                + role.handshakeTimeout()
                + (isPlaceAwaited() ? ", too many others are under way" : ""),
            isPeersFault()));
    settled();
  }

  final void readTimedOut() {
    reader.timedOut();
  }

  // ---- push style

  @Override
  final boolean isPaused() {
    return isPaused;
  }

  final void pause(boolean on) {
    isPaused = on;
    requestEndOfTurn();
  }

  /** Somebody reads: what was held back comes. */
  final void readOn() {
    isPaused = false;
    consumed();
  }

  /** The user has taken something, or begins to: what is held and for whom is told anew. */
  final void consumed() {
    tellKept();
    if (isLowerPaused || !received.isEmpty()) {
      requestEndOfTurn();
    }
  }

  final void dataTold() {
    if (isEndedIdle && isOpen()) {
      closeSoon();
    }
  }

  /** Whether the stream below, and the memory of the loop, take more; it tells when they do. */
  final boolean hasRoomBelow() {
    awaitsRoomBelow = phase() == Phase.OPEN && lower.isOpen() && !lower.isWritable();
    return !awaitsRoomBelow;
  }

  final boolean awaitsRoomBelow() {
    return awaitsRoomBelow;
  }

  /** For want of memory, though there may be some: it is told in a while, and not at once again. */
  final void outputRefused() {
    if (push != null) {
      push.filled();
    }
    limits.startRetry();
  }

  final void outputFilled() {
    if (push != null) {
      push.filled();
    }
    requestEndOfTurn();
  }

  @Override
  protected final boolean isServing() {
    return push != null;
  }

  @Override
  protected final void callback() throws Exception {
    if (push != null) {
      push.tell();
    }
  }

  /** What it throws cuts the work short, which the peer must not take for an orderly end. */
  @Override
  protected final void callbackFailed(Throwable failure) {
    abandon();
  }

  final void endedIdle() {
    isEndedIdle = true;
  }

  final boolean isEndedIdle() {
    return isEndedIdle && input.isEmpty();
  }

  // ---- the end

  final boolean isReleased() {
    return state() == State.CLOSED;
  }

  /** Closes without order and without waiting. */
  final void abandon() {
    if (isOpen()) {
      if (manner == Manner.ORDERLY && phase() != Phase.BROKEN) {
        manner = Manner.ABORTED;
      }
      closeSoon();
    }
  }

  /** While closing: what was not sent by now is lost. */
  final void abandonOutput() {
    if (isLingering) {
      closeLower(); // all was sent
      return;
    }
    manner = Manner.ABORTED;
    resetLower();
    tryRelease();
  }

  @Override
  protected final void closing() {
    reader.wake();
    writer.changed();
    opened.wakeAll();
    limits.stopAllButClose();
    if (push != null) {
      requestCallback(); // the handler is told, and must not outlive the stream
    }
    if (options.closeTimeout().isZero() && !isOutputDone()) {
      manner = Manner.ABORTED;
    }
    if (manner == Manner.ORDERLY) {
      input.clear();
      shut();
      limits.startClose();
      advance();
    } else {
      leaveGate();
      resetLower();
    }
    tryRelease();
  }

  /** Sends what was written and the goodbye, and then closes the stream below. */
  private void goOnClosing() {
    if (state() != State.CLOSING || manner != Manner.ORDERLY || isLowerAskedToClose) {
      return;
    }
    if (isLowerPaused && lower.isOpen()) {
      isLowerPaused = false;
      lower.resumeInput();
    }
    boolean isOver =
        switch (phase()) {
          case HELLO, QUEUED -> true;
          case HANDSHAKE -> plain.isEmpty() || isComputing();
          case OPEN -> isGoodbyeSent() || !lower.isOpen();
          case BROKEN -> records.isEmpty() || !lower.isOpen();
        };
    if (isOver && !lingers()) {
      giveUpHandshake();
      leaveGate();
      closeLower();
    }
  }

  /**
   * Whether the goodbye of the peer is awaited. Without TLS a peer that ends after it was answered
   * sends no byte; here its end is a record, and a kernel that gets bytes for a socket which is
   * closed resets the connection, so that the peer may lose the answer. Limited by the time for
   * closing and by the bytes that are dropped. A client has no answer to protect, and a peer that
   * was idle has read what there was.
   */
  private boolean lingers() {
    boolean mayLinger =
        role.isServer()
            && phase() == Phase.OPEN
            && !isEndedIdle
            && !isInputOver()
            && !isLowerEnded
            && lower.isOpen();
    if (mayLinger && !isLingering) {
      isLingering = true;
      lingeringFromBytes = openedBytes;
      lower.shutdownOutput();
    }
    return mayLinger && openedBytes - lingeringFromBytes <= options.discardLimitBytes();
  }

  /** On the bare loop, where that waits for nothing. */
  private void closeLower() {
    if (!isLowerAskedToClose) {
      isLowerAskedToClose = true;
      handToLoop(lower::close);
    }
  }

  private void resetLower() {
    isLowerAskedToClose = true;
    handToLoop(lower::reset);
  }

  @Override
  protected final void aborting() {
    manner = Manner.FORCED;
    isLowerClosed = true;
    leaveGate();
    reader.wake();
    writer.changed();
    opened.wakeAll();
    if (!isLowerAskedToClose) {
      resetLower();
    }
    release();
  }

  /** While closing: the last one that ends releases the rest. */
  final void tryRelease() {
    if (state() != State.CLOSING || !isLowerClosed || isComputing()) {
      return;
    }
    if (push == null || push.isClosed()) {
      release();
    }
  }

  private void release() {
    limits.stop();
    leaveGate();
    Registration watch = drainWatch;
    if (watch != null) {
      watch.close();
      drainWatch = null;
    }
    received.clear();
    input.clear();
    plain.clear();
    records.clear();
    released();
  }

  // ---- what others are told

  @Override
  protected final void waits(Waits waits) {
    waits.told(reader.fiber(), "reading from", -1);
    waits.told(writer.fiber(), "writing to", -1);
    Fiber<?> opening = opened.firstFiber();
    waits.told(opening, "waiting for the handshake of", -1);
  }

  @Override
  public final int pendingOperations() {
    return 0;
  }
}
