package gyre.http.client;

import java.time.Duration;

/** Refuses values of options that make no sense, by name. */
final class Checks {
  private Checks() {}

  static int between(String name, int value, int least, int most) {
    if (value < least || value > most) {
      throw new IllegalArgumentException(
          name + " is " + value + ": must be between " + least + " and " + most);
    }
    return value;
  }

  static long atLeast(String name, long value, long least) {
    if (value < least) {
      throw new IllegalArgumentException(name + " is " + value + ": must be at least " + least);
    }
    return value;
  }

  static Duration positive(String name, Duration value) {
    if (value.isNegative() || value.isZero()) {
      throw new IllegalArgumentException(name + " is " + value + ": must be more than zero");
    }
    return value;
  }
}
