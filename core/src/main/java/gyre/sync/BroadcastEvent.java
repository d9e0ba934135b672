package gyre.sync;

/**
 * What a subscriber of a {@link Broadcast} gets: something {@link Received}, or how much it missed.
 */
public sealed interface BroadcastEvent<T> permits Received, BroadcastEvent.Lagged {
  /**
   * The subscriber was too slow: the ring has overwritten items that it had not read. It goes on
   * with the oldest that is left.
   *
   * @param missed how many
   */
  record Lagged<T>(long missed) implements BroadcastEvent<T> {}
}
