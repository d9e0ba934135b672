package gyre.terminal;

/**
 * A rectangle of a {@link Screen} with coordinates of its own, which nothing is drawn outside of:
 * what a widget is given.
 */
public final class Area {
  private final Screen screen;
  private final int left;
  private final int top;
  private final int width;
  private final int height;

  private Area(Screen screen, int left, int top, int width, int height) {
    this.screen = screen;
    this.left = left;
    this.top = top;
    this.width = width;
    this.height = height;
  }

  static Area of(Screen screen, int left, int top, int width, int height) {
    return new Area(screen, left, top, width, height);
  }

  public int width() {
    return width;
  }

  public int height() {
    return height;
  }

  /** A rectangle inside of this one; what would stand out is cut off. */
  public Area part(int column, int row, int partWidth, int partHeight) {
    int from = Math.clamp(column, 0, width);
    int above = Math.clamp(row, 0, height);
    int right = Math.clamp((long) column + partWidth, from, width);
    int bottom = Math.clamp((long) row + partHeight, above, height);
    return new Area(screen, left + from, top + above, right - from, bottom - above);
  }

  /** The given number of rows from the top; the rest is {@link #below}. */
  public Area above(int rows) {
    return part(0, 0, width, rows);
  }

  public Area below(int rows) {
    return part(0, rows, width, height - rows);
  }

  /** The given number of columns from the left; the rest is {@link #rightOf}. */
  public Area leftOf(int columns) {
    return part(0, 0, columns, height);
  }

  public Area rightOf(int columns) {
    return part(columns, 0, width - columns, height);
  }

  /** See {@link Screen#put}. */
  public int put(int column, int row, CharSequence text, Style style) {
    if (row < 0 || row >= height) {
      return TextWidth.of(text);
    }
    return screen.put(left + column, top + row, text, style, left, left + width);
  }

  /** See {@link Screen#fill}. */
  public void fill(int codePoint, Style style) {
    screen.fill(left, top, width, height, codePoint, style);
  }

  /** Where the cursor is shown, in the coordinates of this. */
  public void cursor(int column, int row) {
    if (column >= 0 && column < width && row >= 0 && row < height) {
      screen.cursor(left + column, top + row);
    }
  }

  /** A frame of lines around the edge, with a title; answers what is inside. */
  public Area border(String title, Style style) {
    if (width < 2 || height < 2) {
      return part(0, 0, 0, 0);
    }
    String line = "─".repeat(width - 2);
    put(0, 0, "┌" + line + "┐", style);
    put(0, height - 1, "└" + line + "┘", style);
    for (int row = 1; row < height - 1; row++) {
      put(0, row, "│", style);
      put(width - 1, row, "│", style);
    }
    Area inside = part(1, 1, width - 2, height - 2);
    if (!title.isEmpty()) {
      part(1, 0, width - 2, 1).put(1, 0, " " + title + " ", style);
    }
    return inside;
  }

  public void draw(Widget widget) {
    widget.draw(this);
  }

  @Override
  public String toString() {
    return width + "x" + height + " at " + left + "," + top + " of " + screen.size();
  }
}
