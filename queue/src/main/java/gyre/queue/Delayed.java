package gyre.queue;

import java.nio.file.Path;
import java.time.Instant;
import java.util.Locale;

/**
 * An entry that is not to be done yet: its file in {@code delayed/} has the time in its name,
 * {@code MILLISECONDS~NAME}. So it is known without the database, and after each crash.
 *
 * @param dueMillis of the clock; 0 if the name does not say
 * @param name of the entry
 */
record Delayed(Path path, long dueMillis, String name) {
  private static final int DIGITS = 13;

  static String name(Instant due, String name) {
    return String.format(
        Locale.ROOT, "%0" + DIGITS + "d~%s", Math.max(0, due.toEpochMilli()), name);
  }

  /** A file that somebody else has put there is due at once. */
  static Delayed of(Path path) {
    String text = String.valueOf(path.getFileName());
    boolean isTimed =
        text.length() > DIGITS + 1
            && text.charAt(DIGITS) == '~'
            && text.chars().limit(DIGITS).allMatch(c -> c >= '0' && c <= '9');
    return isTimed
        ? new Delayed(path, Long.parseLong(text.substring(0, DIGITS)), text.substring(DIGITS + 1))
        : new Delayed(path, 0, text);
  }
}
