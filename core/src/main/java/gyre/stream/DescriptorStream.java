package gyre.stream;

import gyre.Fiber;
import gyre.Scope;
import gyre.Source;
import gyre.io.ByteQueue;
import gyre.io.ByteStream;
import gyre.io.DataHandler;
import gyre.io.IoException;
import gyre.io.PipeOptions;
import gyre.spi.Resource;
import java.nio.ByteBuffer;
import org.jspecify.annotations.Nullable;

/**
 * A stream over any descriptors that are read from and written to without a position: the ends of
 * pipes, FIFOs, terminals, what a child process has for its input and output. One descriptor may
 * serve both directions, or each has one, or there is only one direction.
 *
 * <p>The directions fail apart: a pipe that nobody reads from any more says nothing of the one from
 * there. In push style a failure of either ends the stream, as of every kind.
 *
 * <p>The descriptors are the stream's from the call of the constructor on, and closed also if that
 * throws. They should be non-blocking, where nobody else shares them.
 */
public final class DescriptorStream extends Resource implements ByteStream {
  static final String READ = "read from";
  static final String WRITE = "write to";
  private static final int NONE = -1;

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
  private final PipeOptions options;
  private final DescriptorInput input;
  private final DescriptorOutput output;
  private final DescriptorTimeouts timeouts;
  private final boolean isOneDescriptor;
  private @Nullable DescriptorPush push;
  private @Nullable OtherSide otherSide;
  private Manner manner = Manner.ORDERLY;

  /** Kept open with this one. */
  private int companion = NONE;

