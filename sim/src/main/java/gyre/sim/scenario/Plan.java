package gyre.sim.scenario;

import gyre.sim.engine.Chance;
import gyre.sim.fault.Fault;
import gyre.sim.fault.Faults;
import java.time.Duration;

/**
 * What a seed makes of a scenario: its sizes, patterns and faults. Each part of a scenario draws
 * from a plan of its own, so that what one part does never depends on when another does it.
 */
final class Plan {
  private static final double MOST = 0.5;

  private final long seed;
  private final String name;
  private final Chance chance;
  private final Weather weather;

  /** How much goes wrong. */
  private enum Weather {
    /** Nothing at all. */
    CALM,
    /** Only what no program may notice. */
    UNSTEADY,
    /** Connections break, calls fail, packets get lost. */
    ROUGH
  }

  private Plan(long seed, String name, Weather weather) {
    this.seed = seed;
    this.name = name;
    this.chance = Chance.of(seed, name);
    this.weather = weather;
  }

  static Plan of(long seed, String scenario) {
    int number = Chance.of(seed, scenario + " weather").below(8);
    Weather weather = number == 0 ? Weather.CALM : number < 4 ? Weather.UNSTEADY : Weather.ROUGH;
    return new Plan(seed, "plan of " + scenario, weather);
  }

  /** The plan of a part. */
  Plan part(String part) {
    return new Plan(seed, name + "/" + part, weather);
  }

  /** Whether something may fail that is no fault of the programs. */
  boolean isRough() {
    return weather == Weather.ROUGH;
  }

  /** Whether all is as it should be, and nothing late. */
  boolean isCalm() {
    return weather == Weather.CALM;
  }

  /** Drawn from chances of their own, so that they may be asked for at any time. */
  Faults faults() {
    Chance often = Chance.of(seed, name + " faults");
    double factor = 0.25 * (1 << often.below(5));
    return switch (weather) {
      case CALM -> Faults.none();
      case UNSTEADY -> some(Faults.timing(), often, factor);
      case ROUGH -> some(Faults.all().without(Fault.CRASH), often, factor / 2);
    };
  }

  /**
   * Leaves out a few kinds: what one of them hides, others may show. None happens so often that
   * nothing else does.
   */
  private static Faults some(Faults all, Chance often, double factor) {
    Faults chosen = all;
    for (Fault kind : Fault.values()) {
      boolean isIn = often.below(4) != 0;
      chosen = chosen.with(kind, isIn ? Math.min(MOST, all.probability(kind) * factor) : 0);
    }
    return chosen;
  }

  /** Both ends included. */
  int between(int least, int most) {
    return least + chance.below(most - least + 1);
  }

  /** Small values are as likely as large ones, of whatever magnitude. */
  int magnitude(int most) {
    int bits = chance.below(32 - Integer.numberOfLeadingZeros(most));
    return 1 + Math.min(most - 1, chance.below(2 << bits));
  }

  boolean oneIn(int times) {
    return chance.below(times) == 0;
  }

  long key() {
    return chance.next();
  }

  Duration millis(int least, int most) {
    return Duration.ofNanos(chance.between(least * 1_000_000L, most * 1_000_000L));
  }

  @SafeVarargs
  final <T> T oneOf(T... values) {
    return values[chance.below(values.length)];
  }
}
