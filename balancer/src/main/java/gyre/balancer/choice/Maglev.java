package gyre.balancer.choice;

import java.util.Arrays;
import java.util.random.RandomGenerator;

/**
 * Maglev (Eisenbud and others, 2016): a table of 65,537 places. Each target has its own order of
 * all places, and the targets take turns in taking the next free one; so all have nearly the same
 * number of places, and few change hands when a target comes or goes. A target with more weight
 * takes its turn more often.
 *
 * <p>The table depends on the shares, and is built anew when one of them changes: some milliseconds
 * for 100 targets. One that must not be chosen just now is passed over in the table.
 */
final class Maglev implements Chooser {
  static final int PLACES = 65_537; // a prime, so that every step visits all places

  private final short[] table = new short[PLACES];
  private int[] shares = new int[0];
  private long[] names = new long[0];

  @Override
  public int choose(Ballot ballot, long key, RandomGenerator random) {
    if (ballot.totalWeight() == 0) {
      return Ballot.NONE;
    }
    if (!isCurrent(ballot)) {
      build(ballot);
    }
    long hash = Hashes.mix(key);
    int place = (int) Long.remainderUnsigned(hash, PLACES);
    int chosen = table[place];
    if (chosen != Ballot.NONE && ballot.isOpen(chosen)) {
      return chosen;
    }
    // Where the place's owner is full or was tried already, its clients spread over all others.
    return ballot.atWeight(Long.remainderUnsigned(Hashes.mix(hash), ballot.totalWeight()));
  }

  /** The index of the target that has a place; for tests. */
  int owner(int place) {
    return table[place];
  }

  private boolean isCurrent(Ballot ballot) {
    if (shares.length != ballot.size()) {
      return false;
    }
    for (int i = 0; i < shares.length; i++) {
      if (shares[i] != ballot.share(i) || names[i] != ballot.name(i)) {
        return false;
      }
    }
    return true;
  }

  void build(Ballot ballot) {
    int size = ballot.size();
    if (size > Short.MAX_VALUE) {
      throw new IllegalArgumentException(size + " targets: at most " + Short.MAX_VALUE);
    }
    shares = new int[size];
    names = new long[size];
    long most = 0;
    for (int i = 0; i < size; i++) {
      shares[i] = ballot.share(i);
      names[i] = ballot.name(i);
      most = Math.max(most, shares[i]);
    }
    Arrays.fill(table, (short) Ballot.NONE);
    if (most > 0) {
      fill(most);
    }
  }

  private void fill(long most) {
    int size = shares.length;
    int[] place = new int[size];
    int[] step = new int[size];
    long[] credit = new long[size];
    for (int i = 0; i < size; i++) {
      place[i] = (int) Long.remainderUnsigned(Hashes.mix(names[i]), PLACES);
      step[i] = 1 + (int) Long.remainderUnsigned(Hashes.mix(~names[i]), PLACES - 1);
    }
    int taken = 0;
    while (taken < PLACES) {
      for (int i = 0; i < size && taken < PLACES; i++) {
        credit[i] += shares[i];
        if (credit[i] < most) {
          continue;
        }
        credit[i] -= most;
        while (table[place[i]] != Ballot.NONE) {
          place[i] = (place[i] + step[i]) % PLACES;
        }
        table[place[i]] = (short) i;
        taken++;
      }
    }
  }
}
