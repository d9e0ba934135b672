package gyre.sim.engine;

import gyre.sim.fault.Fault;
import gyre.sim.fault.Faults;
import java.util.Collections;
import java.util.EnumMap;
import java.util.Map;
import java.util.function.LongPredicate;
import org.jspecify.annotations.Nullable;

/**
 * Decides about every fault. Each kind draws from a stream of its own, and each fault that strikes
 * gets the next number, whether it is let through or not: so a run can be had again without some of
 * them, and is the same up to the first that is left out.
 */
@SuppressWarnings("EnumOrdinal") // an index of arrays of this run, and of nothing that lasts
public final class Chaos {
  private static final Fault[] KINDS = Fault.values();

  private final Universe universe;
  private final double[] probabilities = new double[KINDS.length];
  private final Chance[] chances = new Chance[KINDS.length];
  private final long[] counts = new long[KINDS.length];
  private final LongPredicate admitted;
  private long number;
  private long injected;

  Chaos(Universe universe, long seed, Faults faults, LongPredicate admitted) {
    this.universe = universe;
    this.admitted = admitted;
    for (Fault kind : KINDS) {
      probabilities[kind.ordinal()] = faults.probability(kind);
      chances[kind.ordinal()] = Chance.of(seed, kind.name());
    }
  }

  /** Whether a fault of this kind strikes here and now. */
  public boolean strikes(Fault kind, Subject where, @Nullable Object what) {
    return strikes(kind, probabilities[kind.ordinal()], where, what);
  }

  boolean strikes(Fault kind, double probability, Subject where, @Nullable Object what) {
    if (probability <= 0 || universe.isEnding() || !of(kind).happens(probability)) {
      return false;
    }
    return inject(kind, where, what);
  }

  /** Numbers a fault that was decided on elsewhere. Answers whether it is let through. */
  public boolean inject(Fault kind, Subject where, @Nullable Object what) {
    if (!admitted.test(++number)) {
      return false;
    }
    injected++;
    counts[kind.ordinal()]++;
    universe.trace(Trace.Kind.FAULT, where, number, kind.ordinal(), what);
    return true;
  }

  public double probability(Fault kind) {
    return probabilities[kind.ordinal()];
  }

  /** The stream that details of a fault are drawn from. */
  public Chance of(Fault kind) {
    return chances[kind.ordinal()];
  }

  /** Picks one of the errors that a call is documented to fail with, negated. */
  public int pick(Fault kind, int... errors) {
    return errors[of(kind).below(errors.length)];
  }

  /** How many have struck, those that were not let through included. */
  public long numbered() {
    return number;
  }

  public long injected() {
    return injected;
  }

  /** Without the kinds of which none was. */
  public Map<Fault, Long> injectedByKind() {
    Map<Fault, Long> kinds = new EnumMap<>(Fault.class);
    for (Fault kind : KINDS) {
      if (counts[kind.ordinal()] > 0) {
        kinds.put(kind, counts[kind.ordinal()]);
      }
    }
    return Collections.unmodifiableMap(kinds);
  }
}
