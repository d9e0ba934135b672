package gyre.lab.race;

/**
 * Decides when a program is warm: when it has got no better than the best so far by more than a
 * little, twice running.
 */
final class Warmth {
  private static final double LITTLE = 0.03;
  private static final int CALM = 2;

  private double best = Double.MAX_VALUE;
  private int calm;

  /** Takes the cost of one more stretch; whether that was enough of them. */
  boolean isWarmAfter(double cost) {
    calm = cost > best * (1 - LITTLE) ? calm + 1 : 0;
    best = Math.min(best, cost);
    return calm >= CALM;
  }
}
