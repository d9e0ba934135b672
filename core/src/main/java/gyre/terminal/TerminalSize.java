package gyre.terminal;

/** How many cells a terminal has. */
public record TerminalSize(int columns, int rows) {
  /** More is not believed: a screen of that size takes 12 bytes for each cell. */
  static final int MAX_SIDE = 2000;

  /** What is assumed where a terminal does not know, as on a serial line, and for pipes. */
  public static final TerminalSize FALLBACK = new TerminalSize(80, 24);

  public TerminalSize {
    if (columns < 1 || rows < 1 || columns > MAX_SIDE || rows > MAX_SIDE) {
      throw new IllegalArgumentException(
          columns + "x" + rows + ": each side must be between 1 and " + MAX_SIDE);
    }
  }

  /** What a terminal says of itself, which may be 0x0. */
  static TerminalSize reported(int columns, int rows) {
    return columns < 1 || rows < 1
        ? FALLBACK
        : new TerminalSize(Math.min(columns, MAX_SIDE), Math.min(rows, MAX_SIDE));
  }

  /**
   * @param packed columns in the upper 16 bits, rows below; not positive where it is not known
   */
  static TerminalSize packed(int packed) {
    return packed <= 0 ? FALLBACK : reported(packed >> 16, packed & 0xFFFF);
  }

  @Override
  public String toString() {
    return columns + "x" + rows;
  }
}
