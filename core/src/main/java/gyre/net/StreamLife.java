package gyre.net;

import gyre.ClosedException;
import gyre.Scope;
import gyre.engine.Errno;
import gyre.engine.Sockets.Option;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * How long a stream lasts: what the memory policy asks of it, and how it ends, by its user, its
 * peer, its server or its loop.
 */
abstract sealed class StreamLife extends StreamCore permits SocketStream {
  private @Nullable Consumer<SocketStream> whenReleased;

  StreamLife(Scope owner, int descriptor, StreamOptions options) {
    super(owner, descriptor, options);
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
    return input.bytes.heldBytes() + output.bytes.heldBytes() + keptBytes;
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
    if (push == null || input.isPaused() || waitsForSink() || input.isEnded()) {
      return 0;
    }
    if (awaitsRoom()) {
      return 0; // its handler is not called before, and has no use for more
    }
    return input.bytes.size() < MemoryPolicy.FLOOR_BYTES
        ? MemoryPolicy.FLOOR_BYTES
        : (int) Math.min(options.inputLimitBytes(), memory.largestClaim());
  }

  /**
   * Whether it is this side that keeps its peer from getting on: what the peer has sent is wanted,
   * and lies in the kernel for want of memory, by a limit of rate, or since a moment ago; or what
   * it is to be sent finds no memory. It is not this side where the peer does not take what it was
   * sent, for which its handler waits. Costs a system call.
   */
  final boolean holdsUpPeer() {
    boolean awaitsPeer = push != null && push.awaitsDrained();
    return awaitsRoom() || (!awaitsPeer && wanted() > inputSize() && isBehind());
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
    if (!input.bytes.isEmpty() || !output.bytes.isEmpty() || keptBytes > 0) {
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
    output.drop();
    giveUpOutput();
  }

  final void brokeWhilePaused() {
    if (!isOpen() || !input.isDeaf()) {
      return;
    }
    memory.resetSeen();
    if (!hasBreakage()) {
      broken(new StreamFailure(READ, name(), "", Errno.ECONNRESET.negated()));
    }
    input.end(Errno.ECONNRESET.negated());
    if (memory.isTight()) {
      memory.readerLeft(this);
      dropBytes();
    }
    stopWatching();
    arrived();
    writer.changed();
  }

  // ---- the end of its server or loop

  final boolean isLoopDraining() {
    return isDraining();
  }

  /** Whether the loop shuts down while nothing is under way here, which is an orderly end. */
  final boolean endsIdle() {
    return isDraining() && drain.isIdle();
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
      push.endIdle();
      requestCallback();
    } else {
      reader.wake();
    }
  }

  /** As the server that has accepted this ends: when what is under way is done. */
  final void drain() {
    drainSoon();
  }

  /** As {@link SocketStream#reset}, but without waiting. A close that is under way is cut short. */
  final void resetSoon() {
    if (isOpen()) {
      engine().sockets().set(descriptor(), Option.LINGER_SECONDS, 0);
      end.abort();
      closeSoon();
    } else if (state() == State.CLOSING) {
      giveUpOutput();
    }
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

  /** Closes without order and without waiting: the peer sees a reset. */
  @Override
  final void abandon() {
    if (isOpen()) {
      engine().sockets().set(descriptor(), Option.LINGER_SECONDS, 0);
      end.abort();
      closeSoon();
    }
  }

  final void giveUpOutput() {
    end.giveUpOutput();
    operationEnded();
  }

  /** While closing: the last operation that ends releases the rest. */
  @Override
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
    input.leaveLimit();
    output.leaveLimit();
    input.bytes.clear();
    output.bytes.clear();
    if (output.isCut()) {
      engine().sockets().set(descriptor(), Option.LINGER_SECONDS, 0);
    }
    closeDescriptor();
    assert memory.hasForgotten(this) : name() + " has ended, and memory is kept for it";
    released();
    if (whenReleased != null) {
      whenReleased.accept(self());
    }
  }

  final void limitClosing() {
    timeouts = StreamTimeouts.forClose(self(), timeouts, options);
  }

  final boolean isReleased() {
    return state() == State.CLOSED;
  }

  final void onReleased(Consumer<SocketStream> action) {
    whenReleased = action;
  }

  final boolean isReleasedTo(Consumer<SocketStream> action) {
    return action.equals(whenReleased);
  }

  // ---- what others are told

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
  protected final void waits(Waits waits) {
    waits.told(reader.fiber(), "reading from", descriptor());
    waits.told(writer.fiber(), "writing to", descriptor());
  }

  @Override
  public final int pendingOperations() {
    return (input.isIdle() ? 0 : 1) + (output.isIdle() ? 0 : 1) + (isWatching() ? 1 : 0);
  }
}
