package gyre.terminal;

import java.util.Arrays;

/**
 * The numbers of a control sequence: {@code 1;5}, {@code <0;10;20}, {@code 97:65;2:3}.
 *
 * <p>Separated by semicolons, each with parts separated by colons. What is missing is 0. Numbers
 * are held down to {@link #MAX}, so none overflows.
 */
final class Parameters {
  static final int MAX = 0xFFFFFF;
  private static final int MAX_COUNT = 8;
  private static final int MAX_PARTS = 3;

  private final int[] values = new int[MAX_COUNT * MAX_PARTS];
  private int count = 1;
  private char prefix;
  private boolean isOdd;

  private Parameters() {}

  static Parameters parse(byte[] bytes, int length) {
    Parameters parameters = new Parameters();
    int part = 0;
    for (int i = 0; i < length; i++) {
      byte next = bytes[i];
      if (next >= '0' && next <= '9') {
        parameters.digit(part, next - '0');
      } else if (next == ';') {
        parameters.count++;
        part = 0;
      } else if (next == ':') {
        part++;
      } else if (i == 0 && next >= '<' && next <= '?') {
        parameters.prefix = (char) next;
      } else if (i == length - 1) {
        parameters.isOdd = true; // an intermediate byte, such as the $ of CSI ? 2026 ; 1 $ y
      } else {
        parameters.isOdd = true;
        break;
      }
    }
    return parameters;
  }

  private void digit(int part, int digit) {
    if (count <= MAX_COUNT && part < MAX_PARTS) {
      int at = (count - 1) * MAX_PARTS + part;
      values[at] = Math.min(MAX, values[at] * 10 + digit);
    }
  }

  /** One of {@code < = > ?}, or 0. */
  char prefix() {
    return prefix;
  }

  /** Nothing but numbers. */
  boolean isPlain() {
    return prefix == 0 && !isOdd;
  }

  boolean isOdd() {
    return isOdd;
  }

  int count() {
    return count;
  }

  int get(int index) {
    return part(index, 0);
  }

  int part(int index, int part) {
    return index < MAX_COUNT ? values[index * MAX_PARTS + part] : 0;
  }

  @Override
  public String toString() {
    return prefix + Arrays.toString(values);
  }
}
