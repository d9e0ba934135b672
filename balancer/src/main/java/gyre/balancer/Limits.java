package gyre.balancer;

import java.time.Duration;

/** Checks of values, with messages that say what would be right. */
final class Limits {
  private static final int NAME_LIMIT = 512;
  private static final char LINE_SEPARATOR = '\u2028';

  private Limits() {}

  static void between(String name, long value, long least, long most) {
    if (value < least || value > most) {
      throw new IllegalArgumentException(
          name + " is " + value + ": must be from " + least + " to " + most);
    }
  }

  /** They stand in lines of logs, which must not be of somebody else's making. */
  static void name(String name) {
    if (name.isBlank() || name.length() > NAME_LIMIT) {
      throw new IllegalArgumentException(
          "name has " + name.length() + " characters: must have from 1 to " + NAME_LIMIT);
    }
    if (name.chars().anyMatch(c -> c <= ' ' || Character.isISOControl(c) || c == LINE_SEPARATOR)) {
      throw new IllegalArgumentException(
          "name \"" + Events.oneLine(name) + "\" must have no spaces or control characters");
    }
  }

  static void notNegative(String name, Duration value) {
    if (value.isNegative()) {
      throw new IllegalArgumentException(name + " is " + value + ": must not be negative");
    }
  }

  static void positive(String name, Duration value) {
    if (value.isNegative() || value.isZero()) {
      throw new IllegalArgumentException(name + " is " + value + ": must be above zero");
    }
  }
}
