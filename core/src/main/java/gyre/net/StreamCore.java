package gyre.net;

import gyre.Fiber;
import gyre.Scope;
import gyre.engine.Operation;
import gyre.io.ByteRateLimit;
import org.jspecify.annotations.Nullable;

/**
 * How a stream moves bytes: its two halves, what is done when they have got on, and what becomes of
 * failures. {@link StreamLife} is how it ends, {@link SocketStream} what users see of it.
 *
 * <p>There is one state machine for both styles of use. It is spread over its halves ({@link
 * StreamInput}, {@link StreamOutput}), who waits for them ({@link StreamReader}, {@link
 * StreamWriter}, {@link SocketPush}), and its limits of time ({@link StreamTimeouts}); here they
 * meet.
 */
abstract sealed class StreamCore extends Holder permits StreamLife {
  static final String READ = "read from";
  static final String WRITE = "write to";

  final StreamOptions options;
  final StreamInput input;
  final StreamOutput output;
  final StreamReader reader;
  final StreamWriter writer;
  final StreamEnd end;
  final StreamDrain drain;
  @Nullable SocketPush push;
  @Nullable StreamTimeouts timeouts;
  @Nullable SinkWait sinkWait;
  private @Nullable StreamFailure streamFailure;
  private @Nullable PausedWatch watch;

  /** The peer broke it, which is counted once. */
  private boolean brokenByPeer;

  @SuppressWarnings("this-escape") // the parts keep it, and use it later
  StreamCore(Scope owner, int descriptor, StreamOptions options) {
    super(owner, descriptor);
    SocketStream self = self();
    this.options = options;
    this.input = new StreamInput(self, engine());
    this.output = new StreamOutput(self, engine());
    this.reader = new StreamReader(self);
    this.writer = new StreamWriter(self);
    this.end = new StreamEnd(self);
    this.drain = new StreamDrain(self);
    input.descriptor = descriptor;
    input.sparse = options.sparse();
    output.descriptor = descriptor;
    this.timeouts = StreamTimeouts.of(self, options);
    if (options.inputBytesPerSecond() > 0) {
      input.limit(ByteRateLimit.of(loop(), "input of " + kind(), options.inputBytesPerSecond()));
    }
    if (options.outputBytesPerSecond() > 0) {
      output.limit(ByteRateLimit.of(loop(), "output of " + kind(), options.outputBytesPerSecond()));
    }
  }

  /** This: the classes are sealed, and nothing else extends them. */
  final SocketStream self() {
    return (SocketStream) this;
  }

  /** Closes without order and without waiting: the peer sees a reset. */
  abstract void abandon();

  /** While closing: an operation has ended. */
  abstract void operationEnded();

  // ---- may it be used

  final void checkDirect() {
    checkThread();
    if (push != null) {
      throw new IllegalStateException(name() + " is read in push style");
    }
  }

  final void checkUnbroken() {
    StreamFailure known = streamFailure;
    if (known != null) {
      throw known.toException();
    }
  }

  final void checkSending() {
    checkOpen();
    checkUnbroken();
    if (output.hasFailed()) {
      throw fail(WRITE, output.failure());
    }
  }

  final void checkWritable() {
    checkSending();
    if (output.isShut()) {
      throw new IllegalStateException("the output of " + name() + " has been shut down");
    }
  }

  final void checkOnItsLoop() {
    checkThread();
  }

  final void checkNotClosed(Fiber<?> caller, String doing) {
    checkStillOpen(caller, doing);
  }

  // ---- from the two halves

  /** Input has arrived or ended. */
  final void arrived() {
    if (timeouts != null) {
      timeouts.received();
    }
    if (push != null) {
      requestCallback();
    } else {
      reader.arrived();
      if (!reader.isTaken()) {
        keepInput();
        return;
      }
    }
    requestEndOfTurn(); // where what stays is kept elsewhere
  }

  /** What is not consumed stays over a turn. */
  final void keepInput() {
    input.copyPinned();
    if (memory.isTight()) {
      account();
    }
  }

  /** Tells the memory policy, which looks while memory is scarce, how things stand. */
  final void account() {
    if (input.bytes.isEmpty() && output.isIdle() && keptBytes == 0) {
      memory.left(this);
    } else {
      memory.kept(this);
      if (input.state == Operation.State.ACTIVE && wanted() > MemoryPolicy.FLOOR_BYTES) {
        if (memoryState != MemoryState.GRANTED) {
          engine().cancel(input); // it has to ask
        }
      }
    }
  }

  /**
   * The kernel tells only one call that a connection broke: was it a send, a receive finds nothing
   * but the end, which must not pass for an orderly one.
   */
  final int endResult(int result) {
    return result == 0 && output.isConnectionBroken() ? output.failure() : result;
  }

