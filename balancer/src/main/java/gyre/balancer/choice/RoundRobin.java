package gyre.balancer.choice;

import java.util.random.RandomGenerator;

/** One after the other. */
final class RoundRobin implements Chooser {
  private int next;

  @Override
  public int choose(Ballot ballot, long key, RandomGenerator random) {
    int size = ballot.size();
    for (int step = 0; step < size; step++) {
      int index = (next + step) % size;
      if (ballot.isOpen(index)) {
        next = index + 1;
        return index;
      }
    }
    return Ballot.NONE;
  }
}
