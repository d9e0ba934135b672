package gyre.terminal;

import gyre.engine.Errno;
import gyre.engine.kernel.KernelTerminal;
import java.nio.charset.StandardCharsets;
import java.util.LinkedHashSet;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * The changed state of a terminal: raw settings, alternate screen, reports of mouse, focus and
 * pastes. Entered in order and left in the reverse one, whoever leaves it: the loop, or the hook
 * that runs when the JVM ends, which Ctrl-C, TERM and HUP lead to as well. That is why it is for
 * any thread: what happens to one terminal happens under its lock.
 *
 * <pre>
 *   PLAIN --enter--&gt; ENTERED --leave--&gt; PLAIN;   after the hook it is PLAIN for good
 * </pre>
 */
final class TerminalMode {
  /** In which the terminal has to take what leaves the screen, else it is given up. */
  private static final long LEAVE_NANOS = TimeUnit.MILLISECONDS.toNanos(200);

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

  private enum State {
    PLAIN,
    ENTERED
  }

  /** Those that are entered: what the hook leaves. Guarded by itself, as is the hook. */
  private static final Set<TerminalMode> ENTERED = new LinkedHashSet<>();

  private static @Nullable Thread hook;
  private static volatile boolean isEnding;

  private final KernelTerminal calls = new KernelTerminal();
  private final int input;
  private final int output;
  private final byte[] original;
  private final byte[] raw;
  private final boolean hasScreen;
  private final boolean hasMouse;
  private State state = State.PLAIN;
  private boolean hasKeyboard;

  /**
   * @param input the terminal whose settings are changed
   * @param output where sequences go: mostly the same terminal
   * @param original the settings to come back to
   */
  TerminalMode(int input, int output, byte[] original, TerminalOptions options) {
    this.input = input;
    this.output = output;
    this.original = original.clone();
    this.raw = calls.raw(original);
    this.hasScreen = options.fullScreen();
    this.hasMouse = options.mouse();
  }

  /**
   * Enters, or sets everything again if it is entered: somebody may have changed it while this
   * process was stopped. If that fails half-way, what was done is undone.
   *
   * @return 0 or a negative errno
   */
  synchronized int enter() {
    if (isEnding) {
      return Errno.ECANCELED.negated();
    }
    remember(this);
    state = State.ENTERED;
    int result = calls.setSettings(input, raw);
    if (result >= 0) {
      result =
          write(
              (hasScreen ? ENTER_SCREEN : "")
                  + ENTER_REPORTS
                  + (hasMouse ? ENTER_MOUSE : "")
                  + (hasKeyboard ? ENTER_KEYBOARD : ASK_KEYBOARD));
    }
    if (result < 0 || isEnding) { // the hook may have looked before this was remembered
      leave();
    }
    return result;
  }

  /** As it was before. The second time nothing happens. */
  synchronized void leave() {
    if (state == State.PLAIN) {
      return;
    }
    state = State.PLAIN;
    int ignored =
        write(
            (hasKeyboard ? LEAVE_KEYBOARD : "")
                + (hasMouse ? LEAVE_MOUSE : "")
                + LEAVE_REPORTS
                + (hasScreen ? LEAVE_SCREEN : ""));
    ignored = calls.setSettings(input, original);
    forget(this);
  }

  /** The terminal has told that it offers the kitty keyboard protocol: keys are told apart now. */
  synchronized void keyboardOffered() {
    if (state == State.ENTERED && !hasKeyboard) {
      hasKeyboard = true;
      int ignored = write(ENTER_KEYBOARD);
    }
  }

  /** Waits a little where the terminal is slow: half a sequence would leave it in a bad state. */
  private int write(String text) {
    byte[] bytes = text.getBytes(StandardCharsets.US_ASCII);
    long deadlineNanos = System.nanoTime() + LEAVE_NANOS;
    int written = 0;
    while (written < bytes.length) {
      int result = calls.write(output, bytes, written, bytes.length - written);
      long leftNanos = deadlineNanos - System.nanoTime();
      if (result >= 0) {
        written += result;
      } else if (result != Errno.EAGAIN.negated() && result != Errno.EINTR.negated()) {
        return result;
      } else if (leftNanos <= 0) {
        return Errno.ETIMEDOUT.negated();
      } else if (result == Errno.EAGAIN.negated()) {
        boolean ignored = calls.isWritable(output, leftNanos);
      }
    }
    return 0;
  }

  // ---- the end of the JVM

  private static void remember(TerminalMode mode) {
    synchronized (ENTERED) {
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
    }
  }

  private static void forget(TerminalMode mode) {
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
      mode.leave();
    }
  }
}
