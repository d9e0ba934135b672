package gyre.terminal;

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
  /** In which a pipe has to take the last lines, else they are given up. */
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
  private State state = State.IN;

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

  boolean isLeft() {
    return state == State.LEFT;
  }

  /** Leads to {@link Terminal#entered}, maybe at once. */
  void enter(TerminalMode entered) {
    if (state == State.IN) {
      state = State.ENTERING;
      settle(entered.enter());
    }
  }

  /** Leads to {@link Terminal#stopNow}, with the terminal as it was before. */
  void stop(TerminalMode entered) {
    if (state == State.IN) {
      state = State.STOPPING;
      settle(entered.leave());
    }
  }

  /** Leads to {@link Terminal#left}. */
  void leave() {
    if (state != State.LEAVING && state != State.LEFT) {
      cancel(); // of another way
      state = State.LEAVING;
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
    output.flush();
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
      case ENTERING -> terminal.entered(Math.min(result, 0));
      case STOPPING -> terminal.stopNow();
      case LEAVING -> terminal.left();
      case IN, LEFT -> throw new AssertionError("nobody is under way");
    }
  }
}
