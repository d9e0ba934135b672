package gyre.http;

import gyre.io.ByteQueue;
import java.util.Arrays;

/**
 * The front of the input, copied and cut into lines. The copy is what offsets of fields point into:
 * it stays where it is while the input goes on to be consumed, moved and received into.
 *
 * <p>What is copied and not consumed yet is always what the input begins with. So whoever consumes
 * from the input tells it here ({@link #consumed}).
 *
 * <p>Each byte is copied once and searched once, in whatever pieces it comes. A section (a head, or
 * trailers) begins with {@link #begin}; the offsets of the one before are dead then.
 */
final class Lines {
  /** There is no whole line yet. */
  static final int MORE = -1;

  static final int LINE_TOO_LONG = -2;
  static final int SECTION_TOO_LARGE = -3;

  private static final int INITIAL_BYTES = 2048;

  byte[] bytes = new byte[INITIAL_BYTES];

  /** What the input begins with. */
  private int start;

  /** End of what is copied. */
  private int end;

  /** Where the section begins. */
  private int section;

  /** Where the line begins. */
  private int line;

  /** Up to here there is no end of the line. */
  private int scanned;

  /** For the next user: nothing is copied, and memory that grew is given back. */
  void reset() {
    start = 0;
    end = 0;
    section = 0;
    line = 0;
    scanned = 0;
    if (bytes.length > INITIAL_BYTES) {
      bytes = new byte[INITIAL_BYTES];
    }
  }

  /** A section begins with what the input begins with. */
  void begin() {
    if (start == end) {
      start = 0;
      end = 0;
    } else if (start > bytes.length / 2) {
      System.arraycopy(bytes, start, bytes, 0, end - start);
      end -= start;
      start = 0;
    }
    section = start;
    line = start;
    scanned = start;
  }

  /** Where the present line begins. */
  int line() {
    return line;
  }

  /** Whether a byte of the present line is there. */
  boolean hasFirst(ByteQueue in) {
    if (line == end) {
      copy(in);
    }
    return line < end;
  }

  /**
   * Index of the LF that ends the present line; negative if there is none.
   *
   * @param lineLimit bytes of a line, its end included
   * @param sectionLimit bytes of the lines together
   */
  int endOfLine(ByteQueue in, int lineLimit, int sectionLimit) {
    int longest = Math.min(line + lineLimit, section + sectionLimit);
    int tooLong = line + lineLimit <= section + sectionLimit ? LINE_TOO_LONG : SECTION_TOO_LARGE;
    while (true) {
      int feed = Ascii.findFeed(bytes, scanned, end);
      if (feed >= 0) {
        return feed < longest ? feed : tooLong;
      }
      scanned = end;
      if (end >= longest) {
        return tooLong;
      }
      if (!copy(in)) {
        return MORE;
      }
    }
  }

  /** The next line begins behind this LF. */
  void nextLine(int feed) {
    line = feed + 1;
    scanned = line;
  }

  /** Bytes of the lines that are behind. */
  int sectionBytes() {
    return line - section;
  }

  /** The first bytes were consumed from the input. */
  void consumed(long count) {
    if (count < end - start) {
      start += (int) count;
    } else {
      start = end;
    }
  }

  private boolean copy(ByteQueue in) {
    int copied = end - start;
    assert in.size() >= copied : "consumed without being told here";
    long fresh = in.size() - copied;
    if (fresh == 0) {
      return false;
    }
    if (end == bytes.length) {
      bytes = Arrays.copyOf(bytes, bytes.length * 2);
    }
    int count = (int) Math.min(fresh, bytes.length - end);
    in.copyTo(copied, bytes, end, count);
    end += count;
    return true;
  }
}
