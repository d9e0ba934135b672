package gyre.terminal;

import gyre.terminal.TerminalEvent.KeyAction;
import org.jspecify.annotations.Nullable;

/** What the sequences for keys mean, of xterm, rxvt, the Linux console and kitty. */
final class KeySequences {
  /** Where the kitty keyboard protocol numbers its keys. */
  private static final int KITTY_FIRST = 57344;

  private static final int KITTY_LAST = 63743;
  private static final int KITTY_F13 = 57376;
  private static final int KITTY_F24 = 57387;
  private static final int KITTY_KEYPAD_0 = 57399;
  private static final int KITTY_KEYPAD_LEFT = 57417;

  private static final String KITTY_KEYPAD = "0123456789./*-+\r=,";

  private static final KeyCode[] KITTY_KEYPAD_MOVES = {
    KeyCode.LEFT,
    KeyCode.RIGHT,
    KeyCode.UP,
    KeyCode.DOWN,
    KeyCode.PAGE_UP,
    KeyCode.PAGE_DOWN,
    KeyCode.HOME,
    KeyCode.END,
    KeyCode.INSERT,
    KeyCode.DELETE,
    KeyCode.CENTER
  };

  private static final KeyCode[] KITTY_LOCKS = { // from 57358 on
    KeyCode.CAPS_LOCK,
    KeyCode.SCROLL_LOCK,
    KeyCode.NUM_LOCK,
    KeyCode.PRINT_SCREEN,
    KeyCode.PAUSE,
    KeyCode.MENU
  };

  private static final int KITTY_LOCK = 57358;

  private KeySequences() {}

  /**
   * The key of {@code CSI parameters last}, or null for what is none that we know.
   *
   * @param held what an ESC before it means
   */
  static TerminalEvent.@Nullable Key decode(Parameters parameters, char last, int held) {
    int modifiers = held | Modifiers.ofParameter(parameters.part(1, 0));
    KeyAction action = action(parameters.part(1, 1));
    if (last == 'u') {
      return unicode(parameters.get(0), modifiers, action);
    }
    if (last == '~' && parameters.get(0) == 27) { // xterm's modifyOtherKeys
      return unicode(parameters.get(2), modifiers, action);
    }
    if (last == 'Z') {
      return new TerminalEvent.Key(KeyCode.TAB, 0, modifiers | Modifiers.SHIFT, action);
    }
    int shift = switch (last) { // rxvt says it by the end of the sequence
          case '$' -> Modifiers.SHIFT;
          case '^' -> Modifiers.CONTROL;
          case '@' -> Modifiers.SHIFT | Modifiers.CONTROL;
          case 'a', 'b', 'c', 'd' -> Modifiers.SHIFT;
          default -> 0;
        };
    KeyCode code =
        last == '~' || last == '$' || last == '^' || last == '@'
            ? numbered(parameters.get(0))
            : lettered(Character.toUpperCase(last), shift != 0);
    return code == null ? null : new TerminalEvent.Key(code, 0, modifiers | shift, action);
  }

  private static KeyAction action(int number) {
    return switch (number) {
      case 2 -> KeyAction.REPEAT;
      case 3 -> KeyAction.RELEASE;
      default -> KeyAction.PRESS;
    };
  }

  private static @Nullable KeyCode lettered(char letter, boolean arrowsOnly) {
    return switch (letter) {
      case 'A' -> KeyCode.UP;
      case 'B' -> KeyCode.DOWN;
      case 'C' -> KeyCode.RIGHT;
      case 'D' -> KeyCode.LEFT;
      case 'E' -> arrowsOnly ? null : KeyCode.CENTER;
      case 'F' -> arrowsOnly ? null : KeyCode.END;
      case 'H' -> arrowsOnly ? null : KeyCode.HOME;
      case 'P' -> arrowsOnly ? null : KeyCode.F1;
      case 'Q' -> arrowsOnly ? null : KeyCode.F2;
      case 'R' -> arrowsOnly ? null : KeyCode.F3;
      case 'S' -> arrowsOnly ? null : KeyCode.F4;
      default -> null;
    };
  }

