package gyre.sim;

import gyre.sim.fault.Fault;
import gyre.sim.fault.Faults;
import java.util.Arrays;
import java.util.Collection;
import java.util.EnumSet;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.BooleanSupplier;
import java.util.function.LongPredicate;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * By what a run differs from the one that a program describes, whatever that goes on to say about
 * its faults and its limit: which of the faults it keeps, how long it may last, who watches, who
 * may stop it, which fiber is cut short, and which engine its loops have.
 */
record Variation(
    @Nullable Set<Fault> kinds,
    @Nullable Set<Long> numbers,
    long longestNanos,
    @Nullable Watcher watcher,
    @Nullable BooleanSupplier stop,
    @Nullable ParkCuts cuts,
    WorldEngine engine) {
  static final Variation NONE =
      new Variation(null, null, Long.MAX_VALUE, null, null, null, WorldEngine.SIM);

  Variation kinds(Collection<Fault> kept) {
    Set<Fault> sorted = EnumSet.noneOf(Fault.class);
    sorted.addAll(kept);
    return new Variation(sorted, numbers, longestNanos, watcher, stop, cuts, engine);
  }

  Variation numbers(long[] kept) {
    Set<Long> sorted = Arrays.stream(kept).boxed().collect(Collectors.toCollection(TreeSet::new));
    return new Variation(kinds, sorted, longestNanos, watcher, stop, cuts, engine);
  }

  Variation parsed(String list) {
    return numbers(Arrays.stream(list.split(",")).mapToLong(Variation::number).toArray());
  }

  private static long number(String text) {
    try {
      long number = Long.parseLong(text.strip());
      if (number > 0) {
        return number;
      }
    } catch (NumberFormatException e) {
      // told below
    }
    throw new IllegalArgumentException(
        "'" + text.strip() + "' is not the number of a fault: those are counted from 1");
  }

  Variation longest(long nanos) {
    return new Variation(kinds, numbers, nanos, watcher, stop, cuts, engine);
  }

  Variation watched(@Nullable Watcher by) {
    return new Variation(kinds, numbers, longestNanos, by, stop, cuts, engine);
  }

  Variation stopped(BooleanSupplier when) {
    return new Variation(kinds, numbers, longestNanos, watcher, when, cuts, engine);
  }

  Variation cut(ParkCuts by) {
    return new Variation(kinds, numbers, longestNanos, watcher, stop, by, engine);
  }

  Variation engine(WorldEngine used) {
    return new Variation(kinds, numbers, longestNanos, watcher, stop, cuts, used);
  }

  Faults apply(Faults faults) {
    Set<Fault> kept = kinds;
    return kept == null ? faults : faults.without(EnumSet.complementOf(EnumSet.copyOf(kept)));
  }

  LongPredicate apply(LongPredicate admitted) {
    Set<Long> kept = numbers;
    return kept == null ? admitted : number -> kept.contains(number) && admitted.test(number);
  }

  /** As a program says it: calls to append to a {@link Simulation}. */
  String calls() {
    StringBuilder text = new StringBuilder();
    if (engine != WorldEngine.SIM) {
      text.append(".engine(WorldEngine.").append(engine).append(')');
    }
    if (kinds != null) {
      text.append(".only(").append(kinds("Fault.", ", ")).append(')');
    }
    if (numbers != null) {
      String list = numbers(", ");
      text.append(list.isEmpty() ? ".withoutFaults()" : ".only(" + list + ")");
    }
    return text.toString();
  }

  String kinds(String prefix, String separator) {
    return kinds == null
        ? ""
        : kinds.stream().map(kind -> prefix + kind).collect(Collectors.joining(separator));
  }

  String numbers(String separator) {
    return numbers == null
        ? ""
        : numbers.stream().map(String::valueOf).collect(Collectors.joining(separator));
  }
}
