package gyre.net;

import gyre.ClosedException;
import gyre.Fiber;
import gyre.Scope;
import gyre.Source;
import gyre.engine.Errno;
import gyre.engine.Operation;
import gyre.engine.Sockets.Option;
import gyre.io.ByteAppender;
import gyre.io.ByteQueue;
import gyre.io.ByteStream;
import gyre.io.DataHandler;
import gyre.io.IoException;
import java.nio.ByteBuffer;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

// Over 500 lines: two styles of use over one state machine, which its halves and timeouts call
// back.
/**
 * A connected stream of bytes in both directions.
 *
 * <p>Two ways to use it, on one implementation. In <b>direct style</b> a fiber calls {@link #read}
 * and {@link #write}, which park it where they have to wait; one fiber may read while another
 * writes. In <b>push style</b> {@link #onData} is given what arrives.
 *
 * <p>Written bytes go out at the end of the loop's turn, all of them in one system call. A writer
 * parks while more than {@link StreamOptions#outputLimitBytes} waits; a push handler is not called
 * then. Receiving pauses while more than {@link StreamOptions#inputLimitBytes} is not consumed.
 *
 * <p>A cancelled read has consumed nothing. A cancelled write may have queued a part of its bytes,
 * which its buffer's position tells. Closing sends what was written, for {@link
 * StreamOptions#closeTimeout} at most, and an accepted stream discards what its peer still sends,
 * so that the peer can read the answer; {@link #reset} does neither. Where not all of it can be
 * sent the connection is reset, so that the peer never takes a part for the whole.
 */
