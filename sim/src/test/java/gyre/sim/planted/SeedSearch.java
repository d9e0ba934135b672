package gyre.sim.planted;

import gyre.sim.WorldEngine;
import gyre.sim.hunt.Catch;
import gyre.sim.hunt.Hunt;
import gyre.sim.hunt.HuntOptions;
import gyre.sim.hunt.HuntResult;
import gyre.sim.scenario.Scenario;
import gyre.sim.scenario.Scenarios;
import java.util.List;
import java.util.function.BiFunction;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * An ordinary hunt, on one thread, called from the outside of a {@link ChangedCopy}: so all types
 * of its interface are the JDK's.
 */
public final class SeedSearch implements BiFunction<String, long[], @Nullable String> {
  /** For the loader. */
  public SeedSearch() {}

  /**
   * Hunts.
   *
   * @param names of scenarios, which take turns, separated by commas
   * @param range the first seed, and how many
   * @return null if all pass, else {@code SCENARIO SEED} and, from the second line on, the report
   */
  @Override
  public @Nullable String apply(String names, long[] range) {
    List<String> wanted = List.of(names.split(","));
    List<Scenario> scenarios =
        Stream.of(WorldEngine.values())
            .flatMap(engine -> Scenarios.on(engine).stream())
            .filter(one -> wanted.contains(one.name()))
            .toList();
    if (scenarios.size() != wanted.size()) {
      throw new IllegalArgumentException("not all are scenarios: " + wanted);
    }
    HuntOptions options = HuntOptions.of(scenarios, range[1]).from(range[0]).jobs(1);
    HuntResult result = Hunt.of(options).run(_ -> {});
    Catch caught = result.failure().orElse(null);
    if (caught == null) {
      return null;
    }
    Throwable failure = caught.failure();
    return caught.scenario().name()
        + " "
        + caught.seed()
        + "\n"
        + (failure.getMessage() == null ? failure : failure.getMessage());
  }
}
