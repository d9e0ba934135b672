package gyre.terminal;

/**
 * How many columns text takes on a terminal, as most terminals count: code point by code point, two
 * for what East Asian Width calls wide and for emoji, none for what combines with the one before.
 *
 * <p>Sequences that one glyph is drawn for (families, flags) are counted by their parts, as
 * terminals do that know nothing of them; a frame that holds one places the cursor anew behind it,
 * so that a terminal which counts otherwise spoils no other cell.
 */
public final class TextWidth {
  /**
   * First and last of each range that is wide, in the Unicode character database, but for emoji,
   * which the JDK knows; unassigned ones in between are taken along, as are those that the standard
   * reserves for ideographs.
   */
  private static final int[] WIDE = {
    0x1100, 0x115F, 0x2329, 0x232A, 0x2E80, 0x303E, 0x3041, 0x3247, 0x3250, 0x4DBF,
    0x4E00, 0xA4C6, 0xA960, 0xA97C, 0xAC00, 0xD7A3, 0xF900, 0xFAFF, 0xFE10, 0xFE19,
    0xFE30, 0xFE6B, 0xFF01, 0xFF60, 0xFFE0, 0xFFE6, 0x16FE0, 0x16FE3, 0x16FF0, 0x18D08,
    0x1AFF0, 0x1B2FB, 0x1F200, 0x1F265, 0x20000, 0x3FFFD
  };

  private static final int FIRST_WIDE = 0x1100;
  private static final int FIRST_COMBINING = 0x300;
  private static final int SOFT_HYPHEN = 0xAD;

  // Vowels and finals of Hangul, which join the initial consonant before them.
  private static final int JOINING_FIRST = 0x1160;
  private static final int JOINING_LAST = 0x11FF;

  private static final int FLAG_FIRST = 0x1F1E6;
  private static final int FLAG_LAST = 0x1F1FF;

  private TextWidth() {}

  /** 0, 1 or 2. Control characters count 1: a {@link Screen} shows pictures of them. */
  public static int of(int codePoint) {
    if (codePoint < FIRST_COMBINING) {
      return codePoint == SOFT_HYPHEN ? 0 : 1;
    }
    if (isCombining(codePoint)) {
      return 0;
    }
    return codePoint >= FIRST_WIDE && isWide(codePoint) ? 2 : 1;
  }

  public static int of(CharSequence text) {
    int columns = 0;
    for (int i = 0; i < text.length(); ) {
      int codePoint = Character.codePointAt(text, i);
      columns += of(codePoint);
      i += Character.charCount(codePoint);
    }
    return columns;
  }

  private static boolean isCombining(int codePoint) {
    return switch (Character.getType(codePoint)) {
      case Character.NON_SPACING_MARK, Character.ENCLOSING_MARK, Character.FORMAT -> true;
      default -> codePoint >= JOINING_FIRST && codePoint <= JOINING_LAST;
    };
  }

  private static boolean isWide(int codePoint) {
    int low = 0;
    int high = WIDE.length / 2 - 1;
    while (low <= high) {
      int middle = (low + high) >>> 1;
      if (codePoint < WIDE[2 * middle]) {
        high = middle - 1;
      } else if (codePoint > WIDE[2 * middle + 1]) {
        low = middle + 1;
      } else {
        return true;
      }
    }
    // Of flags each half is one column, so that both are two as on terminals that join them.
    return Character.isEmojiPresentation(codePoint)
        && (codePoint < FLAG_FIRST || codePoint > FLAG_LAST);
  }
}
