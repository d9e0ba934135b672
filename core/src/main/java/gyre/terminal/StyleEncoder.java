package gyre.terminal;

/** Writes what turns one style into another, for a terminal of some depth of colour. */
final class StyleEncoder {
  private static final byte[] RESET = {0x1b, '[', 'm'};

  /** Both are switched off by the same code. */
  private static final long WEIGHTS = Style.BOLD | Style.DIM;

  private final ColorDepth depth;
  private final FrameBytes out;

  /** What the terminal is set to. */
  private long current;

  private boolean isFirst;

  StyleEncoder(ColorDepth depth, FrameBytes out) {
    this.depth = depth;
    this.out = out;
  }

  /** Whatever the terminal was set to, it is plain from here on. */
  void reset() {
    out.add(RESET);
    current = 0;
  }

  void become(long style) {
    if (style == current) {
      return;
    }
    if (style == 0) {
      reset();
      return;
    }
    int before = out.length();
    out.add('\u001b');
    out.add('[');
    isFirst = true;
    weights(style);
    attribute(style, Style.ITALIC, 3, 23);
    attribute(style, Style.UNDERLINED, 4, 24);
    attribute(style, Style.REVERSED, 7, 27);
    attribute(style, Style.STRUCK, 9, 29);
    color(Style.foregroundOf(style), Style.foregroundOf(current), 30);
    color(Style.backgroundOf(style), Style.backgroundOf(current), 40);
    if (isFirst) {
      out.truncate(before); // the two differ in nothing that this terminal shows
    } else {
      out.add('m');
    }
    current = style;
  }

  private void weights(long style) {
    long wanted = style & WEIGHTS;
    long shown = current & WEIGHTS;
    if (wanted == shown) {
      return;
    }
    if ((shown & ~wanted) != 0) {
      code(22);
      shown = 0;
    }
    if ((wanted & ~shown & Style.BOLD) != 0) {
      code(1);
    }
    if ((wanted & ~shown & Style.DIM) != 0) {
      code(2);
    }
  }

  private void attribute(long style, long bit, int on, int off) {
    if (((style ^ current) & bit) != 0) {
      code((style & bit) != 0 ? on : off);
    }
  }

  /**
   * @param base 30 for the text, 40 for what is behind it
   */
  private void color(int wanted, int shown, int base) {
    if (wanted == shown) {
      return;
    }
    int color = Color.degrade(wanted, depth);
    if (color == Color.degrade(shown, depth)) {
      return;
    }
    if (color == 0) {
      code(base + 9);
    } else if ((color & Color.RGB) != 0) {
      code(base + 8);
      code(2);
      code(color >> 16 & 0xFF);
      code(color >> 8 & 0xFF);
      code(color & 0xFF);
    } else {
      indexed(color & 0xFF, base);
    }
  }

  private void indexed(int index, int base) {
    if (index < 8) {
      code(base + index);
    } else if (index < 16) {
      code(base + 60 + index - 8);
    } else {
      code(base + 8);
      code(5);
      code(index);
    }
  }

  private void code(int number) {
    if (!isFirst) {
      out.add(';');
    }
    isFirst = false;
    out.addNumber(number);
  }
}
