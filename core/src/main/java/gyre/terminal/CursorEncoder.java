package gyre.terminal;

/** Moves the cursor of a terminal by the shortest sequence. */
final class CursorEncoder {
  private static final int UNKNOWN = -1;

  private final FrameBytes out;
  private int column = UNKNOWN;
  private int row = UNKNOWN;

  CursorEncoder(FrameBytes out) {
    this.out = out;
  }

  /** Nobody knows where it is: the next move says it from scratch. */
  void forget() {
    column = UNKNOWN;
    row = UNKNOWN;
  }

  /** It is in the upper left corner. */
  void home() {
    column = 0;
    row = 0;
  }

  /** The terminal has moved it itself, by a character. */
  void advance(int columns) {
    column += columns;
  }

  void moveTo(int toColumn, int toRow) {
    if (column == toColumn && row == toRow) {
      return;
    }
    if (column == UNKNOWN || !moveRelatively(toColumn, toRow)) {
      moveAbsolutely(toColumn, toRow);
    }
    column = toColumn;
    row = toRow;
  }

  private void moveAbsolutely(int toColumn, int toRow) {
    begin();
    if (toRow > 0 || toColumn > 0) {
      out.addNumber(toRow + 1);
    }
    if (toColumn > 0) {
      out.add(';');
      out.addNumber(toColumn + 1);
    }
    out.add('H');
  }

  /** Where that is shorter. */
  private boolean moveRelatively(int toColumn, int toRow) {
    if (row == toRow) {
      if (toColumn == 0) {
        out.add('\r');
      } else {
        step(toColumn - column, 'C', 'D');
      }
      return true;
    }
    if (toRow == row + 1 && toColumn == 0) {
      out.add('\r'); // the next row exists, so nothing is scrolled
      out.add('\n');
      return true;
    }
    if (column == toColumn) {
      step(toRow - row, 'B', 'A');
      return true;
    }
    return false;
  }

  private void step(int distance, char forward, char backward) {
    if (distance == -1 && backward == 'D') {
      out.add('\b');
      return;
    }
    begin();
    int length = Math.abs(distance);
    if (length > 1) {
      out.addNumber(length);
    }
    out.add(distance > 0 ? forward : backward);
  }

  private void begin() {
    out.add('\u001b');
    out.add('[');
  }
}
