package gyre.probe;

/**
 * How values are spread over the buckets of a histogram: each power of two is cut into sixteen, so
 * that a bucket is at most 6.25 % wide, and values below 16 have a bucket each.
 *
 * <p>A histogram is the sum of its values, the largest one, and a count for each bucket, eight
 * bytes each.
 */
public final class Buckets {
  private static final int DIGIT_BITS = 4;
  private static final int PER_POWER = 1 << DIGIT_BITS;

  /** About twenty minutes, if values are nanoseconds; larger ones are counted as this. */
  public static final long LARGEST = (1L << 40) - 1;

  public static final int COUNT = (40 - DIGIT_BITS + 1) * PER_POWER;

  public static final int SUM = 0;
  public static final int MAX = 8;
  public static final int FIRST = 16;

  /** Of one histogram, in whole lines of a cache. */
  public static final int BYTES = (FIRST + COUNT * Long.BYTES + 63) & -64;

  private Buckets() {}

  /** Of a value that is not negative. */
  public static int index(long value) {
    if (value < PER_POWER) {
      return (int) value;
    }
    if (value > LARGEST) {
      return COUNT - 1;
    }
    int shift = 63 - DIGIT_BITS - Long.numberOfLeadingZeros(value);
    return (shift << DIGIT_BITS) + (int) (value >>> shift);
  }

  /** The smallest value of a bucket. */
  public static long lowest(int index) {
    if (index < PER_POWER) {
      return index;
    }
    int shift = (index >>> DIGIT_BITS) - 1;
    return (long) ((index & (PER_POWER - 1)) + PER_POWER) << shift;
  }

  /** The largest value of a bucket. */
  public static long highest(int index) {
    return index == COUNT - 1 ? LARGEST : lowest(index + 1) - 1;
  }
}
