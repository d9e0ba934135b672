package gyre.terminal;

/**
 * The modifier keys that were held, as bits: what the kitty keyboard protocol and xterm send, less
 * one. Lock keys are left out.
 */
public final class Modifiers {
  public static final int NONE = 0;
  public static final int SHIFT = 1;
  public static final int ALT = 2;
  public static final int CONTROL = 4;
  public static final int SUPER = 8;
  public static final int HYPER = 16;
  public static final int META = 32;

  private static final int ALL = 63;

  private Modifiers() {}

  /** Of a parameter as terminals send it: 1 + bits; 0 where it is missing. */
  static int ofParameter(int parameter) {
    return parameter < 1 ? NONE : (parameter - 1) & ALL;
  }

  /** For example {@code control+alt+}. */
  static String text(int modifiers) {
    StringBuilder text = new StringBuilder();
    append(text, modifiers, CONTROL, "control+");
    append(text, modifiers, ALT, "alt+");
    append(text, modifiers, SHIFT, "shift+");
    append(text, modifiers, SUPER, "super+");
    append(text, modifiers, HYPER, "hyper+");
    append(text, modifiers, META, "meta+");
    return text.toString();
  }

  private static void append(StringBuilder text, int modifiers, int bit, String name) {
    if ((modifiers & bit) != 0) {
      text.append(name);
    }
  }
}
