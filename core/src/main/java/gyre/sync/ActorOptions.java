package gyre.sync;

import java.time.Duration;

/**
 * How an {@link Actor} is set up. By default its mailbox has 100 places, and its first failure ends
 * it.
 */
public final class ActorOptions {
  private static final ActorOptions DEFAULTS =
      new ActorOptions(
          100, 0, Duration.ofMinutes(1), Duration.ofMillis(100), Duration.ofSeconds(10));

  private final int mailbox;
  private final int restarts;
  private final Duration within;
  private final Duration firstDelay;
  private final Duration longestDelay;

  private ActorOptions(
      int mailbox, int restarts, Duration within, Duration firstDelay, Duration longestDelay) {
    this.mailbox = mailbox;
    this.restarts = restarts;
    this.within = within;
    this.firstDelay = firstDelay;
    this.longestDelay = longestDelay;
  }

  public static ActorOptions defaults() {
    return DEFAULTS;
  }

  /** How many messages may wait; senders wait when that many do. 0 is a rendezvous. */
  public ActorOptions mailbox(int messages) {
    if (messages < 0) {
      throw new IllegalArgumentException("mailbox is negative: " + messages);
    }
    return new ActorOptions(messages, restarts, within, firstDelay, longestDelay);
  }

  /**
   * Restarts the actor, with a new behavior and the same mailbox, when handling a message has
   * failed: up to {@code limit} times within {@code period}. One failure more ends it, and is its
   * scope's to deal with.
   */
  public ActorOptions restarts(int limit, Duration period) {
    if (limit < 0 || !period.isPositive()) {
      throw new IllegalArgumentException("no limit of restarts: " + limit + " within " + period);
    }
    return new ActorOptions(mailbox, limit, period, firstDelay, longestDelay);
  }

  /**
   * How long to wait before a restart: {@code first}, and twice as long for each further one within
   * the period, up to {@code longest}.
   */
  public ActorOptions backOff(Duration first, Duration longest) {
    if (first.isNegative() || longest.compareTo(first) < 0) {
      throw new IllegalArgumentException("no back-off: from " + first + " to " + longest);
    }
    return new ActorOptions(mailbox, restarts, within, first, longest);
  }

  int mailbox() {
    return mailbox;
  }

  int restarts() {
    return restarts;
  }

  Duration within() {
    return within;
  }

  /**
   * @param restart 0 for the first one within the period
   */
  Duration delay(int restart) {
    Duration delay = firstDelay;
    for (int i = 0; i < restart && delay.compareTo(longestDelay) < 0; i++) {
      delay = delay.multipliedBy(2);
    }
    return delay.compareTo(longestDelay) < 0 ? delay : longestDelay;
  }
}
