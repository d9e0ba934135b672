package gyre.sim.engine;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.TreeSet;

/**
 * What a terminal makes of the bytes that come: text in cells, the cursor, and the modes that
 * programs switch. Sequences may be cut anywhere. Colors are read over.
 */
public final class TerminalScreen {
  private static final int ESCAPE = 0x1b;
  private static final int LONGEST = 64;

  private final int columns;
  private final int rows;
  private final String[][] cells;
  private final TreeSet<Integer> modes = new TreeSet<>(List.of(25));
  private final byte[] pending = new byte[LONGEST];
  private int pendingBytes;
  private int column;
  private int row;
  private long frames;

  TerminalScreen(int columns, int rows) {
    this.columns = columns;
    this.rows = rows;
    this.cells = new String[rows][columns];
    erase(0, 0);
  }

  TerminalScreen resized(int newColumns, int newRows) {
    TerminalScreen other = new TerminalScreen(newColumns, newRows);
    other.modes.clear();
    other.modes.addAll(modes);
    other.frames = frames;
    for (int y = 0; y < Math.min(rows, newRows); y++) {
      System.arraycopy(cells[y], 0, other.cells[y], 0, Math.min(columns, newColumns));
    }
    System.arraycopy(pending, 0, other.pending, 0, pendingBytes);
    other.pendingBytes = pendingBytes;
    return other;
  }

  public int columns() {
    return columns;
  }

  public int rows() {
    return rows;
  }

  /** Each row as text, without the blanks at its end. */
  public List<String> lines() {
    List<String> lines = new ArrayList<>(rows);
    for (String[] line : cells) {
      lines.add(String.join("", line).stripTrailing());
    }
    return lines;
  }

  /** Whether a private mode is on: 1049 is the alternate screen, 25 the cursor. */
  public boolean isOn(int mode) {
    return modes.contains(mode);
  }

  /** How many frames have begun, by the mode for synchronized output. */
  public long frames() {
    return frames;
  }

  // ---- bytes

  void write(byte[] bytes) {
    for (byte one : bytes) {
      if (pendingBytes == LONGEST) {
        throw new AssertionError("a sequence that does not end: " + Arrays.toString(pending));
      }
      pending[pendingBytes++] = one;
      if (isComplete()) {
        perform(new String(pending, 0, pendingBytes, StandardCharsets.UTF_8));
        pendingBytes = 0;
      }
    }
  }

  private boolean isComplete() {
    int first = pending[0] & 0xFF;
    int last = pending[pendingBytes - 1] & 0xFF;
    if (first == ESCAPE) {
      boolean isControl = pendingBytes > 1 && pending[1] == '[';
      return isControl ? pendingBytes > 2 && last >= '@' : pendingBytes > 1;
    }
    int needed = first < 0x80 ? 1 : first < 0xE0 ? 2 : first < 0xF0 ? 3 : 4;
    return pendingBytes == needed;
  }

  private void perform(String text) {
    if (text.charAt(0) == ESCAPE) {
      if (text.charAt(1) == '[') {
        control(text.substring(2, text.length() - 1), text.charAt(text.length() - 1));
      }
      return;
    }
    int character = text.codePointAt(0);
    switch (character) {
      case '\r' -> column = 0;
      case '\n' -> newLine();
      case '\b' -> column = Math.max(0, column - 1);
      default -> {
        if (character >= ' ') {
          glyph(text, width(character));
        }
      }
    }
  }

  private void newLine() {
    if (row + 1 < rows) {
      row++;
      return;
    }
    for (int y = 1; y < rows; y++) {
      cells[y - 1] = cells[y];
    }
    cells[rows - 1] = new String[columns];
    Arrays.fill(cells[rows - 1], " ");
  }

  private void glyph(String text, int width) {
    if (width == 0) {
      int at = Math.max(0, column - 1);
      cells[row][at] += text;
      return;
    }
    if (column + width > columns) {
      column = 0;
      newLine();
    }
    for (int i = 0; i < width && column < columns; i++) {
      cells[row][column++] = i == 0 ? text : "";
    }
  }

  private static int width(int character) {
    int type = Character.getType(character);
    if (type == Character.NON_SPACING_MARK || type == Character.ENCLOSING_MARK) {
      return 0;
    }
    boolean isWide =
        (character >= 0x1100 && character <= 0x115F)
            || (character >= 0x2E80 && character <= 0xA4CF)
            || (character >= 0xAC00 && character <= 0xD7A3)
            || (character >= 0xF900 && character <= 0xFAFF)
            || (character >= 0xFF00 && character <= 0xFF60)
            || character >= 0x1F300;
    return isWide ? 2 : 1;
  }

  // ---- sequences

  private void control(String parameters, char last) {
    if (parameters.startsWith("?") && (last == 'h' || last == 'l')) {
      for (String number : parameters.substring(1).split(";", -1)) {
        mode(Integer.parseInt(number), last == 'h');
      }
      return;
    }
    if (!parameters.isEmpty() && !Character.isDigit(parameters.charAt(0))) {
      return; // of the keyboard, and questions that this terminal does not answer
    }
    String[] numbers = parameters.split(";", -1);
    int count = Math.max(1, number(numbers, 0));
    switch (last) {
      case 'H' -> {
        row = Math.min(rows, count) - 1;
        column = Math.min(columns, Math.max(1, number(numbers, 1))) - 1;
      }
      case 'A' -> row = Math.max(0, row - count);
      case 'B' -> row = Math.min(rows - 1, row + count);
      case 'C' -> column = Math.min(columns - 1, column + count);
      case 'D' -> column = Math.max(0, column - count);
      case 'K' -> Arrays.fill(cells[row], Math.min(column, columns), columns, " ");
      case 'J' -> erase(0, 0);
      default -> {} // colors
    }
  }

  private static int number(String[] numbers, int index) {
    return index >= numbers.length || numbers[index].isEmpty()
        ? 0
        : Integer.parseInt(numbers[index]);
  }

  private void mode(int number, boolean on) {
    if (on ? modes.add(number) : modes.remove(number)) {
      frames += number == 2026 && on ? 1 : 0;
    }
  }

  private void erase(int fromColumn, int fromRow) {
    for (int y = fromRow; y < rows; y++) {
      Arrays.fill(cells[y], fromColumn, columns, " ");
    }
  }
}
