package gyre.balancer.choice;

import java.util.Arrays;
import java.util.random.RandomGenerator;

/**
 * Consistent hashing with bounded loads (Mirrokni, Thorup, Zadimoghaddam 2016): each target has
 * points on a ring, a client goes to the first point behind its own. A target that would have more
 * than {@link #BOUND} times its part of all connections is passed over, so that a few busy clients
 * don't overrun one target.
 *
 * <p>The ring depends on the shares, so it is built anew only when the health or the weight of a
 * target changes.
 */
final class HashRing implements Chooser {
  static final double BOUND = 1.25;

  /** Points of a target with the average share. */
  private static final int POINTS = 160;

  private static final int POINTS_LIMIT = 1 << 20;

  private int[] shares = new int[0];
  private long[] names = new long[0];

  /** Sorted; the owner's index is in {@link #owners} at the same place. */
  private long[] points = new long[0];

  private int[] owners = new int[0];

  @Override
  public int choose(Ballot ballot, long key, RandomGenerator random) {
    if (ballot.totalWeight() == 0) {
      return Ballot.NONE;
    }
    if (!isCurrent(ballot)) {
      build(ballot);
    }
    int at = points.length == 0 ? 0 : firstBehind(Hashes.mix(key));
    for (int step = 0; step < points.length; step++) {
      int owner = owners[(at + step) % points.length];
      if (ballot.isOpen(owner) && hasRoom(ballot, owner)) {
        return owner;
      }
    }
    return anyOpen(ballot, key);
  }

  /** Whether one connection more leaves it within its bound. */
  private static boolean hasRoom(Ballot ballot, int index) {
    double part = (double) ballot.weight(index) / ballot.totalWeight();
    return ballot.load(index) < Math.ceil(BOUND * (ballot.totalLoad() + 1) * part);
  }

  /** Of those that have no point, as after a panic: nobody is healthy. */
  private static int anyOpen(Ballot ballot, long key) {
    return ballot.atWeight(Long.remainderUnsigned(Hashes.mix(key), ballot.totalWeight()));
  }

  private int firstBehind(long hash) {
    int found = Arrays.binarySearch(points, hash);
    int at = found >= 0 ? found : -found - 1;
    return at == points.length ? 0 : at;
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

  private void build(Ballot ballot) {
    int size = ballot.size();
    shares = new int[size];
    names = new long[size];
    int most = 1;
    for (int i = 0; i < size; i++) {
      shares[i] = ballot.share(i);
      names[i] = ballot.name(i);
      most = Math.max(most, shares[i]);
    }
    // By the greatest share, not the average: so a target's points don't depend on who else is
    // there.
    long each = Math.min(POINTS, POINTS_LIMIT / Math.max(1, size));
    long[][] all = new long[size][];
    int count = 0;
    for (int i = 0; i < size; i++) {
      int own = shares[i] == 0 ? 0 : (int) Math.max(1, each * shares[i] / most);
      all[i] = new long[own];
      for (int p = 0; p < own; p++) {
        all[i][p] = Hashes.mix(names[i] + p * 0x9E3779B97F4A7C15L);
      }
      count += own;
    }
    sort(all, count);
  }

  private void sort(long[][] all, int count) {
    Long[] order = new Long[count]; // rare, so boxing is of no matter
    long[] flat = new long[count];
    int[] flatOwners = new int[count];
    int at = 0;
    for (int i = 0; i < all.length; i++) {
      for (long point : all[i]) {
        flat[at] = point;
        flatOwners[at] = i;
        order[at] = (long) at;
        at++;
      }
    }
    Arrays.sort(order, (a, b) -> Long.compare(flat[Math.toIntExact(a)], flat[Math.toIntExact(b)]));
    points = new long[count];
    owners = new int[count];
    for (int i = 0; i < count; i++) {
      int from = Math.toIntExact(order[i]);
      points[i] = flat[from];
      owners[i] = flatOwners[from];
    }
  }
}
