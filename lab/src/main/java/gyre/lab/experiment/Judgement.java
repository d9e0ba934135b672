package gyre.lab.experiment;

import gyre.lab.result.Entry;
import gyre.lab.result.Ratios;
import gyre.lab.result.Spread;

/**
 * One workload's answer to the question whether a change is for the better.
 *
 * <p>The base runs twice under two names, so that it can be raced against itself: what differs
 * between those two is noise, and a change has to be greater than that, against both of them.
 */
record Judgement(
    String workload,
    Spread ratio,
    double noise,
    Outcome outcome,
    double baseUserNanos,
    double candidateUserNanos,
    double baseCalls,
    double candidateCalls) {

  enum Outcome {
    IMPROVED,
    REGRESSED,
    NOISE,
    /** One of the three could not be measured. */
    UNKNOWN
  }

  /** Nobody measures better than this on a machine that others share. */
  private static final double LEAST_NOISE = 0.01;

  /** Whether this is of that workload, or a variant of it, and differs. */
  boolean isMoved(String name) {
    boolean isOfIt = workload.equals(name) || workload.startsWith(name + " ");
    return isOfIt && (outcome == Outcome.IMPROVED || outcome == Outcome.REGRESSED);
  }

  static Judgement of(Entry base, Entry again, Entry candidate) {
    Spread ratio = Ratios.cost(candidate, base);
    Spread toAgain = Ratios.cost(candidate, again);
    // What a start of a JVM makes different shows between the bases, what a round does in all.
    double noise =
        Math.max(
            noise(Ratios.cost(again, base)), Math.max(ratio.uncertainty(), toAgain.uncertainty()));
    return new Judgement(
        base.label(),
        ratio,
        noise,
        outcome(ratio, toAgain, noise),
        base.userNanosPerOperation(),
        candidate.userNanosPerOperation(),
        base.probe().systemCallsPerOperation(),
        candidate.probe().systemCallsPerOperation());
  }

  /** How far the middle of so many rounds may lie from 1 though nothing differs. */
  static double noise(Spread self) {
    if (!self.isKnown()) {
      return Double.NaN;
    }
    double offset = Math.abs(self.median() - 1);
    return Math.max(LEAST_NOISE, offset + self.uncertainty());
  }

  static Outcome outcome(Spread toBase, Spread toAgain, double noise) {
    if (!toBase.isKnown() || !toAgain.isKnown() || Double.isNaN(noise)) {
      return Outcome.UNKNOWN;
    }
    double best = Math.min(toBase.median(), toAgain.median());
    double worst = Math.max(toBase.median(), toAgain.median());
    if (worst < 1 - noise) {
      return Outcome.IMPROVED;
    }
    return best > 1 + noise ? Outcome.REGRESSED : Outcome.NOISE;
  }
}
