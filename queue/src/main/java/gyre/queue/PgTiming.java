package gyre.queue;

import java.time.Duration;

/**
 * How long a worker is believed to live without a sign of life.
 *
 * @param lease after so much silence others take over what it has
 * @param poll after so much silence it looks at the tables, whether it was notified or not
 */
record PgTiming(Duration lease, Duration poll) {
  static final Duration LEASE = Duration.ofSeconds(30);

  Duration heartbeatPeriod() {
    return lease.dividedBy(6);
  }
}
