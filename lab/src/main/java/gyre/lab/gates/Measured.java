package gyre.lab.gates;

import gyre.lab.result.Latency;
import java.util.List;

/** What is measured for each gate, before anybody judges it. */
sealed interface Measured {
  /** It could not be measured. */
  record Unknown(String reason) implements Measured {}

  /** The server answered wrongly, or not at all. */
  record Broken(String what) implements Measured {}

  /**
   * Open loop.
   *
   * @param sent how many messages were due
   * @param latency from when each was due to its answer; those without one count as far as they got
   * @param unanswered at the end
   * @param reference p99 in milliseconds of the program in C under the same load; NaN where it was
   *     not needed, or is not there
   */
  record Delays(
      double sent, double seconds, long answers, long unanswered, Latency latency, double reference)
      implements Measured {}

  /** Closed loop: answers of each connection, and its longest wait. */
  record Shares(List<Long> answers, List<Long> worstNanos) implements Measured {
    public Shares {
      answers = List.copyOf(answers);
      worstNanos = List.copyOf(worstNanos);
    }
  }

  /** Memory after so many requests, each series in another way. */
  record Growth(List<Series> series, double seconds) implements Measured {
    record Point(double requests, double bytes) {}

    /**
     * One way to look at it.
     *
     * @param of what was looked at
     * @param isExact whether it moves for no other reason than that more is in use, so that a slow
     *     rise means something; resident memory of a JVM moves by itself
     */
    record Series(String of, boolean isExact, List<Point> points) {
      public Series {
        points = List.copyOf(points);
      }
    }

    public Growth {
      series = List.copyOf(series);
    }
  }

  /**
   * CPU time of a request.
   *
   * @param reference that of the program in C; NaN where there is none
   * @param missing why there is none
   */
  record Cost(double nanos, double reference, String missing) implements Measured {}

  /**
   * Connections that were opened and asked one after the other, all held meanwhile.
   *
   * @param wanted as many as were asked for
   * @param possible as many of them as this machine has room for
   * @param narrow what there is not more of; empty where all are possible
   * @param served those that answered rightly, each time
   * @param failure of the first that did not; empty where the time was over before
   */
  record Held(
      int wanted,
      int possible,
      String narrow,
      int opened,
      int served,
      String failure,
      Latency latency)
      implements Measured {}
}
