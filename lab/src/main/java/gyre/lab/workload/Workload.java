package gyre.lab.workload;

import java.util.ArrayList;
import java.util.List;
import java.util.Set;

/**
 * One piece of work that peers are compared on.
 *
 * @param options of the generator, or of the program itself where it drives itself
 * @param variants the figures that one run gives; a single empty name where it gives just one
 * @param descriptors that the work takes in one process, beside the few of any program
 */
public record Workload(
    String name, Kind kind, List<String> options, List<String> variants, int descriptors) {
  /** What a program opens for itself. */
  private static final int SPARE_DESCRIPTORS = 200;

  private static final Set<String> SIZES =
      Set.of("--pairs", "--active", "--writes", "--connections");

  public Workload {
    options = List.copyOf(options);
    variants = List.copyOf(variants);
    assert !variants.isEmpty();
  }

  /** How many are alive in one process all the time. */
  public int timers() {
    int alive = options.indexOf("--alive");
    return alive < 0 ? 0 : Integer.parseInt(options.get(alive + 1));
  }

  /** How many a process has to be allowed to open. */
  public int descriptorsNeeded() {
    return descriptors + SPARE_DESCRIPTORS;
  }

  /** The same, no larger than so many descriptors allow; itself where they suffice. */
  public Workload within(long limit) {
    long free = limit - SPARE_DESCRIPTORS;
    if (descriptors <= free) {
      return this;
    }
    double share = Math.max(0, (double) free / descriptors);
    List<String> smaller = new ArrayList<>(options);
    for (int i = 0; i + 1 < options.size(); i++) {
      if (SIZES.contains(options.get(i))) {
        long size = (long) (Long.parseLong(options.get(i + 1)) * share);
        smaller.set(i + 1, Long.toString(Math.max(1, size)));
      }
    }
    return new Workload(name, kind, smaller, variants, (int) Math.max(1, descriptors * share));
  }

  @Override
  public String toString() {
    return name;
  }
}
