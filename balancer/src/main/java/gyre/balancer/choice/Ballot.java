package gyre.balancer.choice;

import java.util.Arrays;

/**
 * What a chooser may look at: the targets of a pool by index, as plain numbers. Filled anew for
 * each choice and reused, so that choosing allocates nothing.
 *
 * <p>Invariants: a weight of 0 means that this target must not be chosen now. A share is the weight
 * that the target has while it is healthy, whatever else forbids it at the moment (it is full, it
 * was tried already, it starts slowly): tables that are costly to build depend on shares alone, and
 * so do not change with every connection.
 */
public final class Ballot {
  /** Nothing can be chosen. */
  public static final int NONE = -1;

  private long[] names = new long[0];
  private int[] weights = new int[0];
  private int[] shares = new int[0];
  private int[] loads = new int[0];
  private int size;
  private long totalWeight;
  private long totalLoad;

  /** Of no targets yet. */
  public Ballot() {}

  /** Begins a new choice among nobody. */
  public void clear() {
    size = 0;
    totalWeight = 0;
    totalLoad = 0;
  }

  /**
   * Adds a target, whose index is the number of those before it.
   *
   * @param name a hash of its identity, which does not depend on the other targets or their order
   * @param weight 0 if it must not be chosen now
   * @param share its weight while it is healthy, 0 if it is not
   * @param load connections that it has
   */
  public void add(long name, int weight, int share, int load) {
    if (weight < 0 || share < 0 || load < 0) {
      throw new IllegalArgumentException(
          "weight " + weight + ", share " + share + ", load " + load + ": must not be negative");
    }
    if (size == names.length) {
      int room = Math.max(8, size * 2);
      names = Arrays.copyOf(names, room);
      weights = Arrays.copyOf(weights, room);
      shares = Arrays.copyOf(shares, room);
      loads = Arrays.copyOf(loads, room);
    }
    names[size] = name;
    weights[size] = weight;
    shares[size] = share;
    loads[size] = load;
    size++;
    totalWeight += weight;
    totalLoad += load;
  }

  public int size() {
    return size;
  }

  public long name(int index) {
    return names[index];
  }

  public int weight(int index) {
    return weights[index];
  }

  public int share(int index) {
    return shares[index];
  }

  public int load(int index) {
    return loads[index];
  }

  public boolean isOpen(int index) {
    return weights[index] > 0;
  }

  /** The sum of all weights: 0 if nothing can be chosen. */
  public long totalWeight() {
    return totalWeight;
  }

  public long totalLoad() {
    return totalLoad;
  }

  /** The target in whose weight {@code point} falls, with the weights laid end to end. */
  int atWeight(long point) {
    long left = point;
    for (int i = 0; i < size; i++) {
      left -= weights[i];
      if (left < 0) {
        return i;
      }
    }
    throw new AssertionError(point + " is not below the total weight " + totalWeight);
  }
}
