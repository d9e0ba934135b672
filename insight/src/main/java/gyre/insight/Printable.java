package gyre.insight;

/**
 * Text of another process that goes to a terminal: names of handles and fibers are made by
 * programs, some of them of what peers sent, and a terminal obeys control characters.
 */
final class Printable {
  private static final char REPLACEMENT = '\ufffd';

  private Printable() {}

  /** The same without control characters. */
  static String of(String text) {
    for (int i = 0; i < text.length(); i++) {
      if (Character.isISOControl(text.charAt(i))) {
        return replaced(text);
      }
    }
    return text;
  }

  private static String replaced(String text) {
    StringBuilder shown = new StringBuilder(text.length());
    for (int i = 0; i < text.length(); i++) {
      char c = text.charAt(i);
      shown.append(Character.isISOControl(c) ? REPLACEMENT : c);
    }
    return shown.toString();
  }
}
