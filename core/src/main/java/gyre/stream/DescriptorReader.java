package gyre.stream;

import gyre.Fiber;

/** The reads of a stream over descriptors: how a fiber waits for bytes, and what it is told. */
final class DescriptorReader extends InputWait {
  private final DescriptorStream stream;
  private final DescriptorInput input;

  /** A wait has come to its time limit, nothing has arrived since, and no read was told. */
  private boolean isExpired;

  DescriptorReader(DescriptorStream stream, DescriptorInput input) {
    this.stream = stream;
    this.input = input;
  }

  /** Parks the caller until so many bytes are there; false if the input ends before. */
  boolean await(int bytes, Fiber<?> caller) {
    checkLimit(bytes);
    while (input.bytes.size() < bytes) {
      if (input.isEnded()) {
        return endOfInput();
      }
      checkNotExpired();
      parkReader(caller, bytes);
    }
    return true;
  }

  void checkLimit(int bytes) {
    int limit = stream.options().inputLimitBytes();
    if (bytes > limit) {
      throw new IllegalArgumentException(bytes + " bytes exceed the input limit of " + limit);
    }
  }

  private boolean endOfInput() {
    StreamFailure failure = input.failure();
    if (failure != null) {
      throw failure.toException(stream.name());
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
      throw DescriptorException.tooLate(
          DescriptorStream.READ,
          stream.name(),
          "received nothing for " + stream.options().readTimeout());
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
      stream.timeouts().startRead(); // it goes on waiting, for the rest
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
    return input.bytes.size() >= needed || input.isEnded() || isExpired || !stream.isOpen();
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
    input.keep();
    input.paused = false;
    input.start();
    stream.timeouts().startRead();
  }

  @Override
  protected void end() {
    stream.timeouts().stopRead();
  }
}
