package gyre.balancer.choice;

import java.util.random.RandomGenerator;

/**
 * The less loaded of two that are drawn by weight. Several loops or balancers that know the loads a
 * little late don't all run to the same target, as they would with least connections; and the most
 * loaded target has O(log log n) more than the average, instead of O(log n) by one draw.
 */
final class TwoChoices implements Chooser {
  /** So often a second, different target is drawn for. */
  private static final int DRAWS = 4;

  @Override
  public int choose(Ballot ballot, long key, RandomGenerator random) {
    long total = ballot.totalWeight();
    if (total == 0) {
      return Ballot.NONE;
    }
    int first = ballot.atWeight(random.nextLong(total));
    int second = first;
    for (int draw = 0; second == first && draw < DRAWS; draw++) {
      second = ballot.atWeight(random.nextLong(total));
    }
    return LeastConnections.isLess(ballot, second, first) ? second : first;
  }
}
