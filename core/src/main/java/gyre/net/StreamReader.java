package gyre.net;

import gyre.Fiber;
import gyre.stream.InputWait;

/**
 * The reads of a stream in direct style: how a fiber waits for bytes, and what it is told.
 *
 * <p>A fiber that selects over a stream waits here too, with the same time limit: where that has
 * passed the source is ready, and the next read throws.
 */
final class StreamReader extends InputWait {
  private final SocketStream stream;

  /** A wait has come to its time limit, nothing has arrived since, and no read was told. */
  private boolean isExpired;

  StreamReader(SocketStream stream) {
    this.stream = stream;
  }

  /** Parks the caller until so many bytes are there; false if the stream ends before. */
  boolean await(int bytes, Fiber<?> caller) {
    checkLimit(bytes);
    while (stream.input.bytes.size() < bytes) {
      if (stream.input.isEnded() || stream.hasBreakage()) {
        leaveMemory();
        return ended();
      }
      checkNotExpired();
      stream.drainState().checkWanted();
      parkReader(caller, bytes);
    }
    return true;
  }

  void checkLimit(int bytes) {
    if (bytes > stream.options().inputLimitBytes()) {
      throw new IllegalArgumentException(
          bytes + " bytes exceed the input limit of " + stream.options().inputLimitBytes());
    }
    if (bytes > stream.memory.largestClaim()) {
      throw new IllegalArgumentException(
          "await(%d) exceeds what one stream of this loop may claim (%d): read in parts or raise poolLimitBytes"
              .formatted(bytes, stream.memory.largestClaim()));
    }
  }

  private boolean ended() {
    stream.checkUnbroken();
    if (!stream.input.isEndedInOrder()) {
      throw stream.fail(SocketStream.READ, stream.input.failure());
    }
    return false;
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
          new NetworkTimeoutException(
              SocketStream.READ,
              stream.name(),
              "received nothing for " + stream.options().readTimeout()));
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
      return;
    }
    StreamTimeouts timeouts = stream.timeouts();
    if (timeouts != null) {
      timeouts.startRead(); // it goes on waiting, for the rest
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
    return stream.input.bytes.size() >= needed
        || stream.input.isEnded()
        || isExpired
        || stream.hasBreakage()
        || !stream.isOpen()
        || stream.drainState().isOver();
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
    stream.keepInput();
    stream.input.resume();
    StreamTimeouts timeouts = stream.timeouts();
    if (timeouts != null) {
      timeouts.startRead();
    }
    stream.drainingAfterData();
  }

  @Override
  protected void end() {
    StreamTimeouts timeouts = stream.timeouts();
    if (timeouts != null) {
      timeouts.stopRead();
    }
    leaveMemory();
  }

  /** What is needed beyond what is there is asked for by a reader alone. */
  private void leaveMemory() {
    if (stream.memoryState != MemoryState.LIGHT) {
      stream.memory.readerLeft(stream);
    }
  }
}
