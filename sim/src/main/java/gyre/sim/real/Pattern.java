package gyre.sim.real;

/**
 * Bytes that say whose they are. Each word of eight bytes is a number that names the connection,
 * the direction and the place, mixed so that no two words have much in common. The mixing can be
 * undone: where wrong bytes are received, it can be told where they came from.
 */
final class Pattern {
  static final int WORD = 8;

  /** Each datagram of a source begins at a multiple of this. */
  static final int DATAGRAM_BYTES = 64 * 1024;

  private static final long MAGIC = 0x5A7;
  private static final long ODD_1 = 0xff51afd7ed558ccdL;
  private static final long ODD_2 = 0xc4ceb9fe1a85ec53L;
  private static final long INVERSE_1 = inverse(ODD_1);
  private static final long INVERSE_2 = inverse(ODD_2);
  private static final int MOST_CONNECTIONS = 1 << 14;
  private static final long MOST_WORDS = 1L << 24;

  private Pattern() {}

  /** Modulo 2^64, by Newton's method. */
  private static long inverse(long odd) {
    long result = odd;
    for (int i = 0; i < 6; i++) {
      result *= 2 - odd * result;
    }
    return result;
  }

  private static long mix(long value) {
    long mixed = value;
    mixed = (mixed ^ mixed >>> 33) * ODD_1;
    mixed = (mixed ^ mixed >>> 33) * ODD_2;
    return mixed ^ mixed >>> 33;
  }

  private static long unmix(long value) {
    long plain = value;
    plain = (plain ^ plain >>> 33) * INVERSE_2;
    plain = (plain ^ plain >>> 33) * INVERSE_1;
    return plain ^ plain >>> 33;
  }

  private static long word(int source, long index) {
    return mix((long) source << 43 | MAGIC << 32 | index);
  }

  /** The byte at a place of what {@code source} sends. */
  static byte at(int source, long position) {
    return (byte) (word(source, position / WORD) >>> (8 * (position % WORD)));
  }

  static byte[] bytes(int source, long position, int length) {
    byte[] bytes = new byte[length];
    long word = 0;
    for (int i = 0; i < length; i++) {
      long place = position + i;
      if (i == 0 || place % WORD == 0) {
        word = word(source, place / WORD) >>> (8 * (place % WORD));
      }
      bytes[i] = (byte) word;
      word >>>= 8;
    }
    return bytes;
  }

  /** The index of the first byte that is not what {@code source} sends there; -1 if all are. */
  static int mismatch(int source, long position, byte[] bytes, int length) {
    long word = 0;
    for (int i = 0; i < length; i++) {
      long place = position + i;
      if (i == 0 || place % WORD == 0) {
        word = word(source, place / WORD) >>> (8 * (place % WORD));
      }
      if (bytes[i] != (byte) word) {
        return i;
      }
      word >>>= 8;
    }
    return -1;
  }

  /** Where the first bytes stand in what {@code source} sends; -1 if they are of another one. */
  static long position(int source, byte[] bytes, int length) {
    if (length < WORD) {
      return -1;
    }
    long plain = unmix(word(bytes, 0));
    boolean isOfSource = plain >>> 32 == ((long) source << 11 | MAGIC);
    return isOfSource ? (plain & 0xFFFFFFFFL) * WORD : -1;
  }

  private static long word(byte[] bytes, int start) {
    long word = 0;
    for (int i = WORD - 1; i >= 0; i--) {
      word = (word << 8) | (bytes[start + i] & 0xFF);
    }
    return word;
  }

  /** Whose bytes these are. */
  static String identify(byte[] bytes, int from, int to) {
    for (int start = from; start + WORD <= to; start++) {
      long plain = unmix(word(bytes, start));
      long source = plain >>> 43;
      long index = plain & 0xFFFFFFFFL;
      if ((plain >>> 32 & 0x7FF) == MAGIC && source < 2 * MOST_CONNECTIONS && index < MOST_WORDS) {
        long position = index * WORD - (start - from);
        return "bytes from position " + position + " on of " + name((int) source);
      }
    }
    return "bytes of nobody";
  }

  /** The two directions of a connection are two sources. */
  static int source(int connection, boolean isBackward) {
    assert connection >= 0 && connection < MOST_CONNECTIONS;
    return 2 * connection + (isBackward ? 1 : 0);
  }

  static String name(int source) {
    return "connection " + source / 2 + (source % 2 == 0 ? " left to right" : " right to left");
  }
}
