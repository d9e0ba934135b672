package gyre.queue;

import java.nio.file.Path;
import java.util.Comparator;
import java.util.Locale;

/**
 * The name of an entry's file, {@code priority_sequence...}, and what it says of the order. Padded
 * and unpadded numbers are read alike; other names have the default priority and come first in it.
 *
 * @param path where the file is
 * @param text the name, made printable: what the file is called once it is claimed
 * @param priority from 1, which is done first, to 10
 * @param sequence the number behind it, which is the order within a priority
 */
record EntryName(Path path, String text, int priority, long sequence) {
  static final int FIRST_PRIORITY = 1;
  static final int LAST_PRIORITY = 10;
  static final int DEFAULT_PRIORITY = 5;

  /** So that what is added to a name in other directories fits into the 255 bytes of one. */
  private static final int TEXT_LIMIT = 180;

  static final Comparator<EntryName> ORDER =
      Comparator.comparingLong(EntryName::sequence)
          .thenComparing(EntryName::text)
          .thenComparing(EntryName::path);

  /** Of a file directly in {@code pending/}, or anywhere else. */
  static EntryName of(Path path) {
    return of(path, 0);
  }

  /**
   * @param directoryPriority of the directory {@code pending/N}, which outranks that of the name; 0
   *     if it is in none
   */
  static EntryName of(Path path, int directoryPriority) {
    String text = printable(path);
    int priority = DEFAULT_PRIORITY;
    long sequence = 0;
    int underscore = text.indexOf('_');
    if (underscore > 0) {
      long number = number(text, 0, underscore);
      if (number >= FIRST_PRIORITY && number <= LAST_PRIORITY) {
        priority = (int) number;
        sequence = number(text, underscore + 1, digitsEnd(text, underscore + 1));
      }
    }
    return new EntryName(
        path, text, directoryPriority == 0 ? priority : directoryPriority, Math.max(0, sequence));
  }

  /** A name that nothing in {@code pending/} is taken for: what is hidden or half written. */
  static boolean isIgnored(String name) {
    return name.startsWith(".") || name.endsWith(".tmp");
  }

  /** {@code 05_0001764432000123456_k3x9q2.json}. */
  static String make(int priority, long sequence, String random) {
    return String.format(Locale.ROOT, "%02d_%019d_%s.json", priority, sequence, random);
  }

  /** What stays the same when a retry changes the priority: the name behind it, without suffix. */
  String stem() {
    return stem(text);
  }

  static String stem(String text) {
    String stem = text.endsWith(".json") ? text.substring(0, text.length() - 5) : text;
    int underscore = stem.indexOf('_');
    return underscore > 0 && number(stem, 0, underscore) >= 0
        ? stem.substring(underscore + 1)
        : stem;
  }

  /** The name with another priority in it; one without a priority gets one. */
  static String withPriority(String text, int priority) {
    String prefix = String.format(Locale.ROOT, "%02d_", priority);
    int underscore = text.indexOf('_');
    boolean hasOne = underscore > 0 && underscore <= 2 && number(text, 0, underscore) >= 0;
    return hasOne ? prefix + text.substring(underscore + 1) : prefix + text;
  }

  /**
   * The name itself if a person can read and type it; else, and where its bytes are no text at all,
   * as in a URI, which keeps different names different.
   */
  private static String printable(Path path) {
    String name = String.valueOf(path.getFileName());
    boolean isClean = name.chars().allMatch(c -> c >= ' ' && c != 0x7F && c != 0xFFFD && c != '@');
    if (!isClean) {
      String raw = path.toUri().getRawPath();
      String trimmed = raw.endsWith("/") ? raw.substring(0, raw.length() - 1) : raw;
      name = trimmed.substring(trimmed.lastIndexOf('/') + 1).replace("@", "%40");
    }
    if (name.endsWith(Failure.SUFFIX) || name.endsWith(Enqueued.RESULT_SUFFIX)) {
      name += "_"; // else it would be taken for what stands beside another entry
    }
    if (name.length() <= TEXT_LIMIT
        && name.getBytes(java.nio.charset.StandardCharsets.UTF_8).length <= TEXT_LIMIT) {
      return name;
    }
    String ascii = name.replaceAll("[^\\x21-\\x7e]", "-");
    return ascii.substring(0, Math.min(ascii.length(), TEXT_LIMIT - 20))
        + "~"
        + Integer.toHexString(name.hashCode());
  }

  private static int digitsEnd(String text, int from) {
    int end = from;
    while (end < text.length() && text.charAt(end) >= '0' && text.charAt(end) <= '9') {
      end++;
    }
    return end;
  }

  /** -1 if it is none; what has more digits than fit is the largest. */
  private static long number(String text, int from, int to) {
    if (from >= to || digitsEnd(text, from) < to) {
      return -1;
    }
    long value = 0;
    for (int i = from; i < to; i++) {
      int digit = text.charAt(i) - '0';
      if (value > (Long.MAX_VALUE - digit) / 10) {
        return Long.MAX_VALUE;
      }
      value = value * 10 + digit;
    }
    return value;
  }
}
