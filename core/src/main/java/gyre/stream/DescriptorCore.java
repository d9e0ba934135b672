package gyre.stream;

import gyre.Fiber;
import gyre.Scope;
import gyre.io.IoException;
import gyre.io.PipeOptions;
import gyre.spi.Resource;
import org.jspecify.annotations.Nullable;

/**
 * How a stream over descriptors moves bytes and ends: its two halves, what is done when they have
 * got on, and the end of both. {@link DescriptorStream} is what users see of it.
 */
abstract sealed class DescriptorCore extends Resource permits DescriptorStream {
  static final String READ = "read from";
  static final String WRITE = "write to";
  static final int NONE = -1;

  /** How this ends. */
  private enum Manner {
    ORDERLY,
    /** What was written and not sent is lost. */
    ABORTED,
    /** And the handler is not waited for. */
    FORCED
  }

  private final String kind;
  private final @Nullable String label;
  final PipeOptions options;
  final DescriptorInput input;
  final DescriptorOutput output;
  private final DescriptorTimeouts timeouts;
  private final boolean isOneDescriptor;
  @Nullable DescriptorPush push;
  @Nullable OtherSide otherSide;
  private Manner manner = Manner.ORDERLY;

  /** Kept open with this one. */
  int companion = NONE;

  @SuppressWarnings("this-escape") // the halves keep it, and use it later
  DescriptorCore(
      Scope owner,
      String kind,
      @Nullable String label,
      int readDescriptor,
      int writeDescriptor,
      PipeOptions options) {
    super(ownerOf(owner, readDescriptor, writeDescriptor));
    assert readDescriptor >= 0 || writeDescriptor >= 0 : "a stream of nothing";
    this.kind = kind;
    this.label = label;
    this.options = options;
    this.input = new DescriptorInput(self(), engine(), readDescriptor);
    this.output = new DescriptorOutput(self(), engine(), writeDescriptor);
    this.timeouts = new DescriptorTimeouts(self());
    this.isOneDescriptor = readDescriptor == writeDescriptor;
  }

  private static Scope ownerOf(Scope owner, int readDescriptor, int writeDescriptor) {
    try {
      checkCanOpen(owner);
    } catch (RuntimeException e) {
      if (readDescriptor >= 0) {
        engineOf(owner).sockets().close(readDescriptor);
      }
      if (writeDescriptor >= 0 && writeDescriptor != readDescriptor) {
        engineOf(owner).sockets().close(writeDescriptor);
      }
      throw e;
    }
    return owner;
  }

  /** This: the class is sealed, and nothing else extends it. */
  final DescriptorStream self() {
    return (DescriptorStream) this;
  }

  // ---- its parts

  @Override
  public String kind() {
    return kind;
  }

  @Override
  protected @Nullable String addressText() {
    return label;
  }

  PipeOptions options() {
    return options;
  }

  DescriptorTimeouts timeouts() {
    return timeouts;
  }

  // ---- may it be used

  void checkDirect() {
    checkThread();
    if (push != null) {
      throw new IllegalStateException(name() + " is read in push style");
    }
  }

  void checkReadable() {
    if (!input.exists()) {
      throw new IllegalStateException(name() + " can only be written to");
    }
  }

  void checkUnbroken() {
    StreamFailure failure = output.failure();
    if (failure != null) {
      throw failure.toException(name());
    }
  }

  void checkSending() {
    checkOpen();
    checkHasOutput();
    checkUnbroken();
  }

  void checkHasOutput() {
    if (!output.exists()) {
      throw new IllegalStateException(name() + " can only be read from");
    }
  }

  void checkWritable() {
    checkSending();
    if (output.isShut()) {
      throw new IllegalStateException("the output of " + name() + " has been shut down");
    }
  }

  void checkOnItsLoop() {
    checkThread();
  }

  void checkNotClosed(Fiber<?> caller, String doing) {
    checkStillOpen(caller, doing);
  }

  // ---- from the halves

  /** Input has arrived or ended. */
  void arrived() {
    if (push != null) {
      requestCallback();
    } else {
      input.reader.arrived();
    }
    requestEndOfTurn(); // where what stays is kept elsewhere
  }

  /** Output was taken by the kernel, or failed. */
  void departed() {
    timeouts.watchWrites(!output.isDone(), true);
    if (!isOpen()) {
      operationEnded();
      return;
    }
    output.writer.changed();
    if (push != null && push.awaitsOutput()) {
      requestCallback();
    }
  }

  void sendSoon() {
    requestEndOfTurn();
  }

  /** Everything is written: the other side is told that nothing more comes. */
  void endOutput() {
    if (isOneDescriptor) {
      int ignored = engine().sockets().shutdownOutput(output.descriptor); // a terminal has no way
    } else {
      engine().sockets().close(output.descriptor);
      output.descriptor = NONE;
    }
  }

