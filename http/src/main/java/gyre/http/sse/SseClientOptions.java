package gyre.http.sse;

import java.time.Duration;

/** How an {@link SseClient} behaves. Immutable; each method gives a changed copy. */
public final class SseClientOptions {
  private static final SseClientOptions DEFAULTS =
      new SseClientOptions(
          Duration.ofSeconds(1), Duration.ofSeconds(30), Duration.ofMinutes(1), 1 << 20, -1);

  private final Duration firstDelay;
  private final Duration maxDelay;
  private final Duration silence;
  private final int eventBytes;
  private final int attempts;

  private SseClientOptions(
      Duration firstDelay, Duration maxDelay, Duration silence, int eventBytes, int attempts) {
    this.firstDelay = firstDelay;
    this.maxDelay = maxDelay;
    this.silence = silence;
    this.eventBytes = eventBytes;
    this.attempts = attempts;
  }

  /** Comes back after 1 s, then later up to 30 s, for ever; events of up to 1 MiB. */
  public static SseClientOptions defaults() {
    return DEFAULTS;
  }

  /**
   * How long to wait before coming back for the first time; a server's {@code retry} goes before
   * it. It doubles with each attempt that gets no event, and a random half of it is waited less, so
   * that not all come back at once. 1 s by default.
   */
  public SseClientOptions firstDelay(Duration value) {
    notNegative("firstDelay", value);
    return new SseClientOptions(value, maxDelay, silence, eventBytes, attempts);
  }

  /** The longest wait; 30 s by default. */
  public SseClientOptions maxDelay(Duration value) {
    notNegative("maxDelay", value);
    return new SseClientOptions(firstDelay, value, silence, eventBytes, attempts);
  }

  /**
   * A connection on which nothing comes for so long, not even a comment, is given up: more than the
   * server's heartbeat. A minute by default.
   */
  public SseClientOptions silence(Duration value) {
    if (value.isNegative() || value.isZero()) {
      throw new IllegalArgumentException("silence is " + value + ": must be more than zero");
    }
    return new SseClientOptions(firstDelay, maxDelay, value, eventBytes, attempts);
  }

  /** What an event may have; 1 MiB by default. More is a failure. */
  public SseClientOptions eventBytes(int value) {
    if (value < 1) {
      throw new IllegalArgumentException("eventBytes is " + value + ": must be at least 1");
    }
    return new SseClientOptions(firstDelay, maxDelay, silence, value, attempts);
  }

  /** How often to come back in a row without an event in between; for ever by default. */
  public SseClientOptions attempts(int value) {
    if (value < 0) {
      throw new IllegalArgumentException("attempts is " + value + ": must not be negative");
    }
    return new SseClientOptions(firstDelay, maxDelay, silence, eventBytes, value);
  }

  private static void notNegative(String name, Duration value) {
    if (value.isNegative()) {
      throw new IllegalArgumentException(name + " is " + value + ": must not be negative");
    }
  }

  public Duration firstDelay() {
    return firstDelay;
  }

  public Duration maxDelay() {
    return maxDelay;
  }

  public Duration silence() {
    return silence;
  }

  public int eventBytes() {
    return eventBytes;
  }

  /** Negative if there is no limit. */
  int attempts() {
    return attempts;
  }
}
