package gyre.terminal;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;

/**
 * A terminal for tests: carries out what {@link FrameEncoder} writes, and fails on anything else.
 * It is written from the standard, apart from the encoder, and keeps text for each cell.
 */
final class Emulator {
  final int columns;
  final int rows;
  final String[][] cells;
  final Style[][] styles;
  int column;
  int row;
  boolean isPending; // the last column was written: where the cursor is, terminals differ
  boolean isCursorShown = true;
  boolean isSynchronized;
  int frames;
  private Style style = Style.plain();

  Emulator(int columns, int rows) {
    this.columns = columns;
    this.rows = rows;
    this.cells = new String[rows][columns];
    this.styles = new Style[rows][columns];
    erase(0, 0, columns, rows);
  }

  private void erase(int fromColumn, int fromRow, int toColumn, int toRow) {
    for (int y = fromRow; y < toRow; y++) {
      for (int x = fromColumn; x < toColumn; x++) {
        breakWide(x, y);
        cells[y][x] = " ";
        styles[y][x] = style;
      }
    }
  }

  void write(byte[] bytes, int length) {
    String text = new String(bytes, 0, length, StandardCharsets.UTF_8);
    for (int i = 0; i < text.length(); ) {
      int next = text.codePointAt(i);
      if (next == 0x1b) {
        i = sequence(text, i + 1);
      } else {
        character(next);
        i += Character.charCount(next);
      }
    }
  }

  private void character(int next) {
    switch (next) {
      case '\r' -> column = 0;
      case '\n' -> {
        check(row + 1 < rows, "scrolls");
        row++;
      }
      case '\b' -> column--;
      default -> {
        check(next >= ' ' && (next < 0x7f || next >= 0xA0), "control character " + next);
        glyph(next);
      }
    }
    if (next == '\r') {
      isPending = false;
    }
  }

  private void glyph(int next) {
    int width = TextWidth.of(next);
    if (width == 0) {
      int at = column - 1;
      while (cells[row][at].isEmpty()) {
        at--;
      }
      cells[row][at] += Character.toString(next);
      return;
    }
    check(!isPending, "writes where the cursor is not known");
    check(column + width <= columns, "writes over the edge");
    for (int i = 0; i < width; i++) {
      breakWide(column + i, row);
      cells[row][column + i] = i == 0 ? Character.toString(next) : "";
      styles[row][column + i] = style;
    }
    column += width;
    if (column == columns) {
      isPending = true;
    }
  }

  private void breakWide(int x, int y) {
    if (cells[y][x] == null) {
      return;
    }
    if (cells[y][x].isEmpty()) {
      cells[y][x - 1] = " ";
    } else if (x + 1 < columns && "".equals(cells[y][x + 1])) {
      cells[y][x + 1] = " ";
    }
  }

  private int sequence(String text, int from) {
    check(text.charAt(from) == '[', "only control sequences are known");
    int end = from + 1;
    while (text.charAt(end) < '@') {
      end++;
    }
    String parameters = text.substring(from + 1, end);
    perform(parameters, text.charAt(end));
    return end + 1;
  }

  private void perform(String parameters, char last) {
    if (parameters.startsWith("?")) {
      mode(Integer.parseInt(parameters.substring(1)), last == 'h');
      return;
    }
    List<Integer> numbers = new ArrayList<>();
    for (String each : parameters.split(";", -1)) {
      numbers.add(each.isEmpty() ? 0 : Integer.parseInt(each));
    }
    int count = Math.max(1, numbers.getFirst());
    switch (last) {
      case 'H' -> {
        row = count - 1;
        column = numbers.size() > 1 ? Math.max(1, numbers.get(1)) - 1 : 0;
        isPending = false;
      }
      case 'A' -> row -= count;
      case 'B' -> row += count;
      case 'C' -> column += count;
      case 'D' -> column -= count;
      case 'K' -> erase(column, row, columns, row + 1);
      case 'J' -> erase(0, 0, columns, rows);
      case 'm' -> rendition(numbers);
      default -> throw new AssertionError("CSI " + parameters + last);
    }
    check(row >= 0 && row < rows && column >= 0 && column <= columns, "leaves the screen");
    boolean isMove = last >= 'A' && last <= 'D';
    check(!(isMove && isPending), "moves from where the cursor is not known");
  }

  private void mode(int number, boolean on) {
    switch (number) {
      case 25 -> isCursorShown = on;
      case 2026 -> {
        check(isSynchronized != on, "nested frames");
        isSynchronized = on;
        frames += on ? 1 : 0;
      }
      default -> throw new AssertionError("mode " + number);
    }
  }

  private void rendition(List<Integer> codes) {
    for (int i = 0; i < codes.size(); i++) {
      int code = codes.get(i);
      if (code == 38 || code == 48) {
        boolean isRgb = codes.get(i + 1) == 2;
        Color color =
            isRgb
                ? Color.rgb(codes.get(i + 2), codes.get(i + 3), codes.get(i + 4))
                : Color.indexed(codes.get(i + 2));
        style = code == 38 ? style.foreground(color) : style.background(color);
        i += isRgb ? 4 : 2;
      } else {
        style = simple(code);
      }
    }
  }

  private Style simple(int code) {
    long bits = style.bits();
    return switch (code) {
      case 0 -> Style.plain();
      case 1 -> style.bold();
      case 2 -> style.dim();
      case 3 -> style.italic();
      case 4 -> style.underlined();
      case 7 -> style.reversed();
      case 9 -> style.struck();
      case 22 -> Style.ofBits(bits & ~(Style.BOLD | Style.DIM));
      case 23 -> Style.ofBits(bits & ~Style.ITALIC);
      case 24 -> Style.ofBits(bits & ~Style.UNDERLINED);
      case 27 -> Style.ofBits(bits & ~Style.REVERSED);
      case 29 -> Style.ofBits(bits & ~Style.STRUCK);
      case 39 -> style.foreground(Color.DEFAULT);
      case 49 -> style.background(Color.DEFAULT);
      default -> {
        boolean isBright = code >= 90;
        int base = code % 10 + (isBright ? 8 : 0);
        boolean isBehind = code / 10 == 4 || code / 10 == 10;
        Color color = Color.indexed(base);
        yield isBehind ? style.background(color) : style.foreground(color);
      }
    };
  }

  String text(int y) {
    return String.join("", cells[y]).stripTrailing();
  }

  private static void check(boolean holds, String what) {
    if (!holds) {
      throw new AssertionError(what);
    }
  }
}
