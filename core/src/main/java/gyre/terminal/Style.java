package gyre.terminal;

/** How a cell looks: its colours, and whether it is bold, underlined and the like. Immutable. */
public final class Style {
  // The upper bits of a style as one number; below are the two colours.
  static final long BOLD = 1L << 56;
  static final long DIM = 1L << 57;
  static final long ITALIC = 1L << 58;
  static final long UNDERLINED = 1L << 59;
  static final long REVERSED = 1L << 60;
  static final long STRUCK = 1L << 61;

  private static final long COLOR_MASK = (1L << Color.BITS) - 1;

  private static final Style PLAIN = new Style(0);

  private final long bits;

  private Style(long bits) {
    this.bits = bits;
  }

  /** The terminal's own colours, and nothing special. */
  public static Style plain() {
    return PLAIN;
  }

  /** Plain but for the colour of the text. */
  public static Style of(Color foreground) {
    return PLAIN.foreground(foreground);
  }

  static Style ofBits(long bits) {
    return bits == 0 ? PLAIN : new Style(bits);
  }

  long bits() {
    return bits;
  }

  static int foregroundOf(long bits) {
    return (int) (bits & COLOR_MASK);
  }

  static int backgroundOf(long bits) {
    return (int) (bits >>> Color.BITS & COLOR_MASK);
  }

  public Style foreground(Color color) {
    return new Style((bits & ~COLOR_MASK) | color.code());
  }

  public Style background(Color color) {
    return new Style((bits & ~(COLOR_MASK << Color.BITS)) | (long) color.code() << Color.BITS);
  }

  public Style bold() {
    return new Style(bits | BOLD);
  }

  public Style dim() {
    return new Style(bits | DIM);
  }

  public Style italic() {
    return new Style(bits | ITALIC);
  }

  public Style underlined() {
    return new Style(bits | UNDERLINED);
  }

  /** Foreground and background exchanged: what is selected, on any terminal. */
  public Style reversed() {
    return new Style(bits | REVERSED);
  }

  public Style struck() {
    return new Style(bits | STRUCK);
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof Style style && style.bits == bits;
  }

  @Override
  public int hashCode() {
    return Long.hashCode(bits);
  }

  @Override
  public String toString() {
    StringBuilder text = new StringBuilder();
    text.append(Color.ofCode(foregroundOf(bits))).append(" on ");
    text.append(Color.ofCode(backgroundOf(bits)));
    append(text, BOLD, " bold");
    append(text, DIM, " dim");
    append(text, ITALIC, " italic");
    append(text, UNDERLINED, " underlined");
    append(text, REVERSED, " reversed");
    append(text, STRUCK, " struck");
    return text.toString();
  }

  private void append(StringBuilder text, long bit, String name) {
    if ((bits & bit) != 0) {
      text.append(name);
    }
  }
}
