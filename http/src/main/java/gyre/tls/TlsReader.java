package gyre.tls;

import gyre.CancelledException;
import gyre.Fiber;
import gyre.stream.InputWait;

/** The reads of a TLS stream: how a fiber waits for bytes, and what it is told. */
final class TlsReader extends InputWait {
  private final TlsStream stream;

  /** A wait has come to its time limit, nothing has arrived since, and no read was told. */
  private boolean isExpired;

  TlsReader(TlsStream stream) {
    this.stream = stream;
  }

  /** Parks the caller until so many bytes are there; false if the input ends before. */
  boolean await(int bytes, Fiber<?> caller) {
    checkLimit(bytes);
    while (stream.input.size() < bytes) {
      if (stream.isInputOver()) {
        stream.checkInputUnbroken();
        return false;
      }
      checkNotExpired();
      if (stream.isEndedIdle()) {
        throw new CancelledException(
            stream.name() + " is idle, and its loop or server is ending", null);
      }
      parkReader(caller, bytes);
    }
    return true;
  }

  void checkLimit(int bytes) {
    int limit = stream.options.inputLimitBytes();
    if (bytes > limit) {
      throw new IllegalArgumentException(
          bytes + " bytes of " + stream.name() + " exceed the input limit of " + limit);
    }
  }

  private void parkReader(Fiber<?> caller, int bytes) {
    boolean isOver = false;
    try {
      park(caller, bytes);
      isOver = true;
    } finally {
      if (!isOver) {
        isExpired = false; // this read was cancelled at the same moment; the next has its own limit
      }
    }
    stream.checkNotClosed(caller, "reading from");
  }

  private void checkNotExpired() {
    if (isExpired) {
      isExpired = false;
      throw stream.byPeer(
          TlsException.tooLate(
              TlsCore.READ, stream.name(), "received nothing for " + stream.options.readTimeout()));
    }
  }

  /** Input has arrived or ended, and nobody is told of it by a callback. */
  void arrived() {
    isExpired = false;
    if (!isTaken()) {
      return;
    }
    if (isReady()) {
      wake();
    } else {
      stream.limits.startRead(); // it goes on waiting, for the rest
    }
  }

  /** Only the wait that runs is told. */
  void timedOut() {
    if (isTaken()) {
      isExpired = true;
      wake();
    }
  }

  // ---- as a source

  @Override
  protected boolean isReady(int needed) {
    return stream.input.size() >= needed
        || stream.isInputOver()
        || isExpired
        || !stream.isOpen()
        || stream.isEndedIdle();
  }

  @Override
  protected String name() {
    return stream.name();
  }

  @Override
  protected void checkMayWait() {
    stream.checkDirect();
  }

  @Override
  protected void begin() {
    stream.readOn();
    stream.limits.startRead();
  }

  @Override
  protected void end() {
    stream.limits.stopRead();
    stream.tellKept();
  }
}
