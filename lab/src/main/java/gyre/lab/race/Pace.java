package gyre.lab.race;

/**
 * How long is measured, and how often. Rounds are many and very short rather than few and long: a
 * shared machine changes its speed from one second to the next, and ratios are taken within a
 * round, so a round of all peers has to be over before it does.
 *
 * @param runInMillis what a generator needs to have all its connections in the swing
 * @param warmMillis length of one stretch of warming up
 * @param warmStretches at most so many for a JVM, which is warmed until it gets no faster
 */
public record Pace(
    int rounds,
    int runInMillis,
    int roundMillis,
    int warmMillis,
    int warmStretches,
    int probeMillis) {
  public static final Pace DEFAULT = new Pace(50, 10, 40, 300, 8, 300);
  public static final Pace QUICK = new Pace(5, 10, 40, 300, 4, 150);
  static final int LEAST_ROUNDS = 5;

  public Pace withRounds(int rounds) {
    return new Pace(rounds, runInMillis, roundMillis, warmMillis, warmStretches, probeMillis);
  }

  public Pace withRoundMillis(int roundMillis) {
    return new Pace(rounds, runInMillis, roundMillis, warmMillis, warmStretches, probeMillis);
  }

  /** With fewer rounds, or itself where fewer would not be honest any more. */
  Pace faster() {
    return withRounds(Math.max(LEAST_ROUNDS, rounds - 1));
  }
}
