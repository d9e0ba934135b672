package gyre.terminal;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/**
 * Turns what is to be shown into bytes for a terminal: only what differs from the frame before, as
 * one block, to be written at once.
 *
 * <p>It keeps a copy of what the terminal shows. So bytes that were encoded have to be written; if
 * they were not, or something else has written to the terminal, {@link #invalidate} has the next
 * frame draw everything.
 *
 * <p>Not for several threads. Encoding allocates nothing, but for characters with combining marks.
 */
public final class FrameEncoder {
  /** Asks terminals that can to show all of a frame at once; others ignore it (DECSET 2026). */
  private static final byte[] BEGIN = ascii("\u001b[?2026h");

  private static final byte[] END = ascii("\u001b[?2026l");
  private static final byte[] HIDE_CURSOR = ascii("\u001b[?25l");
  private static final byte[] SHOW_CURSOR = ascii("\u001b[?25h");
  private static final byte[] CLEAR = ascii("\u001b[H\u001b[2J");
  private static final byte[] ERASE_REST = ascii("\u001b[K");

  /** Cells that are written again rather than skipped: as short as moving over them. */
  private static final int SHORT_GAP = 3;

  /** From so many blanks on the end of a row is erased. */
  private static final int ERASE_FROM = 5;

  private final boolean synchronizes;
  private final FrameBytes out = new FrameBytes();
  private final StyleEncoder style;
  private final CursorEncoder cursor = new CursorEncoder(out);

  /** What the terminal shows. */
  private Screen shown = Screen.of(new TerminalSize(1, 1));

  private boolean isValid;
  private boolean showsCursor;

  private FrameEncoder(ColorDepth depth, boolean synchronizes) {
    this.synchronizes = synchronizes;
    this.style = new StyleEncoder(depth, out);
  }

  /**
   * An encoder that knows nothing yet of what the terminal shows.
   *
   * @param synchronizes whether frames ask the terminal to be shown at once
   */
  public static FrameEncoder of(ColorDepth depth, boolean synchronizes) {
    return new FrameEncoder(depth, synchronizes);
  }

  private static byte[] ascii(String text) {
    return text.getBytes(StandardCharsets.US_ASCII);
  }

  /** It is not known what the terminal shows: the next frame draws all of it. */
  public void invalidate() {
    isValid = false;
  }

  /**
   * Encodes a frame.
   *
   * @return how many bytes of {@link #bytes} it takes; 0 if nothing has changed
   */
  public int encode(Screen frame) {
    boolean isAnew = !isValid || frame.columns() != shown.columns() || frame.rows() != shown.rows();
    out.clear();
    if (isAnew) {
      showsCursor = true; // or so it may be
      begin();
      clear(frame);
    }
    int beforeCells = out.length();
    for (int row = 0; row < frame.rows(); row++) {
      encodeRow(frame, row);
    }
    boolean isDrawn = out.length() > beforeCells;
    encodeCursor(frame, isAnew || isDrawn);
    if (out.length() > 0) {
      style.become(0); // what others print is not to look like the last cell
      if (synchronizes) {
        out.add(END);
      }
    }
    isValid = true;
    return out.length();
  }

  /** The frame that was encoded last: its first bytes, until the next is. */
  public byte[] bytes() {
    return out.array();
  }

  /** Before the first bytes of a frame. */
  private void begin() {
    if (synchronizes) {
      out.add(BEGIN);
    }
    cursor.forget();
    if (showsCursor) {
      out.add(HIDE_CURSOR); // else it is seen jumping about
      showsCursor = false;
    }
  }

  private void clear(Screen frame) {
    style.reset();
    out.add(CLEAR);
    cursor.home();
    if (frame.columns() == shown.columns() && frame.rows() == shown.rows()) {
      shown.clear();
    } else {
      shown = Screen.of(frame.size());
    }
  }

