package gyre.io;

import gyre.engine.Chunk;
import gyre.sys.Memory;
import java.lang.ref.Reference;
import java.util.Arrays;

/**
 * Checks that bytes are UTF-8 while they arrive, in whatever pieces. What is known between two
 * pieces is one number, so that this takes no object: begin with {@link #COMPLETE}, and hand what
 * {@link #next} answers to the next call.
 *
 * <pre>{@code
 * int state = Utf8Check.COMPLETE;
 * state = Utf8Check.next(state, in, 0, in.size());   // for each piece
 * if (state == Utf8Check.REFUSED) ...                // as soon as it is known
 * if (state != Utf8Check.COMPLETE) ...               // at the end: cut within a character
 * }</pre>
 *
 * <p>Surrogates, characters written longer than they need, and what is beyond U+10FFFF are refused.
 */
public final class Utf8Check {
  /** All characters so far are whole. */
  public static final int COMPLETE = 0;

  /** This is no UTF-8, whatever follows. */
  public static final int REFUSED = 1;

  private static final long HIGH_BITS = 0x8080808080808080L;

  // The other states: what may come next. One number for each state, which is its row in NEXT.
  private static final int ONE_MORE = 2;
  private static final int TWO_MORE = 3;
  private static final int THREE_MORE = 4;
  private static final int AFTER_E0 = 5;
  private static final int AFTER_ED = 6;
  private static final int AFTER_F0 = 7;
  private static final int AFTER_F4 = 8;
  private static final int STATES = 9;
  private static final int ROW_SHIFT = 8;

  private static final byte[] NEXT = transitions();

  private Utf8Check() {}

  /** Unicode, table 3-7. */
  private static byte[] transitions() {
    byte[] next = new byte[STATES << ROW_SHIFT];
    Arrays.fill(next, (byte) REFUSED);
    put(next, COMPLETE, 0x00, 0x7F, COMPLETE);
    put(next, COMPLETE, 0xC2, 0xDF, ONE_MORE);
    put(next, COMPLETE, 0xE0, 0xE0, AFTER_E0);
    put(next, COMPLETE, 0xE1, 0xEF, TWO_MORE);
    put(next, COMPLETE, 0xED, 0xED, AFTER_ED);
    put(next, COMPLETE, 0xF0, 0xF0, AFTER_F0);
    put(next, COMPLETE, 0xF1, 0xF3, THREE_MORE);
    put(next, COMPLETE, 0xF4, 0xF4, AFTER_F4);
    put(next, ONE_MORE, 0x80, 0xBF, COMPLETE);
    put(next, TWO_MORE, 0x80, 0xBF, ONE_MORE);
    put(next, THREE_MORE, 0x80, 0xBF, TWO_MORE);
    put(next, AFTER_E0, 0xA0, 0xBF, ONE_MORE);
    put(next, AFTER_ED, 0x80, 0x9F, ONE_MORE);
    put(next, AFTER_F0, 0x90, 0xBF, TWO_MORE);
    put(next, AFTER_F4, 0x80, 0x8F, TWO_MORE);
    return next;
  }

  private static void put(byte[] next, int state, int from, int to, int then) {
    for (int value = from; value <= to; value++) {
      next[(state << ROW_SHIFT) | value] = (byte) then;
    }
  }

  /**
   * What is known after the bytes from {@code from} to before {@code to}. The queue stays as it is.
   *
   * @param state what the call before has answered
   */
  public static int next(int state, ByteQueue bytes, long from, long to) {
    if (from < 0 || from > to || to > bytes.size()) {
      throw new IndexOutOfBoundsException(
          "from " + from + " to " + to + " of the queue's " + bytes.size() + " bytes");
    }
    int known = state;
    long skip = from;
    long left = to - from;
    try {
      for (Chunk chunk = bytes.first; chunk != null && left > 0; chunk = chunk.next) {
        int length = chunk.length();
        if (skip >= length) {
          skip -= length;
          continue;
        }
        int piece = (int) Math.min(left, length - skip);
        known = next(known, chunk.address() + skip, piece);
        left -= piece;
        skip = 0;
      }
    } finally {
      Reference.reachabilityFence(bytes);
    }
    return known;
  }

  private static int next(int state, long address, int bytes) {
    int known = state;
    int i = 0;
    while (i < bytes && known != REFUSED) {
      if (known == COMPLETE) {
        while (i + Long.BYTES <= bytes && (Memory.getLong(address + i) & HIGH_BITS) == 0) {
          i += Long.BYTES;
        }
        if (i == bytes) {
          return known;
        }
      }
      known = NEXT[(known << ROW_SHIFT) | (Memory.getByte(address + i) & 0xFF)];
      i++;
    }
    return known;
  }
}
