package gyre.lab.race;

/**
 * How long is measured, and how often. Rounds are short and many rather than long and few, because
 * what disturbs a machine lasts for seconds.
 *
 * @param warmMillis length of one stretch of warming up
 * @param warmStretches at most so many for a JVM, which is warmed until it gets no faster
 */
public record Pace(
    int rounds, int roundMillis, int warmMillis, int warmStretches, int probeMillis) {
  public static final Pace DEFAULT = new Pace(5, 400, 300, 8, 400);
  public static final Pace QUICK = new Pace(3, 200, 300, 5, 250);
  private static final int LEAST_ROUND_MILLIS = 150;
  private static final int LEAST_WARM_STRETCHES = 5;
  private static final int LEAST_PROBE_MILLIS = 250;

  public Pace withRounds(int rounds) {
    return new Pace(rounds, roundMillis, warmMillis, warmStretches, probeMillis);
  }

  public Pace withRoundMillis(int roundMillis) {
    return new Pace(rounds, roundMillis, warmMillis, warmStretches, probeMillis);
  }

  /** A little faster, or itself where faster would not be honest any more. */
  Pace faster() {
    int shorter = Math.max(LEAST_ROUND_MILLIS, roundMillis * 9 / 10);
    int warmer = Math.max(LEAST_WARM_STRETCHES, warmStretches - 1);
    return new Pace(
        rounds, shorter, warmMillis, warmer, Math.max(LEAST_PROBE_MILLIS, probeMillis * 9 / 10));
  }
}
