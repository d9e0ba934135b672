package gyre.sim.junit;

import gyre.sim.Simulation;
import gyre.sim.WorldEngine;
import gyre.sim.fault.Fault;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Locale;
import java.util.Optional;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/** What an annotation says, and the system properties that win over it. */
record Settings(
    long from,
    long seeds,
    boolean check,
    WorldEngine engine,
    boolean isReplay,
    @Nullable String only,
    @Nullable String kinds,
    @Nullable String trace) {
  private static final String SEED = "gyre.sim.seed";
  private static final String SEEDS = "gyre.sim.seeds";
  private static final String FROM = "gyre.sim.from";
  private static final String ONLY = "gyre.sim.only";
  private static final String KINDS = "gyre.sim.kinds";
  private static final String ENGINE = "gyre.sim.engine";
  private static final String TRACE = "gyre.sim.trace";

  /**
   * @param properties gives the value of a property, or null
   */
  static Settings of(SimulationTest test, Function<String, @Nullable String> properties) {
    Long seed = number(properties, SEED, Long.MIN_VALUE);
    Long from = number(properties, FROM, Long.MIN_VALUE);
    Long seeds = number(properties, SEEDS, 1);
    if (test.seeds() < 1) {
      throw new IllegalArgumentException("seeds = " + test.seeds() + ": at least 1");
    }
    Settings settings =
        new Settings(
            seed != null ? seed : from != null ? from : test.from(),
            seed != null ? 1 : seeds != null ? seeds : test.seeds(),
            test.check(),
            engine(properties, test.engine()),
            seed != null,
            properties.apply(ONLY),
            properties.apply(KINDS),
            properties.apply(TRACE));
    settings.simulation(settings.from()); // a wrong value is told at once, and once
    return settings;
  }

  private static @Nullable Long number(
      Function<String, @Nullable String> properties, String name, long least) {
    String text = properties.apply(name);
    if (text == null || text.isBlank()) {
      return null;
    }
    return parse(name, text.strip(), least);
  }

  private static long parse(String name, String text, long least) {
    try {
      long value = Long.parseLong(text);
      if (value >= least) {
        return value;
      }
    } catch (NumberFormatException e) {
      // told below
    }
    throw new IllegalArgumentException(
        "-D" + name + "=" + text + " is no number" + (least > 0 ? " from " + least + " up" : ""));
  }

  private static WorldEngine engine(
      Function<String, @Nullable String> properties, WorldEngine otherwise) {
    String label = properties.apply(ENGINE);
    try {
      return label == null || label.isBlank() ? otherwise : WorldEngine.of(label.strip());
    } catch (IllegalArgumentException e) {
      throw new IllegalArgumentException("-D" + ENGINE + ": " + e.getMessage(), e);
    }
  }

  /** What the method is given for a seed. */
  Simulation simulation(long seed) {
    Simulation simulation = Simulation.seed(seed).engine(engine);
    if (kinds != null) {
      simulation =
          simulation.only(
              Arrays.stream(kinds.split(",")).map(name -> fault(name.strip())).toList());
    }
    try {
      return only == null ? simulation : simulation.only(only);
    } catch (IllegalArgumentException e) {
      throw new IllegalArgumentException("-D" + ONLY + ": " + e.getMessage(), e);
    }
  }

  private static Fault fault(String name) {
    try {
      return Fault.valueOf(name.toUpperCase(Locale.ROOT));
    } catch (IllegalArgumentException e) {
      throw new IllegalArgumentException(
          "-D"
              + KINDS
              + ": "
              + name
              + " is no kind of fault; kinds: "
              + Arrays.toString(Fault.values()),
          e);
    }
  }

  Optional<Path> traceFile() {
    return trace == null || trace.isBlank() ? Optional.empty() : Optional.of(Path.of(trace));
  }
}