  /**
   * @param kind as {@link #kind} says
   * @param label what names it to an operator: a path, a command; null if nothing does
   * @param readDescriptor -1 for a stream that is only written to
   * @param writeDescriptor -1 for a stream that is only read from; may be the same
   */
  @SuppressWarnings("this-escape") // the halves keep it, and use it later
  public DescriptorStream(
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
    this.input = new DescriptorInput(this, engine(), readDescriptor);
    this.output = new DescriptorOutput(this, engine(), writeDescriptor);
    this.timeouts = new DescriptorTimeouts(this);
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

  /** Before anything is read: the end of a FIFO that nobody has opened yet is no end. */
  public void awaitOtherSide() {
    otherSide = new OtherSide(this, input.descriptor);
  }

  /** Keeps one more descriptor open as long as this stream. */
  public void keepOpen(int descriptor) {
    assert companion == NONE;
    companion = descriptor;
  }

  /** A terminal whose other side has gone fails with EIO, which is its way to tell of an end. */
  public void endsByError() {
    input.endsByError = true;
  }

  @Override
  public String kind() {
    return kind;
  }

  @Override
  protected @Nullable String addressText() {
    return label;
  }

  /** The one that it reads from, or else writes to. While it is open. */
  public int descriptor() {
    return input.exists() ? input.descriptor : output.descriptor;
  }

  PipeOptions options() {
    return options;
  }

  // ---- direct style: reading

  @Override
  public int read(ByteBuffer target) {
    if (!target.hasRemaining()) {
      throw new IllegalArgumentException("the buffer to read into is full");
    }
    if (!await(1)) {
      return -1;
    }
    int count = input.bytes.read(target);
    requestEndOfTurn(); // where what stays is kept elsewhere
    input.consumed();
    return count;
  }

  @Override
  public ByteQueue input() {
    checkThread();
    return input.bytes;
  }

  @Override
  public boolean await(int bytes) {
    Fiber<?> caller = caller();
    checkOpen();
    checkReadable();
    checkDirect();
    return input.reader.await(bytes, caller);
  }

  void checkDirect() {
    checkThread();
    if (push != null) {
      throw new IllegalStateException(name() + " is read in push style");
    }
  }

  @Override
  public Source readable() {
    return readable(1);
  }

  @Override
  public Source readable(int bytes) {
    checkDirect();
    checkReadable();
    if (bytes < 1) {
      throw new IllegalArgumentException("readable(" + bytes + ") is always true");
    }
    input.reader.checkLimit(bytes);
    return input.reader.readable(bytes);
  }

  private void checkReadable() {
    if (!input.exists()) {
      throw new IllegalStateException(name() + " can only be written to");
    }
  }

  @Override
  public int awaitLimitBytes() {
    return options.inputLimitBytes();
  }

  // ---- direct style: writing

  @Override
  public void write(ByteBuffer source) {
    Fiber<?> caller = caller();
    checkWritable();
    output.writer.write(source, caller);
  }

  @Override
  public void write(ByteQueue source) {
    Fiber<?> caller = caller();
    checkWritable();
    output.writer.write(source, caller);
  }

  @Override
  public void write(byte[] source, int offset, int length) {
    checkOnLoop();
    checkWritable();
    long room = options.outputLimitBytes() - output.bytes.size();
    if (length <= room && output.bytes.tryAppend(source, offset, length)) {
      requestEndOfTurn(); // the usual case, with nothing allocated
    } else {
      write(ByteBuffer.wrap(source, offset, length));
    }
  }

  @Override
  public void flush() {
    Fiber<?> caller = caller();
    checkSending();
    output.writer.flush(caller);
  }

  @Override
  public Source writable() {
    checkThread();
    checkHasOutput();
    return output.writer.writable();
  }

  @Override
  public Source drained() {
    checkThread();
    checkHasOutput();
    return output.writer.drained();
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

  private void checkHasOutput() {
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

  @Override
  public void shutdownOutput() {
    checkOnLoop();
    checkOpen();
    if (output.exists()) {
      output.shut();
      output.writer.changed();
      requestEndOfTurn();
    }
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

  @Override
  public void reset() {
    checkOnLoop();
    if (isOpen()) {
      abandon();
      close();
    }
  }

  @Override
  public boolean isWritable() {
    checkThread();
    if (!isOpen() || output.descriptor < 0) {
      return false;
    }
    boolean isFull = output.isFull();
    if (isFull) {
      outputFilled();
    }
    return !isFull;
  }

  @Override
  public long pendingOutputBytes() {
    checkThread();
    return output.bytes.size();
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

  // ---- push style

  @Override
  public void onData(DataHandler handler) {
    checkOnLoop();
    checkOpen();
    checkReadable();
    input.reader.checkFree();
    if (push == null) {
      push = new DescriptorPush(this, input, output, handler);
    } else {
      push.replace(handler);
    }
    input.start();
    tellInput();
  }

  private void tellInput() {
    if (push != null && (!input.bytes.isEmpty() || input.isEnded())) {
      requestCallback();
    }
  }

  @Override
  public void pauseInput() {
    checkOnLoop();
    checkOpen();
    input.paused = true;
    engine().cancel(input);
  }

  @Override
  public void resumeInput() {
    checkOnLoop();
    checkOpen();
    input.paused = false;
    input.start();
    tellInput();
  }

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

  /** Closes without order and without waiting. */
  public void abandon() {
    if (isOpen()) {
      if (manner == Manner.ORDERLY) {
        manner = Manner.ABORTED;
      }
      closeSoon();
    }
  }

  // ---- from the halves

  DescriptorTimeouts timeouts() {
    return timeouts;
  }

  void sendSoon() {
    requestEndOfTurn();
  }

  void checkOnItsLoop() {
    checkThread();
  }

  void checkNotClosed(Fiber<?> caller, String doing) {
    checkStillOpen(caller, doing);
  }

  /** The handler is told by onDrained, and not called again before. */
  void outputFilled() {
    if (push != null) {
      push.filled();
    }
  }

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

  /** Memory or a place with the helper threads is wanting. */
  void tryLater() {
    timeouts.startRetry();
  }

  void tryNow() {
    input.start();
    output.flush();
    operationEnded();
  }

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

  @Override
  protected void endOfTurn() {
    if (state() != State.CLOSED) {
      input.keep();
      output.flush();
      timeouts.watchWrites(!output.isDone(), false);
    }
  }

  // ---- the end

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

  private boolean isWaiting() {
    return otherSide != null && !otherSide.isIdle();
  }

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
