package gyre.sim;

import java.util.Locale;

/**
 * One park of one run, and what is done to the fiber there.
 *
 * @param park counted from 1, over all fibers that count
 */
record ParkCut(long seed, long park, Cut cut, CutMoment moment) {
  /** As {@link #toString} prints it. */
  static ParkCut parse(String text) {
    String[] parts = text.strip().split(":", -1);
    try {
      if (parts.length == 4) {
        return new ParkCut(
            Long.parseLong(parts[0]),
            Long.parseLong(parts[1]),
            Cut.valueOf(parts[2].toUpperCase(Locale.ROOT)),
            CutMoment.valueOf(parts[3].toUpperCase(Locale.ROOT)));
      }
    } catch (IllegalArgumentException e) {
      // told below
    }
    throw new IllegalArgumentException(
        "'" + text + "' says no cut: it reads SEED:PARK:CUT:MOMENT, as 1:17:CANCEL:WOKEN");
  }

  @Override
  public String toString() {
    return seed + ":" + park + ":" + cut + ":" + moment;
  }
}