  private void encodeRow(Screen frame, int row) {
    int start = row * frame.columns();
    int end = start + frame.columns();
    int at = firstDifference(frame, start, end);
    if (at == end) {
      return;
    }
    if (out.length() == 0) {
      begin();
    }
    int blank = blankRest(frame, start, end);
    while (at < end) {
      if (at >= blank && end - at >= ERASE_FROM) {
        cursor.moveTo(at - start, row);
        style.become(0);
        out.add(ERASE_REST);
        break;
      }
      at = encodeCell(frame, at, start, end);
      int next = firstDifference(frame, at, end);
      at = next - at <= SHORT_GAP && canRewrite(frame, at, next) ? at : next;
    }
    shown.copyFrom(frame, start, end);
  }

  private static int firstDifference(Screen frame, Screen shown, int from, int to) {
    int symbol = Arrays.mismatch(frame.symbols, from, to, shown.symbols, from, to);
    int end = symbol < 0 ? to : from + symbol;
    int look = Arrays.mismatch(frame.styles, from, end, shown.styles, from, end);
    return look < 0 ? end : from + look;
  }

  private int firstDifference(Screen frame, int from, int to) {
    int different = firstDifference(frame, shown, from, to);
    if (frame.clusters == null || shown.clusters == null) {
      return different;
    }
    for (int at = from; at < different; at++) {
      if (!frame.isSame(shown, at)) {
        return at;
      }
    }
    return different;
  }

  /** Where the plain blanks at the end of a row begin. */
  private static int blankRest(Screen frame, int start, int end) {
    int at = end;
    while (at > start && frame.symbols[at - 1] == ' ' && frame.styles[at - 1] == 0) {
      at--;
    }
    return at;
  }

  /** Whether the cells up to the next difference are simple, and of one style. */
  private static boolean canRewrite(Screen frame, int from, int to) {
    for (int at = from; at < to; at++) {
      if (frame.symbols[at] < ' '
          || frame.symbols[at] > '~'
          || frame.styles[at] != frame.styles[from - 1]) {
        return false;
      }
    }
    return to % frame.columns() != 0;
  }

  /** Answers the cell behind. */
  private int encodeCell(Screen frame, int at, int start, int end) {
    int first = frame.symbols[at] == Screen.TAIL ? at - 1 : at;
    boolean isWide = first + 1 < end && frame.symbols[first + 1] == Screen.TAIL;
    int width = isWide ? 2 : 1;
    cursor.moveTo(first - start, start / frame.columns());
    style.become(frame.styles[first]);
    int symbol = frame.symbols[first];
    if (symbol == Screen.CLUSTER) {
      out.add(frame.clusterAt(first));
    } else {
      out.addCodePoint(symbol);
    }
    if (isSurelySoWide(symbol) && first + width < end) {
      cursor.advance(width);
    } else {
      // At the edge terminals differ, and so they do in how wide they take a new emoji for.
      cursor.forget();
    }
    return first + width;
  }

  /** Letters, lines and blocks, Braille, ideographs: what all terminals agree on. */
  private static boolean isSurelySoWide(int symbol) {
    return (symbol >= ' ' && symbol < 0x2000)
        || (symbol >= 0x2500 && symbol < 0x25A0)
        || (symbol >= 0x2800 && symbol < 0x2900)
        || (symbol >= 0x3041 && symbol < 0xD7A4);
  }

  private void encodeCursor(Screen frame, boolean isDrawn) {
    int column = frame.cursorColumn();
    int row = frame.cursorRow();
    boolean isSame =
        !isDrawn && column == shown.cursorColumn() && row == shown.cursorRow() && isValid;
    if (isSame) {
      return;
    }
    if (out.length() == 0) {
      begin();
    }
    shown.cursor(column, row);
    if (column >= 0) {
      cursor.moveTo(column, row);
      out.add(SHOW_CURSOR);
      showsCursor = true;
    }
  }
}
