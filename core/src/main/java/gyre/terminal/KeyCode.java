package gyre.terminal;

import java.util.EnumSet;

/** Which key. */
public enum KeyCode {
  /** One that types something: {@link TerminalEvent.Key#codePoint} says what. */
  CHARACTER,
  ENTER,
  TAB,
  BACKSPACE,
  ESCAPE,
  UP,
  DOWN,
  LEFT,
  RIGHT,
  HOME,
  END,
  PAGE_UP,
  PAGE_DOWN,
  INSERT,
  DELETE,
  /** The 5 of a keypad without NumLock. */
  CENTER,
  F1,
  F2,
  F3,
  F4,
  F5,
  F6,
  F7,
  F8,
  F9,
  F10,
  F11,
  F12,
  F13,
  F14,
  F15,
  F16,
  F17,
  F18,
  F19,
  F20,
  F21,
  F22,
  F23,
  F24,
  CAPS_LOCK,
  SCROLL_LOCK,
  NUM_LOCK,
  PRINT_SCREEN,
  PAUSE,
  MENU,
  /** Another key of the kitty keyboard protocol: the code point is its number there. */
  OTHER;

  private static final KeyCode[] FUNCTIONS = EnumSet.range(F1, F24).toArray(new KeyCode[0]);

  /** F1 is 1. Null where there is none. */
  static KeyCode function(int number) {
    return number >= 1 && number <= FUNCTIONS.length ? FUNCTIONS[number - 1] : OTHER;
  }
}