public abstract sealed class SocketStream extends Holder implements ByteStream
    permits TcpStream, UnixStream {
  static final String READ = "read from";
  static final String WRITE = "write to";

  private final StreamOptions options;
  private final StreamInput input;
  private final StreamOutput output;
  private final StreamReader reader;
  private final StreamWriter writer;
  private @Nullable SocketPush push;
  private @Nullable ByteAppender appender;
  private @Nullable StreamTimeouts timeouts;
  private @Nullable StreamFailure streamFailure;
  private @Nullable Consumer<SocketStream> whenReleased;

  private @Nullable SinkWait sinkWait;

  private @Nullable PausedWatch watch;
  private final StreamEnd end;
  private final StreamDrain drain;

  /** The peer broke it, which is counted once. */
  private boolean brokenByPeer;

  @SuppressWarnings("this-escape") // the halves keep it, and use it later
  SocketStream(Scope owner, int descriptor, StreamOptions options) {
    super(owner, descriptor);
    this.options = options;
    this.input = new StreamInput(this, engine());
    this.output = new StreamOutput(this, engine());
    this.reader = new StreamReader(this, input);
    this.writer = new StreamWriter(this, output);
    this.end = new StreamEnd(this, engine(), input, output);
    this.drain = new StreamDrain(this, engine(), input);
    input.descriptor = descriptor;
    input.sparse = options.sparse();
    output.descriptor = descriptor;
    this.timeouts = StreamTimeouts.of(this, options);
  }

  /**
   * For pools: whether another exchange can begin, as far as is known. Receives from now on, so that
   * the end of an idle connection is heard of.
   */
  final boolean isReusable() {
    if (!isOpen()
        || isDraining()
        || push != null
        || input.isEnded()
        || !input.bytes.isEmpty()
        || hasBreakage()
        || output.isShut()) {
      return false;
    }
    input.paused = false;
    input.start();
    return true;
  }

  // ---- direct style

  /**
   * Reads what is there, at least a byte, and parks until there is one.
   *
   * @return the number of bytes, or -1 at the end of the stream
   */
  @Override
  public final int read(ByteBuffer target) {
    if (!target.hasRemaining()) {
      throw new IllegalArgumentException("the buffer to read into is full");
    }
    if (!await(1)) {
      return -1;
    }
    int count = input.bytes.read(target);
    if (!input.bytes.isEmpty()) {
      requestEndOfTurn(); // where what stays is kept elsewhere
    }
    input.consumed();
    return count;
  }

  /**
   * What was received and not consumed. Fill it with {@link #await}, consume from it, and don't
   * keep it beyond the stream's life.
   */
  @Override
  public final ByteQueue input() {
    checkThread();
    return input.bytes;
  }

  /**
   * Parks until {@link #input} holds at least so many bytes.
   *
   * @return false if the stream ended before
   */
  @Override
  public final boolean await(int bytes) {
    Fiber<?> caller = caller();
    checkOpen();
    checkDirect();
    return reader.await(bytes, caller);
  }

  final void checkDirect() {
    checkThread();
    if (push != null) {
      throw new IllegalStateException(name() + " is read in push style");
    }
  }

  @Override
  public final Source readable() {
    return readable(1);
  }

  @Override
  public final Source readable(int bytes) {
    checkDirect();
    if (bytes < 1) {
      throw new IllegalArgumentException("readable(" + bytes + ") is always true");
    }
    reader.checkLimit(bytes);
    return reader.readable(bytes);
  }

  @Override
  public final int awaitLimitBytes() {
    return (int) Math.min(options.inputLimitBytes(), memory.largestClaim());
  }

  /** Writes all of the buffer; parks while the peer is slow. */
  @Override
  public final void write(ByteBuffer source) {
    Fiber<?> caller = caller();
    checkWritable();
    writer.write(source, caller);
  }

  @Override
  public final void write(byte[] source, int offset, int length) {
    checkOnLoop();
    checkWritable();
    long room = output.limit() - output.bytes.size();
    if (length <= room && output.bytes.tryAppend(source, offset, length)) {
      requestEndOfTurn(); // the usual case, with nothing allocated
    } else {
      write(ByteBuffer.wrap(source, offset, length));
    }
  }

  /**
   * Writes all of the queue without copying, which is empty afterwards; parks while the peer is
   * slow.
   */
  @Override
  public final void write(ByteQueue source) {
    Fiber<?> caller = caller();
    checkWritable();
    writer.write(source, caller);
  }

  @Override
  public final ByteAppender output() {
    checkThread();
    ByteAppender known = appender;
    if (known == null) {
      known = ByteStream.super.output();
      appender = known;
    }
    return known;
  }

  /** Parks until everything written is with the kernel. */
  @Override
  public final void flush() {
    Fiber<?> caller = caller();
    checkSending();
    writer.flush(caller);
  }

  @Override
  public final Source writable() {
    checkThread();
    return writer.writable();
  }

  @Override
  public final Source drained() {
    checkThread();
    return writer.drained();
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
    if (output.failure != 0) {
      throw fail(WRITE, output.failure);
    }
  }

  final void checkWritable() {
    checkSending();
    if (output.isShut()) {
      throw new IllegalStateException("the output of " + name() + " has been shut down");
    }
  }

  @Override
  public final void shutdownOutput() {
    checkOnLoop();
    checkOpen();
    output.shut();
    writer.changed();
    requestEndOfTurn();
  }

  @Override
  public final void reset() {
    checkOnLoop();
    if (isOpen()) {
      abandon();
      close();
    }
  }

  /** Bytes that the kernel buffers for sending; as Linux counts, with its own bookkeeping. */
  public final int sendBufferBytes() {
    return get(Option.SEND_BUFFER_BYTES);
  }

  public final void sendBufferBytes(int bytes) {
    set(Option.SEND_BUFFER_BYTES, bytes);
  }

  /** Bytes that the kernel buffers until they are received. */
  public final int receiveBufferBytes() {
    return get(Option.RECEIVE_BUFFER_BYTES);
  }

  public final void receiveBufferBytes(int bytes) {
    set(Option.RECEIVE_BUFFER_BYTES, bytes);
  }

  // ---- push style

  @Override
  public final void onData(DataHandler newHandler) {
    checkOnLoop();
    checkOpen();
    reader.checkFree();
    if (push == null) {
      push = new SocketPush(this, input, output, newHandler);
    } else {
      push.replace(newHandler);
    }
    input.start();
    if (!input.bytes.isEmpty() || input.isEnded()) {
      requestCallback();
    }
  }

  @Override
  public final void pauseInput() {
    checkOnLoop();
    checkOpen();
    input.paused = true;
    engine().cancel(input);
    beDeaf();
  }

  @Override
  public final void resumeInput() {
    checkOnLoop();
    checkOpen();
    input.paused = false;
    input.start();
    if (push != null && (!input.bytes.isEmpty() || input.isEnded())) {
      requestCallback();
    }
  }

  /**
   * Says whether an answer to the peer is under way. Only that lets an accepted stream last while
   * its server or loop ends, for as long as the time for draining allows.
   *
   * <p>If this is never called, an answer is taken to be under way from when something was received
   * until something was sent. That is right for most: a handler that answers later, from a timer or
   * another fiber, needs no thought of it. Say {@code true} before the first part of an answer in
   * several parts, and {@code false} after the last. A handler that only receives says {@code
   * false} once; otherwise it is waited for in vain.
   */
  public final void busy(boolean on) {
    checkOnLoop();
    drain.busy(on);
    if (isDraining()) {
      draining();
    }
  }

  /**
   * Whether less waits to be sent than the stream's limit, and the loop has memory for more. A
   * write of up to 16 KiB is taken then. If not, {@link DataHandler#onDrained} follows when it is.
   */
  @Override
  public final boolean isWritable() {
    checkThread();
    if (!isOpen() || output.isFull()) {
      return false;
    }
    if (memory.hasRoomToWrite()) {
      return true;
    }
    refuseUntilDrained();
    return false;
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

  /** Bytes written that the kernel has not taken. */
  @Override
  public final long pendingOutputBytes() {
    checkThread();
    return output.bytes.size();
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

  // ---- for the push side

  final boolean isBroken() {
    return streamFailure != null || output.failure != 0;
  }

  final boolean hasBreakage() {
    return streamFailure != null;
  }

  final boolean isReleased() {
    return state() == State.CLOSED;
  }

  /** What the connection broke of. */
  final NetworkException failure() {
    return output.failure != 0 ? fail(WRITE, output.failure) : fail(READ, input.end);
  }

  /** Closes without order and without waiting: the peer sees a reset. */
  final void abandon() {
    if (isOpen()) {
      engine().sockets().set(descriptor(), Option.LINGER_SECONDS, 0);
      end.abort();
      closeSoon();
    }
  }

  final void drainingAfterData() {
    if (isDraining()) {
      draining();
    }
  }

  // ---- from the two halves

  final StreamOptions options() {
    return options;
  }

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
  private void account() {
    if (input.bytes.isEmpty() && output.isIdle()) {
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
    return result == 0 && output.isConnectionBroken() ? output.failure : result;
  }

  /** Output was taken by the kernel, or failed. */
  final void departed() {
    if (timeouts != null) {
      timeouts.sent();
      timeouts.watchWrites(!output.bytes.isEmpty());
    }
    if (sinkWait != null && (output.isDrained() || output.failure != 0)) {
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

  private void broken(StreamFailure by) {
    streamFailure = by;
    if (by.isRemote()) {
      countBrokenByPeer();
    }
  }

  @Override
  public final <E extends IoException> E byPeer(E failure) {
    checkThread();
    countBrokenByPeer();
    failure.markRemote();
    return failure;
  }

  private void countBrokenByPeer() {
    if (!brokenByPeer) {
      brokenByPeer = true;
      countPeerFailure();
    }
  }

  final boolean isBrokenByPeer() {
    return brokenByPeer;
  }

  // ---- for the writer

  final void sendSoon() {
    requestEndOfTurn();
  }

  final void checkOnItsLoop() {
    checkThread();
  }

  final void checkNotClosed(Fiber<?> caller, String doing) {
    checkStillOpen(caller, doing);
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

  private SinkWait sinkWait() {
    SinkWait known = sinkWait;
    if (known == null) {
      known = new SinkWait(this);
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
      known = new PausedWatch(this, descriptor());
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

  final void brokeWhilePaused() {
    if (!isOpen() || !input.isDeaf()) {
      return;
    }
    memory.resetSeen();
    if (streamFailure == null) {
      broken(new StreamFailure(READ, name(), "", Errno.ECONNRESET.negated()));
    }
    input.end = Errno.ECONNRESET.negated();
    if (memory.isTight()) {
      memory.readerLeft(this);
      dropBytes();
    }
    stopWatching();
    arrived();
    writer.changed();
  }

  // ---- for the memory policy

  @Override
  final long inputSize() {
    return input.bytes.size();
  }

  @Override
  final long inputHeldBytes() {
    return input.bytes.heldBytes();
  }

  @Override
  final boolean isBehind() {
    return !input.isEnded() && engine().sockets().hasInput(descriptor());
  }

  @Override
  final long heldBytes() {
    return input.bytes.heldBytes() + output.bytes.heldBytes();
  }

  @Override
  final long moved() {
    return input.receivedBytes - input.bytes.size() + output.sentBytes;
  }

  @Override
  final int wanted() {
    if (reader.isTaken()) {
      return reader.awaited();
    }
    if (push == null || input.paused || waitsForSink() || input.isEnded()) {
      return 0;
    }
    return input.bytes.size() < MemoryPolicy.FLOOR_BYTES
        ? MemoryPolicy.FLOOR_BYTES
        : (int) Math.min(options.inputLimitBytes(), memory.largestClaim());
  }

  @Override
  final boolean hasOutput() {
    return !output.bytes.isEmpty();
  }

  @Override
  final boolean isOurs() {
    return whenReleased == null;
  }

  @Override
  final void tighten() {
    if (!input.bytes.isEmpty() || !output.bytes.isEmpty()) {
      keepInput();
    }
    if (!input.isIdle() && wanted() > MemoryPolicy.FLOOR_BYTES) {
      boolean _ = memory.mayReceive(this); // it is asked for now
      engine().cancel(input); // and goes on as it may
    }
  }

  @Override
  final void granted() {
    input.start();
  }

  @Override
  final void roomCame() {
    writer.roomCame();
    if (push != null && push.awaitsDrained()) {
      requestCallback();
    }
  }

  @Override
  final void shed(String why) {
    if (!isOpen()) {
      return;
    }
    broken(new StreamFailure("keep", name(), why, StreamFailure.SHED));
    engine().sockets().set(descriptor(), Option.LINGER_SECONDS, 0);
    end.abort();
    engine().cancel(input);
    dropBytes();
    reader.wake();
    writer.changed();
    if (push != null) {
      requestCallback();
    }
  }

  private void dropBytes() {
    input.bytes.clear();
    output.lost |= !output.bytes.isEmpty();
    if (output.isIdle()) {
      output.bytes.clear();
    }
    giveUpOutput();
  }

  // ---- the end

  @Override
  protected final void closing() {
    if (reader.isTaken() || writer.isAwaited()) {
      addressText(); // they are told of it when the descriptor is gone
    }
    reader.wake();
    writer.changed();
    if (timeouts != null) {
      timeouts.stop();
    }
    stopWatching();
    if (sinkWait != null) {
      sinkWait.end();
    }
    end.begin();
    if (push != null) {
      requestCallback(); // the handler is told, and must not outlive the stream
    }
    if (end.isInOrder()) {
      limitClosing();
      requestEndOfTurn();
    } else {
      giveUpOutput();
    }
    operationEnded();
  }

  @Override
  protected final void aborting() {
    end.force();
    engine().cancel(input);
    stopWatching();
    giveUpOutput();
    operationEnded();
  }

  final void giveUpOutput() {
    end.giveUpOutput();
    operationEnded();
  }

  /** While closing: the last operation that ends releases the rest. */
  final void operationEnded() {
    if (state() != State.CLOSING) {
      return;
    }
    if (memoryState != MemoryState.SHED && output.bytes.isEmpty()) {
      memory.gone(this);
    }
    if (!output.isDone()) {
      requestEndOfTurn();
      return;
    }
    if (end.isLingering()) {
      return;
    }
    if (!input.isIdle() || isWatching() || (push != null && !push.isClosed() && !end.isForced())) {
      return;
    }
    memory.gone(this);
    if (timeouts != null) {
      timeouts.stop();
    }
    input.bytes.clear();
    output.bytes.clear();
    if (output.lost) {
      engine().sockets().set(descriptor(), Option.LINGER_SECONDS, 0);
    }
    closeDescriptor();
    released();
    if (whenReleased != null) {
      whenReleased.accept(this);
    }
  }

  final void onReleased(Consumer<SocketStream> action) {
    whenReleased = action;
  }

  final boolean isLoopDraining() {
    return isDraining();
  }

  /** Whether the loop shuts down while nothing is under way here, which is an orderly end. */
  final boolean endsIdle() {
    return isDraining() && drain.isIdle();
  }

  final void reportFailure(Throwable failure) {
    report(failure);
  }

  /**
   * Whether what the calling fiber got is no fault of the code that uses this stream: somebody else
   * closed it. What the peer did is not reported anyway.
   */
  final boolean isClosedElsewhere(Throwable thrown) {
    return thrown instanceof ClosedException && isClosedByAnother(caller());
  }

  @Override
  protected final void draining() {
    if (!output.isDone()) {
      requestEndOfTurn(); // from now on somebody waits for it
    }
    if (isOpen()) {
      drain.look();
    }
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

  final void limitClosing() {
    timeouts = StreamTimeouts.forClose(this, timeouts, options);
  }

  final StreamDrain drainState() {
    return drain;
  }

  /** Whether somebody waits for what this stream receives. */
  final boolean isWaitingForInput() {
    return push != null || reader.isTaken();
  }

  /** Whether nothing is under way on this accepted connection, as far as is known here. */
  final boolean isQuiet() {
    return isAccepted() && input.bytes.isEmpty() && output.isDone() && !isInCallback();
  }

  final boolean isAccepted() {
    return whenReleased != null;
  }

  /** Nothing is under way, and nothing will be: who reads is told. */
  final void endIdle() {
    if (push != null) {
      closeSoon();
    } else {
      reader.wake();
    }
  }

  /** As the server that has accepted this ends: when what is under way is done. */
  final void drain() {
    drainSoon();
  }

  /** As {@link #reset}, but without waiting. A close that is under way is cut short. */
  final void resetSoon() {
    if (isOpen()) {
      engine().sockets().set(descriptor(), Option.LINGER_SECONDS, 0);
      end.abort();
      closeSoon();
    } else if (state() == State.CLOSING) {
      giveUpOutput();
    }
  }

  final boolean isReleasedTo(Consumer<SocketStream> action) {
    return action.equals(whenReleased);
  }

  @Override
  protected final void waits(Waits waits) {
    waits.told(reader.fiber(), "reading from", descriptor());
    waits.told(writer.fiber(), "writing to", descriptor());
  }

  @Override
  public final int pendingOperations() {
    return (input.isIdle() ? 0 : 1) + (output.isIdle() ? 0 : 1) + (isWatching() ? 1 : 0);
  }

  private boolean isWatching() {
    return watch != null && !watch.isIdle();
  }
}
