package gyre.terminal;

import java.util.Arrays;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * A grid of styled characters to draw on: one frame of a terminal. Columns and rows are counted
 * from 0, at the upper left.
 *
 * <p>A wide character takes two cells, the right of which is empty; whoever overwrites one half
 * blanks the other. What lies outside is not drawn, so nobody has to clip. Nothing that is put here
 * reaches a terminal as a control sequence: control characters are replaced by pictures of them.
 *
 * <p>Not for several threads. Drawing allocates nothing, but for characters with combining marks.
 */
public final class Screen {
  /** The right half of a wide character. */
  static final int TAIL = -1;

  /** More than one code point: they are in {@link #clusters}. */
  static final int CLUSTER = -2;

  /** Marks on one character; the rest is dropped. */
  private static final int MAX_CLUSTER_CHARS = 32;

  private static final int CONTROL_PICTURES = 0x2400;
  private static final int DELETE_PICTURE = 0x2421;
  private static final int REPLACEMENT = 0xFFFD;
  private static final int ZERO_WIDTH_NON_JOINER = 0x200C;
  private static final int ZERO_WIDTH_JOINER = 0x200D;

  private final int columns;
  private final int rows;

  /** By rows: a code point, or one of the above. */
  final int[] symbols;

  /** By rows: bits of a {@link Style}. */
  final long[] styles;

  /** Null as long as there was none. */
  @Nullable String @Nullable [] clusters;

  private int cursorColumn = -1;
  private int cursorRow = -1;

  private Screen(int columns, int rows) {
    this.columns = columns;
    this.rows = rows;
    this.symbols = new int[columns * rows];
    this.styles = new long[columns * rows];
    Arrays.fill(symbols, ' ');
  }

  public static Screen of(TerminalSize size) {
    return new Screen(size.columns(), size.rows());
  }

  public int columns() {
    return columns;
  }

  public int rows() {
    return rows;
  }

  public TerminalSize size() {
    return new TerminalSize(columns, rows);
  }

  /** The whole of it, for widgets. */
  public Area area() {
    return Area.of(this, 0, 0, columns, rows);
  }

  /** Blanks all cells, and hides the cursor. */
  public void clear() {
    Arrays.fill(symbols, ' ');
    Arrays.fill(styles, 0);
    clusters = null;
    hideCursor();
  }

  /** Where the cursor is shown. Outside of the screen there is none. */
  public void cursor(int column, int row) {
    boolean isInside = column >= 0 && column < columns && row >= 0 && row < rows;
    cursorColumn = isInside ? column : -1;
    cursorRow = isInside ? row : -1;
  }

  public void hideCursor() {
    cursorColumn = -1;
    cursorRow = -1;
  }

  /** -1 where it is hidden. */
  public int cursorColumn() {
    return cursorColumn;
  }

  public int cursorRow() {
    return cursorRow;
  }

  /** Puts text into one row. Answers how many columns it took, what lies outside included. */
  public int put(int column, int row, CharSequence text, Style style) {
    return put(column, row, text, style, 0, columns);
  }

  /** As {@link #put}, drawing only between two columns. */
  int put(int column, int row, CharSequence text, Style style, int left, int right) {
    int at = column;
    int last = -1;
    boolean isRowInside = row >= 0 && row < rows;
    for (int i = 0; i < text.length(); ) {
      int codePoint = Character.codePointAt(text, i);
      i += Character.charCount(codePoint);
      int width = TextWidth.of(codePoint);
      if (width == 0) {
        if (last >= 0) {
          combine(last, codePoint);
        }
        continue;
      }
      last = -1;
      if (isRowInside && at >= left && at <= right - width) {
        last = row * columns + at;
        set(last, visible(codePoint), width, style.bits());
      } else if (isRowInside && width == 2) {
        blankHalf(row, at, style, left, right);
      }
      at += width;
    }
    return at - column;
  }

  /** Of a wide character one half may be inside. */
  private void blankHalf(int row, int at, Style style, int left, int right) {
    int inside = at < left ? at + 1 : at;
    if (inside >= left && inside < right) {
      set(row * columns + inside, ' ', 1, style.bits());
    }
  }

  /** Fills a rectangle with one character, which must be narrow. */
  public void fill(int column, int row, int width, int height, int codePoint, Style style) {
    if (TextWidth.of(codePoint) != 1) {
      throw new IllegalArgumentException(
          "U+%04X does not take one column: fill with others".formatted(codePoint));
    }
    int symbol = visible(codePoint);
    int right = (int) Math.min(columns, (long) column + width);
    int bottom = (int) Math.min(rows, (long) row + height);
    for (int y = Math.max(0, row); y < bottom; y++) {
      for (int x = Math.max(0, column); x < right; x++) {
        set(y * columns + x, symbol, 1, style.bits());
      }
    }
  }

