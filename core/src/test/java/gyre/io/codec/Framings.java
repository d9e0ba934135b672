package gyre.io.codec;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.function.IntUnaryOperator;

/** Every framing in each of its variants, and messages that it can carry. */
enum Framings {
  LINES(Framing.lines(300), 298),
  LINES_CRLF(Framing.lines(300).carriageReturns(), 298),
  DELIMITER(Framing.delimiter(new byte[] {';'}, 300), 299),
  LONG_DELIMITER(Framing.delimiter("-;-".getBytes(StandardCharsets.US_ASCII), 300), 297),
  FIXED(Framing.fixed(7), 7),
  LENGTH_1(Framing.lengthPrefix(1, 200), 200),
  LENGTH_2_LE(Framing.lengthPrefix(2, 300).littleEndian(), 300),
  LENGTH_3_ITSELF(Framing.lengthPrefix(3, 300).countsItself(), 300),
  LENGTH_4(Framing.lengthPrefix(4, 300), 300),
  LENGTH_5_LE_MORE(Framing.lengthPrefix(5, 300).littleEndian().adjustment(-9), 300),
  LENGTH_8_LESS(Framing.lengthPrefix(8, 300).adjustment(0), 300),
  VARINT(Framing.varintPrefix(300), 300),
  NETSTRINGS(Framing.netstrings(300), 300),
  COBS(Framing.cobs(600), 600),
  CHUNKED(Framing.chunked(Framing.lengthPrefix(1, 20), 300), 300),
  CHUNKED_NETSTRINGS(Framing.chunked(Framing.netstrings(50), 300).partBytes(9), 300);

  @SuppressWarnings("ImmutableEnumChecker") // a framing is immutable
  final Framing framing;

  private final int contentBytes;

  Framings(Framing framing, int contentBytes) {
    this.framing = framing;
    this.contentBytes = contentBytes;
  }

  /** A message that can be framed; short ones and the longest are frequent. */
  byte[] message(IntUnaryOperator below) {
    if (this == FIXED) {
      return bytes(7, below);
    }
    int length =
        switch (below.applyAsInt(8)) {
          case 0 -> 0;
          case 1 -> contentBytes;
          case 2 -> Math.min(contentBytes, 253 + below.applyAsInt(4)); // where COBS begins a group
          case 3, 4, 5 -> below.applyAsInt(10);
          default -> below.applyAsInt(contentBytes + 1);
        };
    return bytes(length, below);
  }

  private byte[] bytes(int length, IntUnaryOperator below) {
    byte[] bytes = new byte[length];
    int kinds = 1 + below.applyAsInt(256);
    for (int i = 0; i < length; i++) {
      bytes[i] = (byte) below.applyAsInt(kinds);
      if (isForbidden(bytes[i])) {
        bytes[i] = 'x';
      }
    }
    return bytes;
  }

  private boolean isForbidden(byte value) {
    return switch (this) {
      case LINES, LINES_CRLF -> value == '\n' || value == '\r';
      case DELIMITER, LONG_DELIMITER -> value == ';';
      default -> false;
    };
  }

  List<byte[]> messages(int count, IntUnaryOperator below) {
    List<byte[]> messages = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      messages.add(message(below));
    }
    return messages;
  }

  /** Of which only a few are long, for tests that take a step for each byte of each. */
  List<byte[]> shortMessages(int count, IntUnaryOperator below) {
    List<byte[]> messages = messages(5, below);
    while (messages.size() < count) {
      byte[] message = message(below);
      if (message.length < 12) {
        messages.add(message);
      }
    }
    return messages;
  }
}
