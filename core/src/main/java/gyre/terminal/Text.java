package gyre.terminal;

import java.util.ArrayList;
import java.util.List;

/** Lines of text. By default what is too long for the area is cut; it can be wrapped instead. */
public final class Text implements Widget {
  /** Where a line stands if the area is wider. */
  public enum Align {
    LEFT,
    CENTER,
    RIGHT
  }

  private final String text;
  private final Style style;
  private final Align align;
  private final boolean wraps;
  private final int firstLine;

  private Text(String text, Style style, Align align, boolean wraps, int firstLine) {
    this.text = text;
    this.style = style;
    this.align = align;
    this.wraps = wraps;
    this.firstLine = firstLine;
  }

  /** Lines are separated by line feeds. */
  public static Text of(String text) {
    return new Text(text, Style.plain(), Align.LEFT, false, 0);
  }

  public Text style(Style newStyle) {
    return new Text(text, newStyle, align, wraps, firstLine);
  }

  public Text align(Align newAlign) {
    return new Text(text, style, newAlign, wraps, firstLine);
  }

  /** Lines that are too long go on in the next row, broken at blanks where there are any. */
  public Text wraps(boolean on) {
    return new Text(text, style, align, on, firstLine);
  }

  /** Leaves out lines at the top: for scrolling. */
  public Text firstLine(int line) {
    if (line < 0) {
      throw new IllegalArgumentException("first line " + line + ": must not be negative");
    }
    return new Text(text, style, align, wraps, line);
  }

  @Override
  public void draw(Area area) {
    int width = area.width();
    List<String> lines = lines(width);
    for (int row = 0; row < area.height() && firstLine + row < lines.size(); row++) {
      String line = lines.get(firstLine + row);
      int room = width - TextWidth.of(line);
      int column =
          switch (align) {
            case LEFT -> 0;
            case CENTER -> Math.max(0, room / 2);
            case RIGHT -> Math.max(0, room);
          };
      area.put(column, row, line, style);
    }
  }

  /** How many rows it takes in an area of a width. */
  public int rows(int width) {
    return lines(width).size();
  }

  private List<String> lines(int width) {
    List<String> lines = text.lines().toList();
    if (!wraps || width < 1) {
      return lines;
    }
    List<String> wrapped = new ArrayList<>();
    for (String line : lines) {
      wrap(line, width, wrapped);
    }
    return wrapped;
  }

  private static void wrap(String line, int width, List<String> into) {
    int start = 0;
    while (start < line.length()) {
      int end = fitting(line, start, width);
      if (end < line.length()) {
        int blank = line.lastIndexOf(' ', end);
        end = blank > start ? blank : end;
      }
      into.add(line.substring(start, end));
      start = end;
      if (start < line.length() && line.charAt(start) == ' ') {
        start++;
      }
    }
    if (line.isEmpty()) {
      into.add("");
    }
  }

  /** The end of what fits: at least one character. */
  private static int fitting(String line, int start, int width) {
    int columns = 0;
    int at = start;
    while (at < line.length()) {
      int codePoint = line.codePointAt(at);
      columns += TextWidth.of(codePoint);
      if (columns > width && at > start) {
        return at;
      }
      at += Character.charCount(codePoint);
    }
    return at;
  }
}
