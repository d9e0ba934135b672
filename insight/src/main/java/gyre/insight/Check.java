package gyre.insight;

/**
 * Something about the machine that a loop depends on.
 *
 * @param value as it is here
 * @param why it matters
 * @param command changes it; nobody runs it but who reads it. Empty where there is nothing to do
 */
public record Check(String name, String value, Grade grade, String why, String command) {
  /** How good it is. */
  public enum Grade {
    GOOD,
    /** Worth to know. */
    NOTE,
    /** It works, and could work better. */
    WEAK,
    /** It will not do what is asked for. */
    BAD,
    /** It cannot be read here. */
    UNKNOWN
  }

  static Check good(String name, String value, String why) {
    return new Check(name, value, Grade.GOOD, why, "");
  }

  static Check note(String name, String value, String why) {
    return new Check(name, value, Grade.NOTE, why, "");
  }

  static Check unknown(String name, String file) {
    return new Check(name, "unknown", Grade.UNKNOWN, "there is no " + file + " here", "");
  }
}