  /** Output was taken by the kernel, or failed. */
  final void departed() {
    if (timeouts != null) {
      timeouts.sent();
      timeouts.watchWrites(!output.bytes.isEmpty());
    }
    if (sinkWait != null && (output.isDrained() || output.hasFailed())) {
      sinkWait.release();
    }
    if (!isOpen()) {
      operationEnded();
      return;
    }
    if (memory.isTight()) {
      account();
    }
    if (output.isPending()) {
      requestEndOfTurn();
    }
    writer.changed();
    if (push != null && push.awaitsOutput()) {
      requestCallback();
    }
    if (isDraining()) {
      draining();
    }
  }

  @Override
  protected final void endOfTurn() {
    if (state() != State.CLOSED) {
      input.copyPinned();
      output.flush();
      if (end.hasLingered() && output.isDone()) {
        operationEnded();
        return;
      }
      if (memory.isTight()) {
        account();
      }
      if (isOpen() && input.isDeaf()) {
        watchWhilePaused();
      }
      if (timeouts != null) {
        timeouts.watchWrites(!output.bytes.isEmpty());
      }
    }
  }

  /** Somebody has to know when the output is sent. */
  final boolean watchesOutput() {
    return writer.isAwaited()
        || (push != null && push.awaitsDrained())
        || isAwaitedByOthers()
        || isDraining();
  }

  final void sendSoon() {
    requestEndOfTurn();
  }

  // ---- failures

  /** A timeout has passed: everybody who waits is told. */
  final void timedOut(String operation, String reason) {
    if (!isOpen() || streamFailure != null) {
      return;
    }
    broken(new StreamFailure(operation, name(), reason, StreamFailure.TOO_LATE));
    reader.wake();
    writer.changed();
    if (push != null) {
      requestCallback();
    }
  }

  final NetworkException fail(String operation, int result) {
    StreamFailure known = streamFailure;
    if (known == null) {
      known = new StreamFailure(operation, name(), "", result);
      broken(known);
    }
    return known.toException();
  }

  final void broken(StreamFailure by) {
    streamFailure = by;
    if (by.isRemote()) {
      countBrokenByPeer();
    }
  }

  final void countBrokenByPeer() {
    if (!brokenByPeer) {
      brokenByPeer = true;
      countPeerFailure();
    }
  }

  final boolean isBrokenByPeer() {
    return brokenByPeer;
  }

  final boolean isBroken() {
    return streamFailure != null || output.hasFailed();
  }

  final boolean hasBreakage() {
    return streamFailure != null;
  }

  /** What the connection broke of. */
  final NetworkException failure() {
    StreamFailure known = streamFailure;
    if (known != null) {
      return known.toException();
    }
    return output.hasFailed() ? fail(WRITE, output.failure()) : fail(READ, input.failure());
  }

  // ---- the push side

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

  final void drainingAfterData() {
    if (isDraining()) {
      draining();
    }
  }

  /** The handler is told when it may write again, and gets nothing before. */
  final void refuseUntilDrained() {
    if (push != null) {
      push.filled();
    }
    if (output.isDone()) {
      memory.awaitRoom(this); // otherwise it is told when something has been sent
    }
  }

  /** A push handler is told by onDrained, and not called again before. */
  final void outputFilled() {
    if (push != null) {
      push.filled();
    }
  }

  // ---- a handler that writes to another stream, which is full

  final void waitFor(SocketStream sink) {
    sinkWait().begin(sink.sinkWait());
    engine().cancel(input);
  }

  final SinkWait sinkWait() {
    SinkWait known = sinkWait;
    if (known == null) {
      known = new SinkWait(self());
      sinkWait = known;
    }
    return known;
  }

  final boolean waitsForSink() {
    return sinkWait != null && sinkWait.isWaiting();
  }

  private boolean isAwaitedByOthers() {
    return sinkWait != null && sinkWait.isAwaited();
  }

  /** What the handler has written to has drained, or ended. */
  final void sinkDrained() {
    if (isOpen()) {
      input.start();
      requestCallback();
    }
  }

  // ---- connections that break while nothing is received

  /** Nothing is received from now on. */
  final void beDeaf() {
    if (isOpen()) {
      requestEndOfTurn();
    }
  }

  private void watchWhilePaused() {
    PausedWatch known = watch;
    if (known == null) {
      known = new PausedWatch(self(), descriptor());
      watch = known;
    }
    if (known.isIdle()) {
      engine().submit(known);
    }
  }

  final void stopWatching() {
    if (watch != null) {
      engine().cancel(watch);
    }
  }

  final void watchEnded() {
    if (isOpen()) {
      if (input.isDeaf()) {
        requestEndOfTurn();
      }
    } else {
      operationEnded();
    }
  }

  final boolean isWatching() {
    return watch != null && !watch.isIdle();
  }

  // ---- its parts

  final StreamOptions options() {
    return options;
  }

  final @Nullable StreamTimeouts timeouts() {
    return timeouts;
  }

  final StreamReader reader() {
    return reader;
  }

  final StreamEnd end() {
    return end;
  }

  final StreamDrain drainState() {
    return drain;
  }
}
