package gyre.http.files;

import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** The field {@code Range}: RFC 9110, 14.1.2 and 14.2. */
final class ByteRanges {
  /** Part of a file: the first byte, and how many. */
  record Part(long offset, long length) {
    String contentRange(long sizeBytes) {
      return "bytes " + offset + "-" + (offset + length - 1) + "/" + sizeBytes;
    }
  }

  private static final String UNIT = "bytes=";
  private static final int MOST_DIGITS = 18;

  private ByteRanges() {}

  /**
   * Understands it.
   *
   * @param most so many ranges are taken
   * @return null if it is to be ignored: malformed, of another unit, of too many ranges, or of more
   *     bytes together than the file has; empty if the file has no byte of any
   */
  static @Nullable List<Part> parse(String field, long sizeBytes, int most) {
    if (!field.regionMatches(true, 0, UNIT, 0, UNIT.length())) {
      return null;
    }
    List<Part> parts = new ArrayList<>();
    int count = 0;
    long total = 0;
    int from = UNIT.length();
    while (from <= field.length()) {
      int comma = field.indexOf(',', from);
      int to = comma < 0 ? field.length() : comma;
      if (++count > most) {
        return null;
      }
      String spec = field.substring(from, to).strip();
      int dash = spec.indexOf('-');
      long first = dash < 0 ? -2 : number(spec.substring(0, dash));
      long last = dash < 0 ? -2 : number(spec.substring(dash + 1));
      if (first == -2 || last == -2 || (first < 0 && last < 0) || (last >= 0 && first > last)) {
        return null;
      }
      Part part = first < 0 ? suffix(last, sizeBytes) : between(first, last, sizeBytes);
      if (part != null) {
        parts.add(part);
        total += part.length;
      }
      from = to + 1;
    }
    return total > sizeBytes ? null : parts;
  }

  private static @Nullable Part suffix(long bytes, long sizeBytes) {
    long length = Math.min(bytes, sizeBytes);
    return length == 0 ? null : new Part(sizeBytes - length, length);
  }

  private static @Nullable Part between(long first, long last, long sizeBytes) {
    if (first >= sizeBytes) {
      return null;
    }
    long end = last < 0 ? sizeBytes - 1 : Math.min(last, sizeBytes - 1);
    return new Part(first, end - first + 1);
  }

  /** -1 for nothing, -2 for what is no number. */
  private static long number(String digits) {
    if (digits.isEmpty()) {
      return -1;
    }
    if (digits.length() > MOST_DIGITS) {
      return -2;
    }
    for (int i = 0; i < digits.length(); i++) {
      if (digits.charAt(i) < '0' || digits.charAt(i) > '9') {
        return -2;
      }
    }
    return Long.parseLong(digits);
  }
}
