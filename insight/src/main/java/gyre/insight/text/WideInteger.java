package gyre.insight.text;

import java.math.BigInteger;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * A whole number in a text of TOML that has more than 64 bits. The parser takes it for another
 * number, without a word: so it has to be looked for before.
 *
 * @param line counted from 1
 * @param key with the table that it stands in; of a list or an inline table the outermost
 * @param digits as they stand there, the beginning of many
 */
public record WideInteger(int line, String key, String digits) {
  private static final int DIGITS_SHOWN = 40;

  /** Finds the first one. The text need not be right otherwise: the parser tells that. */
  public static Optional<WideInteger> find(String text) {
    return Optional.ofNullable(new Search(text).run());
  }

  /** What is wrong with it, as an error of configuration goes on behind file and line. */
  public String problem() {
    return key
        + " "
        + digits
        + " is too large for a whole number: must be from "
        + Long.MIN_VALUE
        + " to "
        + Long.MAX_VALUE;
  }

  private static final class Search {
    private final String text;
    private int at;
    private int line = 1;
    private String table = "";

    /** What has been read of a key; all of it behind the equals sign. */
    private final StringBuilder key = new StringBuilder();

    private boolean isValue;

    /** Of the lists and inline tables that a value has here. */
    private int depth;

    Search(String text) {
      this.text = text;
    }

    @Nullable WideInteger run() {
      while (at < text.length()) {
        int start = at;
        char first = text.charAt(at);
        if (first == '#') {
          skipComment();
        } else if (first == '"' || first == '\'') {
          skipString(first);
          addToKey(start);
        } else if (isBare(first)) {
          while (at < text.length() && isBare(text.charAt(at))) {
            at++;
          }
          addToKey(start);
          if (isValue && !isKey() && isWide(text.substring(start, at))) {
            return new WideInteger(line, table + key, shown(start));
          }
        } else {
          at++;
          sign(first);
        }
      }
      return null;
    }

    private static boolean isBare(char c) {
      return (c >= '0' && c <= '9')
          || (c >= 'A' && c <= 'Z')
          || (c >= 'a' && c <= 'z')
          || "_+-.:".indexOf(c) >= 0;
    }

    private void skipComment() {
      int end = text.indexOf('\n', at);
      at = end < 0 ? text.length() : end;
    }

    private void skipString(char quote) {
      String three = String.valueOf(quote).repeat(3);
      boolean isLong = text.startsWith(three, at);
      at += isLong ? 3 : 1;
      while (at < text.length()) {
        char c = text.charAt(at);
        if (c == '\\' && quote == '"') {
          at++; // what follows ends nothing
          line += at < text.length() && text.charAt(at) == '\n' ? 1 : 0;
        } else if (isLong ? text.startsWith(three, at) : c == quote) {
          at += isLong ? 3 : 1;
          return;
        } else if (c == '\n') {
          if (!isLong) {
            return; // which is wrong, and told by the parser
          }
          line++;
        }
        at++;
      }
      at = text.length();
    }

    private void addToKey(int start) {
      if (!isValue) {
        String part = text.substring(start, at);
        boolean isQuoted = !isBare(part.charAt(0)) && part.length() > 1;
        key.append(isQuoted ? part.substring(1, part.length() - 1) : part);
      }
    }

    private void sign(char sign) {
      switch (sign) {
        case '\n' -> {
          line++;
          if (depth == 0) { // the next statement
            isValue = false;
            key.setLength(0);
          }
        }
        case '=' -> isValue = true;
        case '[', '{' -> depth += isValue ? 1 : 0;
        case ']', '}' -> {
          if (isValue) {
            depth = Math.max(0, depth - 1);
          } else if (!key.isEmpty()) { // the name of a table
            table = key + ".";
            key.setLength(0);
          }
        }
        default -> {}
      }
    }

    /** In an inline table: an equals sign follows, or the rest of a key with dots. */
    private boolean isKey() {
      int next = at;
      while (next < text.length() && (text.charAt(next) == ' ' || text.charAt(next) == '\t')) {
        next++;
      }
      return next < text.length() && (text.charAt(next) == '=' || text.charAt(next) == '.');
    }

    private String shown(int start) {
      return at - start <= DIGITS_SHOWN
          ? text.substring(start, at)
          : text.substring(start, start + DIGITS_SHOWN) + "...";
    }

    private static boolean isWide(String token) {
      String digits = token.replace("_", "");
      boolean isNegative = digits.startsWith("-");
      if (isNegative || digits.startsWith("+")) {
        digits = digits.substring(1);
      }
      int radix =
          digits.startsWith("0x")
              ? 16
              : digits.startsWith("0o") ? 8 : digits.startsWith("0b") ? 2 : 10;
      if (radix != 10) {
        digits = digits.substring(2);
      }
      int zeros = 0;
      for (int i = 0; i < digits.length(); i++) {
        if (Character.digit(digits.charAt(i), radix) < 0) {
          return false; // a word, a fraction or a date
        }
        zeros += zeros == i && digits.charAt(i) == '0' ? 1 : 0;
      }
      if (digits.length() - zeros > Long.SIZE) {
        return true;
      }
      if (digits.length() == zeros) {
        return false;
      }
      BigInteger magnitude = new BigInteger(digits, radix);
      return (isNegative ? magnitude.negate() : magnitude).bitLength() >= Long.SIZE;
    }
  }
}
