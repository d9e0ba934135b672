package gyre.terminal;

import gyre.WaitPoint;
import gyre.engine.Errno;
import gyre.spi.Resource;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * The ways into the changed state of a terminal and out of it, on the loop: what is to be written
 * goes out as the terminal takes it, for a bounded time. The loop never waits for that.
 *
 * <pre>
 *   IN --enter--&gt; ENTERING --&gt; IN         IN --stop--&gt; STOPPING --&gt; IN, when the program goes on
 *   any --leave--&gt; LEAVING --&gt; LEFT
 * </pre>
 *
 * <p>Without a changed state there is only the way out: lines that were printed are written first.
 */
final class TerminalPassage extends Resource.Timeout {
  /** In which a pipe has to take something of the last lines, else they are given up. */
  private static final long LINES_NANOS = TimeUnit.SECONDS.toNanos(1);

  private static final int EAGAIN = Errno.EAGAIN.negated();

  private enum State {
    IN,
    ENTERING,
    STOPPING,
    LEAVING,
    LEFT
  }

  private final Terminal terminal;
  private final TerminalLine line;
  private final TerminalOutput output;
  private final @Nullable TerminalMode mode;
  private final Entered entered = new Entered(this);
  private State state = State.IN;

  /** Of the last way in: 0 or a negative errno. */
  private int failure;

  TerminalPassage(
      Terminal terminal, TerminalLine line, TerminalOutput output, @Nullable TerminalMode mode) {
    super(terminal);
    this.terminal = terminal;
    this.line = line;
    this.output = output;
    this.mode = mode;
  }

  /** Frames may be written. */
  boolean isIn() {
    return state == State.IN;
  }

  boolean isEntering() {
    return state == State.ENTERING;
  }

  /** It has begun to leave, for good. */
  boolean isLeaving() {
    return state == State.LEAVING || state == State.LEFT;
  }

  boolean isLeft() {
    return state == State.LEFT;
  }

  /** Ready when the way in is over, however. */
  WaitPoint entered() {
    return entered;
  }

  int failure() {
    return failure;
  }

  private static final class Entered extends WaitPoint {
    private final TerminalPassage passage;

    Entered(TerminalPassage passage) {
      this.passage = passage;
    }

    @Override
    public boolean isReady() {
      return !passage.isEntering();
    }

    @Override
    public String doing() {
      return "entering " + passage.terminal.name();
    }
  }

  /**
   * Writes what there is to be written, as far as the terminal takes it at once. What is drawn on
   * the way in or out waits until it is in again.
   */
  void flush() {
    if (state != State.IN) {
      return;
    }
    if (output.isBlocked()) {
      output.flush(); // a frame is not cut by anything else
    }
    if (mode != null && !output.isBlocked()) {
      int result = mode.advance();
      if (result == EAGAIN) {
        line.watch();
        return;
      }
      if (result < 0) {
        output.fail(result);
      } else if (!mode.isEntered()) {
        return; // the JVM ends
      }
    }
    output.flush();
  }

  /** Leads to {@link Terminal#entered}, maybe at once. */
  void enter() {
    if (state == State.IN && mode != null) {
      state = State.ENTERING;
      settle(mode.enter());
    }
  }

  /** Leads to {@link Terminal#stopNow}, with the terminal as it was before. */
  void stop() {
    if (state == State.IN && mode != null) {
      state = State.STOPPING;
      settle(mode.leave());
    }
  }

  /** Leads to {@link Terminal#left}. */
  void leave() {
    if (!isLeaving()) {
      cancel(); // of another way
      state = State.LEAVING;
      failure = Errno.ECANCELED.negated();
      entered.wakeAll();
      settle(mode == null ? flushLines() : mode.leave());
    }
  }

  /** The terminal takes more. */
  void advance() {
    if (state != State.IN && state != State.LEFT) {
      settle(mode == null ? flushLines() : mode.advance());
    }
  }

  private int flushLines() {
    long before = output.takenBytes();
    output.flush();
    if (output.takenBytes() != before) {
      cancel(); // a reader that is slow is not one that is stuck: the time begins anew
    }
    return output.failure() != 0 ? output.failure() : output.isBlocked() ? EAGAIN : 0;
  }

  private void settle(int result) {
    if (result != EAGAIN) {
      done(result);
      return;
    }
    if (!isActive()) {
      start(mode == null ? LINES_NANOS : TerminalMode.LEAVE_NANOS);
    }
    line.watch();
  }

  @Override
  protected void expired() {
    failed(Errno.ETIMEDOUT.negated());
  }

  /** It takes nothing any more. */
  void failed(int error) {
    if (state != State.IN && state != State.LEFT) {
      done(error);
    }
  }

  private void done(int result) {
    cancel();
    if (result < 0 && mode != null) {
      mode.giveUp();
    }
    State was = state;
    state = was == State.LEAVING ? State.LEFT : State.IN;
    switch (was) {
      case ENTERING -> {
        failure = Math.min(result, 0);
        entered.wakeAll();
        terminal.entered(failure);
      }
      case STOPPING -> terminal.stopNow();
      case LEAVING -> terminal.left();
      case IN, LEFT -> throw new AssertionError("nobody is under way");
    }
  }

  /**
   * Closes what is not used any more. Where the loop was forced to end before the way out was done,
   * a thread goes on with it, for a bounded time: the loop does not wait.
   */
  void closeLines(TerminalLine readLine) {
    Runnable closeInput = readLine.close();
    Runnable closeOutput = line.close();
    TerminalMode unfinished = state == State.LEFT ? null : mode;
    if (unfinished == null) {
      closeInput.run();
      closeOutput.run();
      return;
    }
    Thread leaving =
        Thread.ofPlatform()
            .name("gyre-terminal-leave")
            .unstarted(() -> {
              unfinished.finish();
              closeInput.run();
              closeOutput.run();
            });
    leaving.start();
  }
}