  /** Memory or a place with the helper threads is wanting. */
  void tryLater() {
    timeouts.startRetry();
  }

  void tryNow() {
    input.start();
    output.flush();
    operationEnded();
  }

  @Override
  protected void endOfTurn() {
    if (state() != State.CLOSED) {
      input.keep();
      output.flush();
      timeouts.watchWrites(!output.isDone(), false);
    }
  }

  void readTimedOut() {
    input.reader.timedOut();
  }

  void writeExpired() {
    if (isOpen()) {
      String reason = "could send nothing for " + options.writeTimeout();
      output.fail(new StreamFailure(WRITE, 0, reason));
      departed();
    }
  }

  // ---- the other side of a FIFO

  /** Whether reads may begin; if not, they begin when somebody is there. */
  boolean hasOtherSide() {
    OtherSide known = otherSide;
    if (known == null || known.hasCome()) {
      return true;
    }
    if (known.isIdle()) {
      engine().submit(known);
    }
    return false;
  }

  void stopWaiting() {
    if (otherSide != null) {
      engine().cancel(otherSide);
    }
  }

  /**
   * @param result 0 if somebody is there
   */
  void otherSideTold(int result) {
    if (!isOpen()) {
      operationEnded();
    } else if (result < 0) {
      input.end(DescriptorInput.Progress.FAILED, StreamFailure.of(READ, result));
      arrived();
    } else {
      otherSide = null;
      input.start();
    }
  }

  private boolean isWaiting() {
    return otherSide != null && !otherSide.isIdle();
  }

  // ---- the push side

  @Override
  protected boolean isServing() {
    return push != null;
  }

  @Override
  protected void callback() throws Exception {
    if (push != null) {
      push.tell();
    }
  }

  /** What it throws cuts the work short, which the other side must not take for an orderly end. */
  @Override
  protected void callbackFailed(Throwable failure) {
    abandon();
  }

  /** The handler is told by onDrained, and not called again before. */
  void outputFilled() {
    if (push != null) {
      push.filled();
    }
  }

  /** What it broke of. */
  IoException failure() {
    StreamFailure failure = output.failure();
    if (failure == null) {
      failure = input.failure();
    }
    assert failure != null : name() + " did not fail";
    return failure == null
        ? DescriptorException.of(READ, name(), "ended")
        : failure.toException(name());
  }

  boolean isReleased() {
    return state() == State.CLOSED;
  }

  // ---- the end

  /** Closes without order and without waiting. */
  public void abandon() {
    if (isOpen()) {
      if (manner == Manner.ORDERLY) {
        manner = Manner.ABORTED;
      }
      closeSoon();
    }
  }

  @Override
  protected void closing() {
    input.reader.wake();
    output.writer.changed();
    timeouts.stopAllButClose();
    stopInput();
    if (push != null) {
      requestCallback(); // the handler is told, and must not outlive the stream
    }
    boolean isInOrder =
        manner == Manner.ORDERLY && !output.isDone() && !options.closeTimeout().isZero();
    if (isInOrder) {
      timeouts.startClose();
      requestEndOfTurn();
    } else {
      giveUpOutput();
    }
    operationEnded();
  }

  private void stopInput() {
    engine().cancel(input);
    stopWaiting();
  }

  @Override
  protected void aborting() {
    manner = Manner.FORCED;
    input.reader.wake();
    output.writer.changed();
    stopInput();
    giveUpOutput();
    operationEnded();
  }

  void giveUpOutput() {
    if (!output.isDone()) {
      output.fail(new StreamFailure(WRITE, 0, "was closed"));
    }
    operationEnded();
  }

  /** While closing: the last operation that ends releases the rest. */
  void operationEnded() {
    if (state() != State.CLOSING || !output.isDone() || !input.isIdle() || isWaiting()) {
      return;
    }
    if (push != null && !push.isClosed() && manner != Manner.FORCED) {
      return;
    }
    timeouts.stop();
    input.leaveLimit();
    output.leaveLimit();
    input.bytes.clear();
    output.bytes.clear();
    closeDescriptor(input.descriptor);
    if (!isOneDescriptor) {
      closeDescriptor(output.descriptor);
    }
    closeDescriptor(companion);
    released();
  }

  private void closeDescriptor(int descriptor) {
    if (descriptor >= 0) {
      engine().sockets().close(descriptor);
    }
  }

  // ---- what others are told

  @Override
  protected void waits(Waits waits) {
    waits.told(input.reader.fiber(), "reading from", input.descriptor);
    waits.told(output.writer.fiber(), "writing to", output.descriptor);
  }

  @Override
  public int pendingOperations() {
    return (input.isIdle() ? 0 : 1) + (output.isIdle() ? 0 : 1) + (isWaiting() ? 1 : 0);
  }
}
