package gyre.terminal;

import gyre.engine.Errno;
import gyre.engine.TerminalCalls;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.LinkedHashSet;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * The changed state of a terminal: raw settings, alternate screen, reports of mouse, focus and
 * pastes. Entered in order and left in the reverse one, whoever leaves it: the loop, or the hook
 * that runs when the JVM ends, which Ctrl-C, TERM and HUP lead to as well. That is why it is for
 * any thread: what happens to one terminal happens under its lock. Nothing waits for the terminal,
 * but {@link #finish}, which is not for the loop.
 *
 * <pre>
 *   PLAIN --enter--&gt; ENTERED --leave--&gt; LEAVING --all is written--&gt; PLAIN
 *   after the hook it is PLAIN for good
 * </pre>
 */
final class TerminalMode {
  /** In which the terminal has to take what leaves the screen, else it is given up. */
  static final long LEAVE_NANOS = TimeUnit.MILLISECONDS.toNanos(200);

  private static final String ENTER_SCREEN = "\u001b[?1049h\u001b[2J\u001b[?25l";
  private static final String LEAVE_SCREEN = "\u001b[?2026l\u001b[m\u001b[?25h\u001b[?1049l";
  private static final String ENTER_REPORTS = "\u001b[?2004h\u001b[?1004h";
  private static final String LEAVE_REPORTS = "\u001b[?1004l\u001b[?2004l";

  /** Buttons, motion with a button down, and coordinates beyond 223. */
  private static final String ENTER_MOUSE = "\u001b[?1002h\u001b[?1006h";

  private static final String LEAVE_MOUSE = "\u001b[?1006l\u001b[?1002l";

  /** Which enhancements of the keyboard are on? Only a terminal that has them answers. */
  private static final String ASK_KEYBOARD = "\u001b[?u";

  private static final String ENTER_KEYBOARD = "\u001b[>1u";
  private static final String LEAVE_KEYBOARD = "\u001b[<u";

  private static final byte[] NOTHING = {};

  private enum State {
    PLAIN,
    ENTERED,
    /** Something of the way out is still to be written. */
    LEAVING
  }

  /** Those that are entered: what the hook leaves. Guarded by itself, as is the hook. */
  private static final Set<TerminalMode> ENTERED = new LinkedHashSet<>();

  private static @Nullable Thread hook;
  private static volatile boolean isEnding;

  /**
   * The device, where it is one of this machine. Empty in a simulation: the end of the JVM is not
   * that of its programs, and worlds that run side by side must not wait for each other's locks.
   */
  private final String place;

  private final Supplier<TerminalCalls> ways;
  private final TerminalCalls calls;
  private final int input;
  private final int output;
  private final byte[] original;
  private final byte[] raw;
  private final boolean hasScreen;
  private final boolean hasMouse;
  private State state = State.PLAIN;
  private boolean hasKeyboard;

  /** What is to be written, from {@link #from} on. */
  private byte[] pending = NOTHING;

  private int from;

  /**
   * @param place the device that nobody else may have entered; empty if several are of one name
   * @param ways makes calls for one thread
   * @param input the terminal whose settings are changed
   * @param output where sequences go: mostly the same terminal
   * @param original the settings to come back to
   */
  TerminalMode(
      String place,
      Supplier<TerminalCalls> ways,
      int input,
      int output,
      byte[] original,
      TerminalOptions options) {
    this.place = place;
    this.ways = ways;
    this.calls = ways.get();
    this.input = input;
    this.output = output;
    this.original = original.clone();
    this.raw = calls.raw(original);
    this.hasScreen = options.fullScreen();
    this.hasMouse = options.mouse();
  }

  /**
   * Begins to enter, or to set everything again if it is entered: somebody may have changed it
   * while this process was stopped. It counts as entered from now on.
   *
   * @return as {@link #advance}; or what failed, and then nothing is changed
   */
  synchronized int enter() {
    if (isEnding) {
      return Errno.ECANCELED.negated();
    }
    if (!remember(this)) {
      return Errno.EBUSY.negated(); // what it is set to now is no state to come back to
    }
    state = State.ENTERED;
    int result = calls.setSettings(input, raw);
    if (result < 0 || isEnding) { // the hook may have looked before this was remembered
      restore();
      return result < 0 ? result : Errno.ECANCELED.negated();
    }
    String keyboard = hasKeyboard ? ENTER_KEYBOARD : ASK_KEYBOARD;
    append(
        (hasScreen ? ENTER_SCREEN : "") + ENTER_REPORTS + (hasMouse ? ENTER_MOUSE : "") + keyboard);
    return advance();
  }

  /** The terminal has told that it offers the kitty keyboard protocol: keys are told apart now. */
  synchronized void keyboardOffered() {
    if (state == State.ENTERED && !hasKeyboard) {
      hasKeyboard = true;
      append(ENTER_KEYBOARD);
    }
  }

  /**
   * Writes what is left of the way in or out, as far as the terminal takes it at once.
   *
   * @return 0 if nothing is left, {@code -EAGAIN}, or why the terminal takes no more
   */
  synchronized int advance() {
    while (from < pending.length) {
      int result = calls.write(output, pending, from, pending.length - from);
      if (result >= 0) {
        from += result;
      } else if (result != Errno.EINTR.negated()) {
        return result;
      }
    }
    if (state == State.LEAVING) {
      restore();
    }
    return 0;
  }

  /**
   * Begins to leave. The second time it goes on with that.
   *
   * @return as {@link #advance}, which is to be called until nothing is left
   */
  synchronized int leave() {
    if (state == State.ENTERED) {
      state = State.LEAVING;
      append(leavingText());
    }
    return advance();
  }

  private String leavingText() {
    return (hasKeyboard ? LEAVE_KEYBOARD : "")
        + (hasMouse ? LEAVE_MOUSE : "")
        + LEAVE_REPORTS
        + (hasScreen ? LEAVE_SCREEN : "");
  }

  /** It takes no more, or takes too long: then the settings at least are as before. */
  synchronized void giveUp() {
    if (state == State.ENTERED && from == 0 && pending.length > 0) {
      pending = NOTHING; // nothing has come through that would have to be taken back
    }
    int ignored = leave();
    if (state != State.PLAIN) {
      restore();
    }
  }

  private void restore() {
    state = State.PLAIN;
    pending = NOTHING;
    from = 0;
    int ignored = calls.setSettings(input, original);
    forget(this);
  }

  /** What was begun before is finished first: half a sequence would swallow the next one. */
  private void append(String text) {
    byte[] more = text.getBytes(StandardCharsets.US_ASCII);
    byte[] all = Arrays.copyOfRange(pending, from, pending.length + more.length);
    System.arraycopy(more, 0, all, pending.length - from, more.length);
    pending = all;
    from = 0;
  }

  synchronized boolean isEntered() {
    return state == State.ENTERED;
  }

  /** Off the loop, and for a bounded time: whatever happens, the terminal is as before then. */
  void finish() {
    TerminalCalls waiting = ways.get(); // the other may be in use on the loop
    long deadlineNanos = System.nanoTime() + LEAVE_NANOS;
    int result = leave();
    long leftNanos = LEAVE_NANOS;
    while (result == Errno.EAGAIN.negated() && leftNanos > 0) {
      boolean ignored = waiting.isWritable(output, leftNanos);
      result = advance();
      leftNanos = deadlineNanos - System.nanoTime();
    }
    giveUp();
  }

  // ---- the end of the JVM

  /** False if somebody else has entered the same terminal. */
  private static boolean remember(TerminalMode mode) {
    if (mode.place.isEmpty()) {
      return true;
    }
    synchronized (ENTERED) {
      for (TerminalMode other : ENTERED) {
        if (other != mode && mode.place.equals(other.place)) {
          return false;
        }
      }
      if (hook == null) {
        Thread restore =
            Thread.ofPlatform().name("gyre-terminal-restore").unstarted(TerminalMode::leaveAll);
        try {
          Runtime.getRuntime().addShutdownHook(restore);
        } catch (IllegalStateException e) {
          isEnding = true; // too late for a hook, and for entering
        }
        hook = restore;
      }
      boolean ignored = ENTERED.add(mode);
      return true;
    }
  }

  private static void forget(TerminalMode mode) {
    if (mode.place.isEmpty()) {
      return;
    }
    synchronized (ENTERED) {
      boolean ignored = ENTERED.remove(mode);
    }
  }

  private static void leaveAll() {
    isEnding = true;
    TerminalMode[] all;
    synchronized (ENTERED) {
      all = ENTERED.toArray(TerminalMode[]::new);
    }
    for (TerminalMode mode : all) {
      mode.finish();
    }
  }
}
