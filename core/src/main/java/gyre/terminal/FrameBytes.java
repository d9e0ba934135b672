package gyre.terminal;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/** Bytes of a frame that grows. Allocates nothing once it has been as long. */
final class FrameBytes {
  private static final int INITIAL_BYTES = 4096;

  private byte[] bytes = new byte[INITIAL_BYTES];
  private int length;

  byte[] array() {
    return bytes;
  }

  int length() {
    return length;
  }

  void clear() {
    length = 0;
  }

  void truncate(int newLength) {
    assert newLength <= length;
    length = newLength;
  }

  void add(byte[] sequence) {
    reserve(sequence.length);
    System.arraycopy(sequence, 0, bytes, length, sequence.length);
    length += sequence.length;
  }

  void add(char ascii) {
    assert ascii < 0x80;
    reserve(1);
    bytes[length] = (byte) ascii;
    length++;
  }

  void add(String text) {
    add(text.getBytes(StandardCharsets.UTF_8));
  }

  void addNumber(int number) {
    assert number >= 0;
    if (number >= 10) {
      addNumber(number / 10);
    }
    add((char) ('0' + number % 10));
  }

  /** As UTF-8. */
  void addCodePoint(int codePoint) {
    reserve(4);
    if (codePoint < 0x80) {
      bytes[length++] = (byte) codePoint;
    } else if (codePoint < 0x800) {
      bytes[length++] = (byte) (0xC0 | codePoint >> 6);
      addContinued(codePoint);
    } else if (codePoint < 0x10000) {
      bytes[length++] = (byte) (0xE0 | codePoint >> 12);
      addContinued(codePoint >> 6);
      addContinued(codePoint);
    } else {
      bytes[length++] = (byte) (0xF0 | codePoint >> 18);
      addContinued(codePoint >> 12);
      addContinued(codePoint >> 6);
      addContinued(codePoint);
    }
  }

  private void addContinued(int bits) {
    bytes[length++] = (byte) (0x80 | (bits & 0x3F));
  }

  private void reserve(int more) {
    if (bytes.length - length < more) {
      bytes = Arrays.copyOf(bytes, Math.max(2 * bytes.length, length + more));
    }
  }

  @Override
  public String toString() {
    return new String(bytes, 0, length, StandardCharsets.UTF_8);
  }
}
