package gyre.balancer.choice;

import java.util.Arrays;
import java.util.random.RandomGenerator;

/**
 * Smooth weighted round robin, as nginx has it: at each choice every target gains its weight, the
 * one that has most is chosen and pays the total. In as many choices as the weights sum up to, each
 * is chosen as often as its weight says, spread over all of them.
 */
final class SmoothWeighted implements Chooser {
  private long[] current = new long[0];

  @Override
  public int choose(Ballot ballot, long key, RandomGenerator random) {
    int size = ballot.size();
    if (current.length != size) {
      current = Arrays.copyOf(current, size);
    }
    int best = Ballot.NONE;
    for (int i = 0; i < size; i++) {
      if (!ballot.isOpen(i)) {
        current[i] = 0; // so that it does not come back with what it has missed
        continue;
      }
      current[i] += ballot.weight(i);
      if (best == Ballot.NONE || current[i] > current[best]) {
        best = i;
      }
    }
    if (best != Ballot.NONE) {
      current[best] -= ballot.totalWeight();
    }
    return best;
  }
}
