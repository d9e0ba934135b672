package gyre.terminal;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * Rows of cells below a head, each column as wide as its longest cell. If the area is narrower, the
 * last columns are cut; if it is lower, rows from {@link #firstRow} on are shown.
 */
public final class Table implements Widget {
  private static final int GAP = 2;

  private final List<String> head;
  private final List<List<String>> rows;
  private final long rightAligned;
  private final int firstRow;
  private final int selected;
  private final Style headStyle;

  private Table(
      List<String> head,
      List<List<String>> rows,
      long rightAligned,
      int firstRow,
      int selected,
      Style headStyle) {
    this.head = head;
    this.rows = rows;
    this.rightAligned = rightAligned;
    this.firstRow = firstRow;
    this.selected = selected;
    this.headStyle = headStyle;
  }

  /** At most 64 columns. */
  public static Table of(String... head) {
    if (head.length < 1 || head.length > Long.SIZE) {
      throw new IllegalArgumentException(
          head.length + " columns: must be between 1 and " + Long.SIZE);
    }
    return new Table(List.of(head), List.of(), 0, 0, -1, Style.plain().bold());
  }

  /** Rows that are too short are filled up with blanks. Neither list may change any more. */
  public Table rows(List<List<String>> newRows) {
    return new Table(head, newRows, rightAligned, firstRow, selected, headStyle);
  }

  /** Numbers read better at the right edge of their columns, which are counted from 0. */
  public Table rightAligned(int... columns) {
    long bits = 0;
    for (int column : columns) {
      if (column < 0 || column >= head.size()) {
        throw new IllegalArgumentException(
            "column " + column + ": there are " + head.size() + ", counted from 0");
      }
      bits |= 1L << column;
    }
    return new Table(head, rows, bits, firstRow, selected, headStyle);
  }

  /** The first row that is shown: for scrolling. */
  public Table firstRow(int row) {
    if (row < 0) {
      throw new IllegalArgumentException("first row " + row + ": must not be negative");
    }
    return new Table(head, rows, rightAligned, row, selected, headStyle);
  }

  /** A row to mark, or -1 for none. */
  public Table selected(int row) {
    return new Table(head, rows, rightAligned, firstRow, row, headStyle);
  }

  public Table headStyle(Style style) {
    return new Table(head, rows, rightAligned, firstRow, selected, style);
  }

  @Override
  public void draw(Area area) {
    int last = (int) Math.min(rows.size(), (long) firstRow + Math.max(0, area.height() - 1));
    List<List<String>> shown = firstRow < last ? rows.subList(firstRow, last) : new ArrayList<>();
    int[] widths = widths(shown);
    line(area, 0, head, widths, headStyle);
    for (int i = 0; i < shown.size(); i++) {
      Style style = firstRow + i == selected ? Style.plain().reversed() : Style.plain();
      line(area, i + 1, shown.get(i), widths, style);
    }
  }

  private int[] widths(List<List<String>> shown) {
    int[] widths = new int[head.size()];
    Arrays.setAll(widths, column -> TextWidth.of(head.get(column)));
    for (List<String> row : shown) {
      for (int column = 0; column < Math.min(widths.length, row.size()); column++) {
        widths[column] = Math.max(widths[column], TextWidth.of(row.get(column)));
      }
    }
    return widths;
  }

  private void line(Area area, int row, List<String> cells, int[] widths, Style style) {
    area.part(0, row, area.width(), 1).fill(' ', style);
    int left = 0;
    for (int column = 0; column < widths.length && left < area.width(); column++) {
      String cell = column < cells.size() ? cells.get(column) : "";
      boolean isRight = (rightAligned >>> column & 1) != 0;
      int indent = isRight ? widths[column] - TextWidth.of(cell) : 0;
      area.put(left + indent, row, cell, style);
      left += widths[column] + GAP;
    }
  }
}
