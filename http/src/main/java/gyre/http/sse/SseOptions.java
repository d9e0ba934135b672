package gyre.http.sse;

import java.time.Duration;
import org.jspecify.annotations.Nullable;

/** How an {@link SseHub} behaves. Immutable; each method gives a changed copy. */
public final class SseOptions {
  /** What happens to a subscriber that is slower than the events come. */
  public enum Slow {
    /** It misses what is not kept any more, and goes on with the newest event. */
    DROP_TO_LATEST,
    /** Its connection is reset. It comes back and says what it has seen last. */
    CLOSE
  }

  private static final int MOST_KEPT = 1 << 20;
  private static final SseOptions DEFAULTS =
      new SseOptions(256, 1 << 20, 10_000, Slow.DROP_TO_LATEST, Duration.ofSeconds(15), null, null);

  private final int keptEvents;
  private final int keptBytes;
  private final int subscribers;
  private final Slow slow;
  private final Duration heartbeat;
  private final @Nullable Duration retry;
  private final @Nullable SseEvent lastEvent;

  private SseOptions(
      int keptEvents,
      int keptBytes,
      int subscribers,
      Slow slow,
      Duration heartbeat,
      @Nullable Duration retry,
      @Nullable SseEvent lastEvent) {
    this.keptEvents = keptEvents;
    this.keptBytes = keptBytes;
    this.subscribers = subscribers;
    this.slow = slow;
    this.heartbeat = heartbeat;
    this.retry = retry;
    this.lastEvent = lastEvent;
  }

  /** 256 events or 1 MiB are kept, 10,000 subscribers, a heartbeat every 15 s. */
  public static SseOptions defaults() {
    return DEFAULTS;
  }

  /**
   * How many of the newest events are kept: for those who come back, and for those who are slow;
   * 256 by default.
   */
  public SseOptions keptEvents(int value) {
    between("keptEvents", value, 1, MOST_KEPT);
    return new SseOptions(value, keptBytes, subscribers, slow, heartbeat, retry, lastEvent);
  }

  /** How many bytes of them; 1 MiB by default. The newest event is kept in any case. */
  public SseOptions keptBytes(int value) {
    between("keptBytes", value, 1, Integer.MAX_VALUE);
    return new SseOptions(keptEvents, value, subscribers, slow, heartbeat, retry, lastEvent);
  }

  /** How many may listen, others are answered with 503; 10,000 by default. */
  public SseOptions subscribers(int value) {
    between("subscribers", value, 1, Integer.MAX_VALUE);
    return new SseOptions(keptEvents, keptBytes, value, slow, heartbeat, retry, lastEvent);
  }

  /** What happens to those who are slow; {@link Slow#DROP_TO_LATEST} by default. */
  public SseOptions slow(Slow value) {
    return new SseOptions(keptEvents, keptBytes, subscribers, value, heartbeat, retry, lastEvent);
  }

  /**
   * After so long without an event a comment is sent, so that nobody on the way takes the
   * connection for dead, and one that is dead is noticed; 15 s by default.
   */
  public SseOptions heartbeat(Duration value) {
    if (value.isNegative() || value.isZero()) {
      throw new IllegalArgumentException("heartbeat is " + value + ": must be more than zero");
    }
    return new SseOptions(keptEvents, keptBytes, subscribers, slow, value, retry, lastEvent);
  }

  /** Tells each subscriber how long to wait before it comes back; nothing is said by default. */
  public SseOptions retry(Duration value) {
    if (value.isNegative()) {
      throw new IllegalArgumentException("retry is " + value + ": must not be negative");
    }
    return new SseOptions(keptEvents, keptBytes, subscribers, slow, heartbeat, value, lastEvent);
  }

  /** Sent to each subscriber at the end, after all others; none by default. */
  public SseOptions lastEvent(SseEvent value) {
    return new SseOptions(keptEvents, keptBytes, subscribers, slow, heartbeat, retry, value);
  }

  private static void between(String name, int value, int least, int most) {
    if (value < least || value > most) {
      throw new IllegalArgumentException(
          name + " is " + value + ": must be between " + least + " and " + most);
    }
  }

  public int keptEvents() {
    return keptEvents;
  }

  public int keptBytes() {
    return keptBytes;
  }

  public int subscribers() {
    return subscribers;
  }

  public Slow slow() {
    return slow;
  }

  public Duration heartbeat() {
    return heartbeat;
  }

  public @Nullable Duration retry() {
    return retry;
  }

  public @Nullable SseEvent lastEvent() {
    return lastEvent;
  }
}
