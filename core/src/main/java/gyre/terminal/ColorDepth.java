package gyre.terminal;

import java.util.Locale;
import java.util.Map;

/** How many colours a terminal shows. What is asked for beyond is shown as the nearest. */
public enum ColorDepth {
  /** Bold, underlined and the like, but no colour. */
  NONE,
  /** The eight of old and their bright sisters, whose shades are the user's choice. */
  ANSI_16,
  /** A cube of 216 and 24 greys besides. */
  ANSI_256,
  TRUE_COLOR;

  /**
   * What the environment of a program says: {@code NO_COLOR} (set and not empty), {@code
   * COLORTERM}, {@code TERM}.
   */
  public static ColorDepth of(Map<String, String> environment) {
    String term = lower(environment, "TERM");
    if (!lower(environment, "NO_COLOR").isEmpty() || isDumb(environment) || isMono(term)) {
      return NONE;
    }
    String color = lower(environment, "COLORTERM");
    if (color.equals("truecolor")
        || color.equals("24bit")
        || term.endsWith("-direct")
        || term.equals("xterm-kitty")
        || term.equals("xterm-ghostty")) {
      return TRUE_COLOR;
    }
    return term.contains("256color") || !color.isEmpty() ? ANSI_256 : ANSI_16;
  }

  /** Whether the terminal understands no sequences at all. */
  static boolean isDumb(Map<String, String> environment) {
    String term = lower(environment, "TERM");
    return term.isEmpty() || term.equals("dumb") || term.equals("unknown");
  }

  private static boolean isMono(String term) {
    return term.startsWith("vt1") || term.startsWith("vt2") || term.endsWith("-m");
  }

  private static String lower(Map<String, String> environment, String name) {
    return environment.getOrDefault(name, "").toLowerCase(Locale.ROOT);
  }
}
