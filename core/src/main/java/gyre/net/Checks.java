package gyre.net;

import gyre.sync.TokenBucket;
import java.time.Duration;

/** Refuses values of options that make no sense, by name. */
final class Checks {
  private Checks() {}

  static void atLeast(String name, int value, int least) {
    if (value < least) {
      throw new IllegalArgumentException(name + " is " + value + ": must be at least " + least);
    }
  }

  static void between(String name, int value, int least, int most) {
    if (value < least || value > most) {
      throw new IllegalArgumentException(
          name + " is " + value + ": must be between " + least + " and " + most);
    }
  }

  static void rate(String name, long bytesPerSecond) {
    if (bytesPerSecond < 0 || bytesPerSecond > TokenBucket.LARGEST_RATE) {
      throw new IllegalArgumentException(
          name
              + " is "
              + bytesPerSecond
              + ": must be between 0 and "
              + TokenBucket.LARGEST_RATE
              + ", where 0 is without a limit");
    }
  }

  static void notNegative(String name, Duration value) {
    if (value.isNegative()) {
      throw new IllegalArgumentException(name + " is " + value + ": must not be negative");
    }
  }
}
