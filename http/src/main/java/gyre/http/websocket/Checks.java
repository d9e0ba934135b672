package gyre.http.websocket;

import java.time.Duration;

/** Refuses values of options that make no sense, by name. */
final class Checks {
  private Checks() {}

  static void between(String name, long value, long least, long most) {
    if (value < least || value > most) {
      throw new IllegalArgumentException(
          name + " is " + value + ": must be between " + least + " and " + most);
    }
  }

  static void positive(String name, Duration value) {
    if (value.isNegative() || value.isZero()) {
      throw new IllegalArgumentException(name + " is " + value + ": must be more than zero");
    }
  }
}
