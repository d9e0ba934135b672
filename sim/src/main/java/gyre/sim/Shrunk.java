package gyre.sim;

import java.time.Duration;
import java.util.List;
import java.util.stream.Collectors;

/**
 * The smallest way that was found to have a failure again.
 *
 * @param simulation fails as the first one did, with nothing but what is said here
 * @param faults that it needs, in the order in which they strike
 * @param faultsBefore how many there were
 * @param elapsed virtual time until it fails
 * @param runs it took to find this
 */
public record Shrunk(
    Simulation simulation,
    List<InjectedFault> faults,
    int faultsBefore,
    Duration elapsed,
    int runs) {
  private static final int LISTED = 20;

  /** The calls that make a simulation of the same seed fail in this way, as a program says them. */
  public String calls() {
    return simulation.variation().calls();
  }

  /**
   * The same as system properties, for {@code gyre.sim.junit}; empty if there is nothing to say.
   */
  public String properties() {
    return settings("-Dgyre.sim.", "=");
  }

  /** The same as settings {@code kinds} and {@code only} of whoever starts runs. */
  public String settings(String prefix, String assignment) {
    Variation by = simulation.variation();
    String kinds = by.kinds() == null ? "" : prefix + "kinds" + assignment + by.kinds("", ",");
    String numbers =
        by.numbers() == null
            ? ""
            : prefix + "only" + assignment + (by.numbers().isEmpty() ? "none" : by.numbers(","));
    return kinds + (kinds.isEmpty() || numbers.isEmpty() ? "" : " ") + numbers;
  }

  /** A line that sums up, and one for each fault. */
  @Override
  public String toString() {
    String sum =
        faultsBefore == 0
            ? "no fault struck"
            : faults.isEmpty()
                ? "none of its " + faultsBefore + " faults is needed"
                : faults.size() + " of its " + faultsBefore + " faults " + areEnough();
    return sum
        + " ("
        + runs
        + (runs == 1 ? " run)" : " runs)")
        + faults.stream().limit(LISTED).map(fault -> "\n  " + fault).collect(Collectors.joining())
        + (faults.size() > LISTED ? "\n  and " + (faults.size() - LISTED) + " more" : "");
  }

  private String areEnough() {
    return faults.size() == 1 ? "is enough" : "are enough";
  }
}
