package gyre.terminal;

import gyre.engine.Engine;
import gyre.engine.Errno;
import gyre.engine.Poll;
import gyre.engine.TerminalCalls;

/**
 * One descriptor of a terminal, to read from or to write to, and the waiting for it.
 *
 * <p>What was opened for this alone does not wait. What was inherited may, and to change that would
 * change it for the shell too, which has the same description: so it is asked before each call, and
 * given so little that it takes it at once.
 */
final class TerminalLine {
  /** What a pipe that is ready takes without waiting. */
  private static final int ATOMIC_BYTES = 4096;

  private static final int EAGAIN = Errno.EAGAIN.negated();
  private static final int EINTR = Errno.EINTR.negated();
  private static final int EPERM = Errno.EPERM.negated();
  private static final int TRIES = 100;

  private final Terminal terminal;
  private final TerminalCalls calls;
  private final Engine engine;
  private final int descriptor;
  private final boolean mayBlock;
  private final Readiness readiness;
  private boolean isPollable = true;

  /**
   * @param interest {@link Poll#READABLE} or {@link Poll#WRITABLE}
   * @param mayBlock whether the descriptor was inherited
   */
  TerminalLine(
      Terminal terminal,
      TerminalCalls calls,
      Engine engine,
      int descriptor,
      int interest,
      boolean mayBlock) {
    this.terminal = terminal;
    this.calls = calls;
    this.engine = engine;
    this.descriptor = descriptor;
    this.mayBlock = mayBlock;
    this.readiness = new Readiness(this, descriptor, interest);
  }

  int descriptor() {
    return descriptor;
  }

  /** The bytes read, 0 at the end, {@code -EAGAIN} where there is nothing, another error. */
  int read(byte[] into) {
    int result = EINTR;
    for (int i = 0; i < TRIES && result == EINTR; i++) {
      result = mayBlock && !calls.isReadable(descriptor, 0) ? EAGAIN : calls.read(descriptor, into);
    }
    return result == EINTR ? EAGAIN : result;
  }

  /** The bytes that were taken, or an error as with {@link #read}. */
  int write(byte[] from, int offset, int length) {
    int result = EINTR;
    int some = mayBlock ? Math.min(length, ATOMIC_BYTES) : length;
    for (int i = 0; i < TRIES && result == EINTR; i++) {
      result =
          mayBlock && !calls.isWritable(descriptor, 0)
              ? EAGAIN
              : calls.write(descriptor, from, offset, some);
    }
    return result == EINTR ? EAGAIN : result;
  }

  /** Whether something waits for it to become ready, or it always is. */
  boolean isWatched() {
    return !readiness.isIdle() || !isPollable;
  }

  /** Has {@link Terminal#lineReady} called when it becomes ready, and is once if it is. */
  void watch() {
    if (readiness.isIdle() && isPollable) {
      engine.submit(readiness);
    }
  }

  void unwatch() {
    if (!readiness.isIdle()) {
      engine.cancel(readiness);
    }
  }

  boolean isIdle() {
    return readiness.isIdle();
  }

  /**
   * Closes it by what this answers, from any thread. The engine forgets it at once, also where
   * another descriptor keeps the same terminal open.
   */
  Runnable close() {
    assert readiness.isIdle();
    Object released = engine.sockets().release(descriptor);
    return () -> engine.sockets().discard(released);
  }

  private void ended(int result) {
    if (result == EPERM) {
      isPollable = false; // a file: it never waits
      terminal.lineReady(this);
    } else {
      terminal.lineEnded(this, result);
    }
  }

  private static final class Readiness extends Poll {
    private final TerminalLine line;

    Readiness(TerminalLine line, int descriptor, int interest) {
      this.line = line;
      this.descriptor = descriptor;
      this.interest = interest;
    }

    @Override
    public void ready(int events) {
      line.terminal.lineReady(line);
    }

    @Override
    public void ended(int result) {
      line.ended(result);
    }

    @Override
    public String toString() {
      return "watch of " + line.terminal.name();
    }
  }
}
