package gyre.sim.real;

import gyre.net.StreamOptions;
import java.util.List;

/**
 * What is to be done on one lane: connections of two ends, one after the other.
 *
 * @param cancelMicros when all that belongs to it is cancelled; 0 for never
 */
record Plan(
    int lane,
    Transport transport,
    int leftLoop,
    int rightLoop,
    List<Pair> connections,
    int cancelMicros) {
  enum Transport {
    TCP,
    UNIX,
    UNIX_PAIR,
    /** A left end that is no Gyre stream and sends urgent data between. */
    URGENT,
    /** A left end that is no Gyre stream and sends descriptors along. */
    DESCRIPTORS,
    UDP,
    /** A connection that holds memory until all others are through. */
    HOARDING
  }

  /** One connection. */
  record Pair(int number, End left, End right) {}

  enum Ending {
    /** Says its end, reads to the other's, closes. */
    POLITE,
    CLOSE,
    RESET,
    CANCEL
  }

  enum Style {
    DIRECT,
    /** Receives in a callback, and a fiber writes. */
    PUSH,
    /** Receives in a callback, and writes there. */
    ANSWER
  }

  /**
   * One end.
   *
   * @param endMicros when the ending comes, but the polite one, which comes last
   */
  record End(
      Style style,
      StreamOptions options,
      List<Step> writes,
      List<Step> reads,
      Ending ending,
      int endMicros) {
    /** Whether it may give up because nothing moves, at any moment. */
    boolean isImpatient() {
      return !options.idleTimeout().isZero() || !options.writeTimeout().isZero();
    }

    /** With fewer steps. */
    End first(int steps) {
      return new End(
          style,
          options,
          writes.subList(0, Math.min(steps, writes.size())),
          reads,
          ending,
          endMicros);
    }
  }

  /** With at most so many writes of each end. */
  Plan first(int steps) {
    return new Plan(
        lane,
        transport,
        leftLoop,
        rightLoop,
        connections.stream()
            .map(pair -> new Pair(pair.number, pair.left.first(steps), pair.right.first(steps)))
            .toList(),
        cancelMicros);
  }
}
