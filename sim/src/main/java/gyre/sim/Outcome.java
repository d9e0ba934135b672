package gyre.sim;

import gyre.sim.fault.Fault;
import java.time.Duration;
import java.util.List;
import java.util.Map;

/**
 * What came out of a run.
 *
 * @param seed what it started from
 * @param hash of all that happened: equal hashes, equal runs
 * @param events how much happened
 * @param elapsed virtual time
 * @param faults how many were let through
 * @param kinds how many of each kind were let through, without the kinds of which none was
 * @param faultsNumbered how many struck, those that were not let through included
 * @param turns of all loops
 * @param reports failures that no fiber waited for, as loops report them
 */
public record Outcome(
    long seed,
    long hash,
    long events,
    Duration elapsed,
    long faults,
    Map<Fault, Long> kinds,
    long faultsNumbered,
    long turns,
    List<Report> reports) {
  /**
   * Something that a loop told its failure listener.
   *
   * @param loop which
   * @param source the fiber, handle or callback that it came from
   * @param failure what it was
   */
  public record Report(String loop, String source, Throwable failure) {}
}
