package gyre.sim.engine;

/**
 * A stream of random numbers (SplitMix64). Each kind of decision has one of its own, so that to
 * leave one kind out does not change what the others get.
 */
public final class Chance {
  private static final long GOLDEN = 0x9E3779B97F4A7C15L;

  private long state;

  private Chance(long state) {
    this.state = state;
  }

  /** The stream of one kind of decision; {@code kind} names it. */
  public static Chance of(long seed, String kind) {
    long hash = 0xCBF29CE484222325L;
    for (int i = 0; i < kind.length(); i++) {
      hash = (hash ^ kind.charAt(i)) * 0x100000001B3L;
    }
    return new Chance(mix(seed + GOLDEN) ^ mix(hash));
  }

  static long mix(long value) {
    long mixed = (value ^ (value >>> 30)) * 0xBF58476D1CE4E5B9L;
    mixed = (mixed ^ (mixed >>> 27)) * 0x94D049BB133111EBL;
    return mixed ^ (mixed >>> 31);
  }

  public long next() {
    state += GOLDEN;
    return mix(state);
  }

  /** From 0 to {@code bound - 1}. */
  public int below(int bound) {
    return (int) Math.unsignedMultiplyHigh(next(), bound);
  }

  public long below(long bound) {
    return Math.unsignedMultiplyHigh(next(), bound);
  }

  /** Both ends included. */
  public long between(long least, long most) {
    return least + below(most - least + 1);
  }

  public boolean happens(double probability) {
    return (next() >>> 11) * 0x1p-53 < probability;
  }

  /** From zero up, 1 in the mean, with an exponential distribution; the same on each machine. */
  double exponential() {
    double uniform = (next() >>> 11) * 0x1p-53;
    return -StrictMath.log(1 - uniform);
  }
}
