package gyre.balancer.choice;

import java.util.random.RandomGenerator;

/**
 * The target with the fewest connections for its weight. It starts looking at another target each
 * time, so that equal ones take turns.
 */
final class LeastConnections implements Chooser {
  private int start;

  @Override
  public int choose(Ballot ballot, long key, RandomGenerator random) {
    int size = ballot.size();
    int best = Ballot.NONE;
    for (int step = 0; step < size; step++) {
      int index = (start + step) % size;
      if (ballot.isOpen(index) && (best == Ballot.NONE || isLess(ballot, index, best))) {
        best = index;
      }
    }
    start = best + 1;
    return best;
  }

  /** Whether one more connection weighs less on one target than on another. */
  static boolean isLess(Ballot ballot, int one, int other) {
    return (ballot.load(one) + 1L) * ballot.weight(other)
        < (ballot.load(other) + 1L) * ballot.weight(one);
  }
}