  private static @Nullable KeyCode numbered(int number) {
    return switch (number) {
      case 1, 7 -> KeyCode.HOME;
      case 2 -> KeyCode.INSERT;
      case 3 -> KeyCode.DELETE;
      case 4, 8 -> KeyCode.END;
      case 5 -> KeyCode.PAGE_UP;
      case 6 -> KeyCode.PAGE_DOWN;
      case 11, 12, 13, 14, 15 -> KeyCode.function(number - 10);
      case 17, 18, 19, 20, 21 -> KeyCode.function(number - 11);
      case 23, 24, 25, 26 -> KeyCode.function(number - 12);
      case 28, 29 -> KeyCode.function(number - 13);
      case 31, 32, 33, 34 -> KeyCode.function(number - 14);
      default -> null;
    };
  }

  private static TerminalEvent.@Nullable Key unicode(int number, int modifiers, KeyAction action) {
    KeyCode code =
        switch (number) {
          case 9 -> KeyCode.TAB;
          case 13 -> KeyCode.ENTER;
          case 27 -> KeyCode.ESCAPE;
          case 8, 127 -> KeyCode.BACKSPACE;
          default -> null;
        };
    if (code != null) {
      return new TerminalEvent.Key(code, 0, modifiers, action);
    }
    if (number >= KITTY_FIRST && number <= KITTY_LAST) {
      return kitty(number, modifiers, action);
    }
    boolean isCharacter =
        number >= ' '
            && number <= Character.MAX_CODE_POINT
            && (number < Character.MIN_SURROGATE || number > Character.MAX_SURROGATE);
    return isCharacter ? new TerminalEvent.Key(KeyCode.CHARACTER, number, modifiers, action) : null;
  }

  private static TerminalEvent.Key kitty(int number, int modifiers, KeyAction action) {
    if (number >= KITTY_F13 && number <= KITTY_F24) {
      return new TerminalEvent.Key(KeyCode.function(number - KITTY_F13 + 13), 0, modifiers, action);
    }
    if (number >= KITTY_LOCK && number < KITTY_LOCK + KITTY_LOCKS.length) {
      return new TerminalEvent.Key(KITTY_LOCKS[number - KITTY_LOCK], 0, modifiers, action);
    }
    if (number >= KITTY_KEYPAD_LEFT && number < KITTY_KEYPAD_LEFT + KITTY_KEYPAD_MOVES.length) {
      return new TerminalEvent.Key(
          KITTY_KEYPAD_MOVES[number - KITTY_KEYPAD_LEFT], 0, modifiers, action);
    }
    int keypad = number - KITTY_KEYPAD_0;
    if (keypad >= 0 && keypad < KITTY_KEYPAD.length()) {
      char typed = KITTY_KEYPAD.charAt(keypad);
      return typed == '\r'
          ? new TerminalEvent.Key(KeyCode.ENTER, 0, modifiers, action)
          : new TerminalEvent.Key(KeyCode.CHARACTER, typed, modifiers, action);
    }
    return new TerminalEvent.Key(KeyCode.OTHER, number, modifiers, action);
  }

  /** The key of {@code SS3 last}: function keys, and a keypad in application mode. */
  static TerminalEvent.@Nullable Key application(char last, int modifiers) {
    if (last >= 'a' && last <= 'd') { // rxvt
      KeyCode arrow = lettered(Character.toUpperCase(last), true);
      return arrow == null ? null : TerminalEvent.Key.of(arrow, modifiers | Modifiers.CONTROL);
    }
    if (last == 'M') {
      return TerminalEvent.Key.of(KeyCode.ENTER, modifiers);
    }
    if (last == 'I') {
      return TerminalEvent.Key.of(KeyCode.TAB, modifiers);
    }
    if (last >= 'j' && last <= 'y') {
      return TerminalEvent.Key.character("*+,-./0123456789".charAt(last - 'j'), modifiers);
    }
    if (last == 'X') {
      return TerminalEvent.Key.character('=', modifiers);
    }
    KeyCode code = lettered(last, false);
    return code == null ? null : TerminalEvent.Key.of(code, modifiers);
  }
}
