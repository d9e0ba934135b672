package gyre.io;

import gyre.sync.TokenBucket;
import java.time.Duration;

/**
 * What a {@link Pipe} allows. Immutable; each method that takes a value gives a changed copy, and
 * throws {@link IllegalArgumentException} for a value that makes no sense.
 *
 * @param idleTimeout the pipe gives up when nothing moved in either direction for so long; zero is
 *     never
 * @param bytesPerSecond what each direction passes on at most, on average; zero is without a limit.
 *     What comes faster waits at its sender
 */
public record PipeLimits(Duration idleTimeout, long bytesPerSecond) {
  private static final PipeLimits NONE = new PipeLimits(Duration.ZERO, 0);

  public PipeLimits {
    if (idleTimeout.isNegative()) {
      throw new IllegalArgumentException(
          "idleTimeout is " + idleTimeout + ": must not be negative");
    }
    if (bytesPerSecond < 0 || bytesPerSecond > TokenBucket.LARGEST_RATE) {
      throw new IllegalArgumentException(
          "bytesPerSecond is "
              + bytesPerSecond
              + ": must be between 0 and "
              + TokenBucket.LARGEST_RATE);
    }
  }

  /** No limits but those of the streams. */
  public static PipeLimits none() {
    return NONE;
  }

  public PipeLimits idleTimeout(Duration value) {
    return new PipeLimits(value, bytesPerSecond);
  }

  public PipeLimits bytesPerSecond(long value) {
    return new PipeLimits(idleTimeout, value);
  }
}
