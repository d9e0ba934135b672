package gyre.lab.race;

/**
 * How long is measured, and how often. Rounds are many and very short rather than few and long: a
 * shared machine changes its speed from one moment to the next, and ratios are taken within a
 * round, so a round of all peers has to be over before it does.
 *
 * @param rounds at most so many
 * @param precision rounds go on until every ratio is known to within this share of it; 0 has all of
 *     them
 * @param runInMillis what a generator needs to have all its connections in the swing
 * @param warmMillis length of one stretch of warming up; native code takes half of one
 * @param warmStretches at most so many for a JVM, which is warmed until it gets no faster
 */
public record Pace(
    int rounds,
    double precision,
    int runInMillis,
    int roundMillis,
    int warmMillis,
    int warmStretches,
    int probeMillis) {
  /** Two runs that each know their ratios to within 2 % hardly ever lie 5 % apart. */
  public static final Pace DEFAULT = new Pace(300, 0.02, 5, 20, 250, 10, 200);

  public static final Pace QUICK = new Pace(100, 0.03, 5, 20, 250, 4, 150);

  /** Fewer do not show how far they lie apart. */
  static final int LEAST_ROUNDS = 8;

  /** So many, then the next workload has as many. */
  static final int ROUNDS_AT_ONCE = 4;

  /** Nobody rests before: rounds of one visit agree with each other more than visits do. */
  static final int KNOWING_ROUNDS = 4 * ROUNDS_AT_ONCE;

  /** So often is looked what is known: who looks all the time sees what he hopes for. */
  static final int ROUNDS_BETWEEN = 4;

  /** Exactly so many rounds, whatever they show. */
  public Pace withRounds(int rounds) {
    return new Pace(rounds, 0, runInMillis, roundMillis, warmMillis, warmStretches, probeMillis);
  }

  public Pace withRoundMillis(int roundMillis) {
    return new Pace(
        rounds, precision, runInMillis, roundMillis, warmMillis, warmStretches, probeMillis);
  }

  /** Whether it is found out on the way how many rounds are enough. */
  public boolean isAdaptive() {
    return precision > 0;
  }
}
