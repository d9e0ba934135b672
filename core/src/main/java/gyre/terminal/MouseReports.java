package gyre.terminal;

import gyre.terminal.TerminalEvent.Button;
import gyre.terminal.TerminalEvent.Mouse;
import gyre.terminal.TerminalEvent.MouseAction;
import org.jspecify.annotations.Nullable;

/** The ways in which terminals tell of the mouse: SGR (1006), urxvt's (1015) and X10's bytes. */
final class MouseReports {
  private static final int OLD_OFFSET = 32;
  private static final int MOTION = 32;
  private static final int WHEEL = 64;
  private static final int MORE_BUTTONS = 128;

  private static final MouseAction[] WHEELS = {
    MouseAction.SCROLL_UP,
    MouseAction.SCROLL_DOWN,
    MouseAction.SCROLL_LEFT,
    MouseAction.SCROLL_RIGHT
  };

  private MouseReports() {}

  /** {@code CSI < bits ; column ; row M}, with m where a button is let go; or without the <. */
  static @Nullable Mouse decode(Parameters parameters, char last) {
    if (parameters.isOdd() || parameters.count() != 3) {
      return null;
    }
    boolean isSgr = parameters.prefix() == '<';
    if (!isSgr && (parameters.prefix() != 0 || last == 'm')) {
      return null;
    }
    int bits = parameters.get(0) - (isSgr ? 0 : OLD_OFFSET);
    return decode(bits, parameters.get(1), parameters.get(2), isSgr && last == 'm', !isSgr);
  }

  /** Three bytes, each with 32 added. */
  static @Nullable Mouse decodeOld(byte[] bytes) {
    return decode(
        (bytes[0] & 0xFF) - OLD_OFFSET,
        (bytes[1] & 0xFF) - OLD_OFFSET,
        (bytes[2] & 0xFF) - OLD_OFFSET,
        false,
        true);
  }

  /**
   * @param tellsReleaseAsButton3 the older ways do not say which button was let go
   */
  private static @Nullable Mouse decode(
      int bits, int column, int row, boolean isRelease, boolean tellsReleaseAsButton3) {
    if (bits < 0 || bits > 255 || column < 1 || row < 1) {
      return null;
    }
    int number = bits & 3;
    boolean isMotion = (bits & MOTION) != 0;
    MouseAction action;
    Button button = Button.NONE;
    if ((bits & WHEEL) != 0) {
      action = WHEELS[number];
    } else {
      button = button(number, (bits & MORE_BUTTONS) != 0);
      if (isMotion) {
        action = button == Button.NONE ? MouseAction.MOVE : MouseAction.DRAG;
      } else if (isRelease || (tellsReleaseAsButton3 && button == Button.NONE)) {
        action = MouseAction.RELEASE;
      } else {
        action = MouseAction.PRESS;
      }
    }
    return new Mouse(action, button, column - 1, row - 1, modifiers(bits));
  }

  private static Button button(int number, boolean isFurther) {
    return switch (number) {
      case 0 -> isFurther ? Button.BACK : Button.LEFT;
      case 1 -> isFurther ? Button.FORWARD : Button.MIDDLE;
      case 2 -> isFurther ? Button.NONE : Button.RIGHT;
      default -> Button.NONE;
    };
  }

  private static int modifiers(int bits) {
    return ((bits & 4) != 0 ? Modifiers.SHIFT : 0)
        | ((bits & 8) != 0 ? Modifiers.ALT : 0)
        | ((bits & 16) != 0 ? Modifiers.CONTROL : 0);
  }
}