  /** What stands in a cell. */
  public Cell cell(int column, int row) {
    Objects.checkIndex(column, columns);
    Objects.checkIndex(row, rows);
    int at = row * columns + column;
    boolean isWide = column + 1 < columns && symbols[at + 1] == TAIL;
    int width = symbols[at] == TAIL ? 0 : isWide ? 2 : 1;
    return new Cell(textAt(at), Style.ofBits(styles[at]), width);
  }

  /** A row as text, without the blanks at its end. */
  public String text(int row) {
    Objects.checkIndex(row, rows);
    StringBuilder text = new StringBuilder(columns);
    for (int at = row * columns; at < (row + 1) * columns; at++) {
      text.append(textAt(at));
    }
    return text.toString().stripTrailing();
  }

  private String textAt(int at) {
    return switch (symbols[at]) {
      case TAIL -> "";
      case CLUSTER -> clusterAt(at);
      default -> Character.toString(symbols[at]);
    };
  }

  String clusterAt(int at) {
    @Nullable String[] known = clusters;
    assert known != null : "a cluster that nobody has put";
    return Objects.requireNonNull(known[at]);
  }

  private void set(int at, int symbol, int width, long style) {
    assert at % columns + width <= columns : "a wide character over the edge";
    breakWide(at);
    if (width == 2) {
      breakWide(at + 1);
      symbols[at + 1] = TAIL;
      styles[at + 1] = style;
    }
    symbols[at] = symbol;
    styles[at] = style;
  }

  /** The cell is about to be overwritten: of a wide character the other half is blanked. */
  private void breakWide(int at) {
    if (symbols[at] == TAIL) {
      assert at % columns > 0 : "half a character at the edge";
      symbols[at - 1] = ' ';
    } else if ((at + 1) % columns != 0 && symbols[at + 1] == TAIL) {
      symbols[at + 1] = ' ';
    }
  }

  /** Joins a mark to the character that was put into a cell. */
  private void combine(int at, int mark) {
    boolean isFormat = Character.getType(mark) == Character.FORMAT;
    if (isFormat && mark != ZERO_WIDTH_JOINER && mark != ZERO_WIDTH_NON_JOINER) {
      return; // such as those that turn the direction of what follows, over the edge of a widget
    }
    String before = textAt(at);
    if (before.length() < MAX_CLUSTER_CHARS) {
      @Nullable String[] known = clusters;
      if (known == null) {
        known = new @Nullable String[symbols.length];
        clusters = known;
      }
      known[at] = before + Character.toString(mark);
      symbols[at] = CLUSTER;
    }
  }

  private static int visible(int codePoint) {
    if (codePoint < ' ') {
      return codePoint == '\t' ? ' ' : CONTROL_PICTURES + codePoint;
    }
    if (codePoint < 0x7f) {
      return codePoint;
    }
    if (codePoint == 0x7f) {
      return DELETE_PICTURE;
    }
    boolean isControl = codePoint < 0xA0;
    boolean isHalf = codePoint >= Character.MIN_SURROGATE && codePoint <= Character.MAX_SURROGATE;
    return isControl || isHalf ? REPLACEMENT : codePoint;
  }

  // ---- for the encoder

  /** Whether a cell looks as that of another screen of the same size. */
  boolean isSame(Screen other, int at) {
    return symbols[at] == other.symbols[at]
        && styles[at] == other.styles[at]
        && (symbols[at] != CLUSTER || clusterAt(at).equals(other.clusterAt(at)));
  }

  /** Takes over some cells of another screen of the same size. */
  void copyFrom(Screen other, int from, int to) {
    System.arraycopy(other.symbols, from, symbols, from, to - from);
    System.arraycopy(other.styles, from, styles, from, to - from);
    @Nullable String[] theirs = other.clusters;
    if (theirs != null) {
      if (clusters == null) {
        clusters = new @Nullable String[symbols.length];
      }
      System.arraycopy(theirs, from, clusters, from, to - from);
    }
  }

  /** Takes over everything of another screen of the same size. */
  public void copyFrom(Screen other) {
    if (columns != other.columns || rows != other.rows) {
      throw new IllegalArgumentException(
          other.size() + " does not fit into " + size() + ": make a screen of that size");
    }
    copyFrom(other, 0, symbols.length);
    cursorColumn = other.cursorColumn;
    cursorRow = other.cursorRow;
  }

  @Override
  public String toString() {
    StringBuilder text = new StringBuilder();
    for (int row = 0; row < rows; row++) {
      text.append(text(row)).append('\n');
    }
    return text.toString();
  }
}
