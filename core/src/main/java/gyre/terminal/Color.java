package gyre.terminal;

/**
 * A colour: the terminal's default, one of its 256, or one of red, green and blue.
 *
 * <p>The first 16 are what the user has made of them. A terminal that shows fewer colours gets the
 * nearest it has.
 */
public final class Color {
  public static final Color DEFAULT = new Color(0);
  public static final Color BLACK = indexed(0);
  public static final Color RED = indexed(1);
  public static final Color GREEN = indexed(2);
  public static final Color YELLOW = indexed(3);
  public static final Color BLUE = indexed(4);
  public static final Color MAGENTA = indexed(5);
  public static final Color CYAN = indexed(6);
  public static final Color WHITE = indexed(7);
  public static final Color GRAY = indexed(8);
  public static final Color BRIGHT_RED = indexed(9);
  public static final Color BRIGHT_GREEN = indexed(10);
  public static final Color BRIGHT_YELLOW = indexed(11);
  public static final Color BRIGHT_BLUE = indexed(12);
  public static final Color BRIGHT_MAGENTA = indexed(13);
  public static final Color BRIGHT_CYAN = indexed(14);
  public static final Color BRIGHT_WHITE = indexed(15);

  /** Of {@link #code}: what the lower 24 bits are. */
  static final int INDEXED = 1 << 24;

  static final int RGB = 2 << 24;
  static final int BITS = 26;

  /** The shades of the cube of 6x6x6 colours. */
  private static final int[] CUBE = {0, 95, 135, 175, 215, 255};

  /** What xterm shows for the first 16. */
  private static final int[] ANSI = {
    0x000000, 0xCD0000, 0x00CD00, 0xCDCD00, 0x0000EE, 0xCD00CD, 0x00CDCD, 0xE5E5E5,
    0x7F7F7F, 0xFF0000, 0x00FF00, 0xFFFF00, 0x5C5CFF, 0xFF00FF, 0x00FFFF, 0xFFFFFF
  };

  private final int code;

  private Color(int code) {
    this.code = code;
  }

  /** One of the terminal's 256. */
  public static Color indexed(int index) {
    if (index < 0 || index > 255) {
      throw new IllegalArgumentException("color " + index + ": must be between 0 and 255");
    }
    return new Color(INDEXED | index);
  }

  public static Color rgb(int red, int green, int blue) {
    if (((red | green | blue) & ~255) != 0) {
      throw new IllegalArgumentException(
          "color " + red + "," + green + "," + blue + ": each must be between 0 and 255");
    }
    return new Color(RGB | red << 16 | green << 8 | blue);
  }

  static Color ofCode(int code) {
    return code == 0 ? DEFAULT : new Color(code);
  }

  int code() {
    return code;
  }

  /** The nearest that a terminal of this depth has; 0 for its default. */
  static int degrade(int code, ColorDepth depth) {
    return switch (depth) {
      case NONE -> 0;
      case TRUE_COLOR -> code;
      case ANSI_256 -> (code & RGB) != 0 ? INDEXED | nearest256(code) : code;
      case ANSI_16 -> {
        if ((code & RGB) != 0) {
          yield INDEXED | nearest16(code);
        }
        int index = code & 0xFF;
        yield code == 0 || index < 16 ? code : INDEXED | nearest16(rgbOf(index));
      }
    };
  }

  private static int nearest256(int rgb) {
    int red = nearestShade(rgb >> 16 & 0xFF);
    int green = nearestShade(rgb >> 8 & 0xFF);
    int blue = nearestShade(rgb & 0xFF);
    int cube = 16 + 36 * red + 6 * green + blue;
    int average = ((rgb >> 16 & 0xFF) + (rgb >> 8 & 0xFF) + (rgb & 0xFF)) / 3;
    int gray = 232 + Math.clamp((average - 3) / 10, 0, 23);
    return distance(rgb, rgbOf(gray)) < distance(rgb, rgbOf(cube)) ? gray : cube;
  }

  private static int nearestShade(int value) {
    int best = 0;
    for (int i = 1; i < CUBE.length; i++) {
      if (Math.abs(CUBE[i] - value) < Math.abs(CUBE[best] - value)) {
        best = i;
      }
    }
    return best;
  }

  private static int nearest16(int rgb) {
    int best = 0;
    for (int i = 1; i < ANSI.length; i++) {
      if (distance(rgb, ANSI[i]) < distance(rgb, ANSI[best])) {
        best = i;
      }
    }
    return best;
  }

  private static int rgbOf(int index) {
    if (index < 16) {
      return ANSI[index];
    }
    if (index >= 232) {
      int gray = 8 + 10 * (index - 232);
      return gray << 16 | gray << 8 | gray;
    }
    int cube = index - 16;
    return CUBE[cube / 36] << 16 | CUBE[cube / 6 % 6] << 8 | CUBE[cube % 6];
  }

  /** Squared, and weighed as eyes do. */
  private static int distance(int one, int other) {
    int red = (one >> 16 & 0xFF) - (other >> 16 & 0xFF);
    int green = (one >> 8 & 0xFF) - (other >> 8 & 0xFF);
    int blue = (one & 0xFF) - (other & 0xFF);
    return 3 * red * red + 6 * green * green + blue * blue;
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof Color color && color.code == code;
  }

  @Override
  public int hashCode() {
    return code;
  }

  @Override
  public String toString() {
    if (code == 0) {
      return "default";
    }
    return (code & RGB) != 0 ? "#%06x".formatted(code & 0xFFFFFF) : "color " + (code & 0xFF);
  }
}
