package gyre.terminal;

/**
 * What comes from a terminal.
 *
 * <p>Positions are counted from 0, as on a {@link Screen}.
 */
public sealed interface TerminalEvent {
  /** What happened to a key; terminals without the kitty keyboard protocol tell presses alone. */
  enum KeyAction {
    PRESS,
    REPEAT,
    RELEASE
  }

  /**
   * A key.
   *
   * @param codePoint what a {@link KeyCode#CHARACTER} types; with control held the small letter. 0
   *     for other keys, but for {@link KeyCode#OTHER}
   * @param modifiers bits of {@link Modifiers}. Shift is told only where it is not in the character
   *     already
   */
  record Key(KeyCode code, int codePoint, int modifiers, KeyAction action)
      implements TerminalEvent {
    static Key of(KeyCode code, int modifiers) {
      return new Key(code, 0, modifiers, KeyAction.PRESS);
    }

    static Key character(int codePoint, int modifiers) {
      return new Key(KeyCode.CHARACTER, codePoint, modifiers, KeyAction.PRESS);
    }

    /** Whether it is this character, pressed without control, alt or the like. */
    public boolean is(int character) {
      return code == KeyCode.CHARACTER
          && codePoint == character
          && (modifiers & ~Modifiers.SHIFT) == 0
          && action != KeyAction.RELEASE;
    }

    /** Whether it is this key, pressed without modifiers. */
    public boolean is(KeyCode key) {
      return code == key && modifiers == 0 && action != KeyAction.RELEASE;
    }

    /** Whether it is this small letter, or one of {@code @[\]^_} and space, with control held. */
    public boolean isControl(int character) {
      return code == KeyCode.CHARACTER
          && codePoint == character
          && modifiers == Modifiers.CONTROL
          && action != KeyAction.RELEASE;
    }

    @Override
    public String toString() {
      String name =
          switch (code) {
            case CHARACTER -> Character.toString(codePoint);
            case OTHER -> "key " + codePoint;
            default -> code.name();
          };
      String how = action == KeyAction.PRESS ? "" : " " + action;
      return Modifiers.text(modifiers) + name + how;
    }
  }

  /** A button of the mouse. */
  enum Button {
    NONE,
    LEFT,
    MIDDLE,
    RIGHT,
    BACK,
    FORWARD
  }

  /** What was done with the mouse. */
  enum MouseAction {
    PRESS,
    /** Old terminals do not tell which button: {@link Button#NONE}. */
    RELEASE,
    /** Moved without a button. */
    MOVE,
    /** Moved with a button down. */
    DRAG,
    SCROLL_UP,
    SCROLL_DOWN,
    SCROLL_LEFT,
    SCROLL_RIGHT
  }

  /** The mouse was used. */
  record Mouse(MouseAction action, Button button, int column, int row, int modifiers)
      implements TerminalEvent {}

  /**
   * Text was pasted.
   *
   * @param text as the terminal sent it: it may hold control characters, and lines end as they did
   *     where it was copied, mostly by carriage returns
   * @param droppedBytes what came beyond the limit and is lost
   */
  record Paste(String text, long droppedBytes) implements TerminalEvent {}

  /** The terminal's window got the focus of the keyboard, or has lost it. */
  record Focus(boolean gained) implements TerminalEvent {}

  /** The terminal has another size now. Many changes in a row may be told as one. */
  record Resize(TerminalSize size) implements TerminalEvent {}

  /** The process was stopped and goes on; the screen has been drawn anew if there was one. */
  record Resumed() implements TerminalEvent {}

  /**
   * Nothing will come any more.
   *
   * @param reason empty where the input has just ended; else for example {@code EIO (input/output
   *     error): the terminal has gone away}
   */
  record Ended(String reason) implements TerminalEvent {}
}
