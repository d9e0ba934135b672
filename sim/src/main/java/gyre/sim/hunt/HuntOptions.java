package gyre.sim.hunt;

import gyre.sim.Investigation;
import gyre.sim.scenario.Scenario;
import java.time.Duration;
import java.util.List;

/**
 * What to hunt for.
 *
 * @param scenarios take turns
 * @param from the first seed
 * @param seeds how many, for each scenario
 * @param time after which no new seed is begun
 * @param jobs how many run at the same time, each in a world and on a thread of its own
 * @param shrinkRuns as many runs as it is worth to make a failure smaller
 */
public record HuntOptions(
    List<Scenario> scenarios, long from, long seeds, Duration time, int jobs, int shrinkRuns) {
  public static final Duration UNLIMITED = Duration.ofDays(36_500);

  public HuntOptions {
    scenarios = List.copyOf(scenarios);
    if (scenarios.isEmpty() || seeds < 1 || jobs < 1 || shrinkRuns < 0) {
      throw new IllegalArgumentException(
          "a hunt needs a scenario, a seed and a job: " + scenarios + ", " + seeds + ", " + jobs);
    }
  }

  /** All of the seeds from 1 on, on all cores. */
  public static HuntOptions of(List<Scenario> scenarios, long seeds) {
    return new HuntOptions(
        scenarios,
        1,
        seeds,
        UNLIMITED,
        Runtime.getRuntime().availableProcessors(),
        Investigation.RUNS);
  }

  public HuntOptions from(long seed) {
    return new HuntOptions(scenarios, seed, seeds, time, jobs, shrinkRuns);
  }

  public HuntOptions time(Duration limit) {
    return new HuntOptions(scenarios, from, seeds, limit, jobs, shrinkRuns);
  }

  public HuntOptions jobs(int count) {
    return new HuntOptions(scenarios, from, seeds, time, count, shrinkRuns);
  }

  public HuntOptions shrinkRuns(int count) {
    return new HuntOptions(scenarios, from, seeds, time, jobs, count);
  }

  /** How many runs that are. */
  public long runs() {
    long most = Long.MAX_VALUE / scenarios.size();
    return Math.min(seeds, most) * scenarios.size();
  }
}
