package gyre.net;

import java.time.Duration;

/**
 * How a connection is made. Immutable; each method gives a changed copy.
 *
 * @param timeout for all of it, looking up the name included; zero is off
 * @param attemptDelay how long one address of a name is tried alone before the next is tried beside
 *     it
 */
public record ConnectOptions(Duration timeout, Duration attemptDelay) {
  private static final ConnectOptions DEFAULTS =
      new ConnectOptions(Duration.ofSeconds(10), Duration.ofMillis(250));

  /** Checks the values. */
  public ConnectOptions {
    if (timeout.isNegative() || attemptDelay.isNegative()) {
      throw new IllegalArgumentException("timeout and attemptDelay must not be negative");
    }
  }

  /** 10 s, and 250 ms between the addresses of a name. */
  public static ConnectOptions defaults() {
    return DEFAULTS;
  }

  public ConnectOptions timeout(Duration timeout) {
    return new ConnectOptions(timeout, attemptDelay);
  }

  public ConnectOptions attemptDelay(Duration attemptDelay) {
    return new ConnectOptions(timeout, attemptDelay);
  }
}
