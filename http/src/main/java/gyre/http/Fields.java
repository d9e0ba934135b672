package gyre.http;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/** The fields of a head or of trailers, as offsets; nothing is a string before somebody asks. */
final class Fields {
  private static final int PER_FIELD = 4;
  private static final int INITIAL_FIELDS = 16;

  private final Lines lines;
  private int[] offsets = new int[PER_FIELD * INITIAL_FIELDS];
  private int count;

  Fields(Lines lines) {
    this.lines = lines;
  }

  void clear() {
    count = 0;
  }

  int count() {
    return count;
  }

  int nameStart(int field) {
    return offsets[field * PER_FIELD];
  }

  int nameEnd(int field) {
    return offsets[field * PER_FIELD + 1];
  }

  int valueStart(int field) {
    return offsets[field * PER_FIELD + 2];
  }

  int valueEnd(int field) {
    return offsets[field * PER_FIELD + 3];
  }

  /**
   * Adds the field of one line.
   *
   * @param to where its CR stands
   * @return what is wrong, or null
   */
  @Nullable Problem add(int from, int to, int limit) {
    byte[] bytes = lines.bytes;
    int colon = from;
    while (colon < to && Ascii.isToken(bytes[colon])) {
      colon++;
    }
    if (colon == from || colon == to || bytes[colon] != ':') {
      return Problem.FIELD_NAME;
    }
    int valueStart = colon + 1;
    while (valueStart < to && Ascii.isBlank(bytes[valueStart])) {
      valueStart++;
    }
    int valueEnd = to;
    while (valueEnd > valueStart && Ascii.isBlank(bytes[valueEnd - 1])) {
      valueEnd--;
    }
    if (!Ascii.isText(bytes, valueStart, valueEnd)) {
      return Problem.FIELD_VALUE;
    }
    if (count == limit) {
      return Problem.TOO_MANY_FIELDS;
    }
    keep(from, colon, valueStart, valueEnd);
    return null;
  }

  private void keep(int nameStart, int nameEnd, int valueStart, int valueEnd) {
    int at = count * PER_FIELD;
    if (at == offsets.length) {
      offsets = Arrays.copyOf(offsets, offsets.length * 2);
    }
    offsets[at] = nameStart;
    offsets[at + 1] = nameEnd;
    offsets[at + 2] = valueStart;
    offsets[at + 3] = valueEnd;
    count++;
  }

  /** Whether the field has this name, which is in lower case. */
  boolean isNamed(int field, String lowerCase) {
    return Ascii.equalsIgnoreCase(lines.bytes, nameStart(field), nameEnd(field), lowerCase);
  }

  /** The first field at or after {@code from} with this name, in whatever case; -1 if none. */
  int find(String name, int from) {
    byte[] bytes = lines.bytes;
    int length = name.length();
    for (int field = from; field < count; field++) {
      int start = nameStart(field);
      if (nameEnd(field) - start == length && matches(bytes, start, name)) {
        return field;
      }
    }
    return -1;
  }

  private static boolean matches(byte[] bytes, int start, String name) {
    for (int i = 0; i < name.length(); i++) {
      if (Ascii.lower(bytes[start + i]) != Ascii.lower(name.charAt(i))) {
        return false;
      }
    }
    return true;
  }

  String name(int field) {
    return text(nameStart(field), nameEnd(field));
  }

  String value(int field) {
    return text(valueStart(field), valueEnd(field));
  }

  /** Bytes are characters of ISO 8859-1, so that each value has one text and no other has it. */
  String text(int from, int to) {
    return new String(lines.bytes, from, to - from, StandardCharsets.ISO_8859_1);
  }
}
