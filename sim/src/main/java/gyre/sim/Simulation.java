package gyre.sim;

import gyre.sim.engine.Trace;
import gyre.sim.fault.Fault;
import gyre.sim.fault.Faults;
import java.time.Duration;
import java.util.Collection;
import java.util.EnumSet;
import java.util.Set;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;
import java.util.function.LongPredicate;

/**
 * Runs programs in a world of their own: virtual time, a simulated network, and faults that a seed
 * decides about. The same seed gives the same run.
 *
 * <pre>{@code
 * Simulation.seed(42)
 *     .faults(Faults.all())
 *     .world(w -> {
 *       w.host("server").address("10.0.0.1").background(() -> serve());
 *       w.host("client").run(() -> request("server"));
 *       w.link("client", "server").latency(Duration.ofMillis(1), Duration.ofMillis(20)).loss(0.01);
 *     })
 *     .run();
 * }</pre>
 *
 * <p>Immutable; each method gives a changed copy. {@link #run} may be called on any platform thread
 * and more than once.
 */
public final class Simulation {
  private static final Duration LONGEST = Duration.ofDays(1);
  private static final long MOST_EVENTS = 100_000_000;

  private final long seed;
  private final Faults faults;
  private final Consumer<? super World> script;
  private final Duration limit;
  private final long eventsLimit;
  private final LongPredicate admitted;
  private final Variation variation;

  private Simulation(
      long seed,
      Faults faults,
      Consumer<? super World> script,
      Duration limit,
      long eventsLimit,
      LongPredicate admitted,
      Variation variation) {
    this.seed = seed;
    this.faults = faults;
    this.script = script;
    this.limit = limit;
    this.eventsLimit = eventsLimit;
    this.admitted = admitted;
    this.variation = variation;
  }

  public static Simulation seed(long seed) {
    return new Simulation(
        seed, Faults.none(), world -> {}, LONGEST, MOST_EVENTS, _ -> true, Variation.NONE);
  }

  /** The same with another seed. */
  public Simulation withSeed(long newSeed) {
    return new Simulation(newSeed, faults, script, limit, eventsLimit, admitted, variation);
  }

  /** What goes wrong, and how often; nothing unless said otherwise. */
  public Simulation faults(Faults newFaults) {
    return new Simulation(seed, newFaults, script, limit, eventsLimit, admitted, variation);
  }

  /** Says what the world consists of. Called once for each run, before its time begins. */
  public Simulation world(Consumer<? super World> newScript) {
    return new Simulation(seed, faults, newScript, limit, eventsLimit, admitted, variation);
  }

  /** A run that lasts longer in virtual time has failed; a day unless said otherwise. */
  public Simulation limit(Duration newLimit) {
    return new Simulation(seed, faults, script, newLimit, eventsLimit, admitted, variation);
  }

  /**
   * A run in which more happens, turns of loops and all else that a trace has a line for, has
   * failed; a hundred million unless said otherwise.
   */
  public Simulation eventsLimit(long most) {
    return new Simulation(seed, faults, script, limit, most, admitted, variation);
  }

  /**
   * Ends the run, with a failure of the kind {@link SimulationFailure.Kind#STOPPED}, as soon as
   * {@code condition} holds. It is asked now and then, on the thread of the run, and may look at
   * the real clock: for those who wait for the run. Holds whatever a program says.
   */
  public Simulation stopWhen(BooleanSupplier condition) {
    return vary(variation.stopped(condition));
  }

  /**
   * Lets through only those faults whose number passes: they are counted from 1 as they strike. A
   * run is the same as without this up to the first that does not pass.
   */
  public Simulation admitting(LongPredicate newAdmitted) {
    return new Simulation(seed, faults, script, limit, eventsLimit, newAdmitted, variation);
  }

  /**
   * Lets through only those faults, by their numbers: what a failure reports as enough to have it
   * again. Holds whatever else is said of faults, before or after.
   */
  public Simulation only(long... numbers) {
    return vary(variation.numbers(numbers));
  }

  /**
   * Leaves out all kinds of faults but these. The others strike as if nothing had been left out,
   * and get other numbers. Holds whatever else is said of faults, before or after.
   */
  public Simulation only(Fault first, Fault... others) {
    return vary(variation.kinds(EnumSet.of(first, others)));
  }

  /** As {@link #only(Fault, Fault...)}. */
  public Simulation only(Collection<Fault> kinds) {
    return vary(variation.kinds(kinds));
  }

  /**
   * As {@link #only(long...)}, with the list as reports print it: {@code 3,17}, or {@code none}.
   */
  public Simulation only(String numbers) {
    return numbers.strip().equals("none") ? withoutFaults() : vary(variation.parsed(numbers));
  }

  /**
   * Cuts one fiber short at one of its parks, as {@link CancelEverywhere} does at all of them. Up
   * to that the run is the same. Programs may end by a {@code CancelledException} then.
   *
   * @param park counted from 1 over all fibers of users
   */
  public Simulation cutting(long park, Cut cut, CutMoment moment) {
    if (park < 1) {
      throw new IllegalArgumentException("park " + park + ": they are counted from 1");
    }
    ParkCut wanted = new ParkCut(seed, park, cut, moment);
    return vary(variation.cut(new ParkCuts(wanted, Set.of(), Set.of(), _ -> false)));
  }

  /**
   * Has the loops of the world run on one of the real engines, above a kernel that the simulation
   * plays, instead of on the simulation's own. Programs, faults, seeds and reports stay what they
   * are; the run of a seed is another one. Holds whatever else is said.
   */
  public Simulation engine(WorldEngine engine) {
    return vary(variation.engine(engine));
  }

  /** Lets no fault through. Holds whatever else is said of faults, before or after. */
  public Simulation withoutFaults() {
    return vary(variation.numbers(new long[0]));
  }

  Simulation vary(Variation by) {
    return new Simulation(seed, faults, script, limit, eventsLimit, admitted, by);
  }

  Variation variation() {
    return variation;
  }

  /**
   * Runs it to its end.
   *
   * @throws SimulationFailure with the seed, if a program failed, or nothing went on any more
   */
  public Outcome run() {
    if (Thread.currentThread().isVirtual()) {
      throw new IllegalStateException("a simulation runs on a platform thread");
    }
    Duration longest =
        limit.compareTo(Duration.ofNanos(variation.longestNanos())) < 0
            ? limit
            : Duration.ofNanos(variation.longestNanos());
    Watcher watcher = variation.watcher();
    World world =
        new World(
            seed,
            variation.apply(faults),
            longest,
            variation.apply(admitted),
            watcher,
            eventsLimit,
            variation.stop(),
            variation.cuts(),
            variation.engine());
    try {
      return world.run(script);
    } finally {
      if (watcher != null) {
        Trace trace = world.universe().trace();
        watcher.ended(trace.hash(), trace.events(), world.universe().nowNanos());
      }
    }
  }

  /**
   * Runs it twice and compares all that happened.
   *
   * @throws SimulationFailure as {@link #run} does; of the kind {@link
   *     SimulationFailure.Kind#NOT_DETERMINISTIC} if the two differ, with the first event that does
   */
  public Outcome check() {
    Outcome[] outcome = new Outcome[1];
    Investigation.checkTwice(this, varied -> outcome[0] = varied.run());
    return outcome[0];
  }

  /** What can be found out about a run of this that fails: its trace, and the faults it needs. */
  public Investigation investigate() {
    return Investigation.of(this, Simulation::run);
  }

  public long seed() {
    return seed;
  }

  public Faults faults() {
    return faults;
  }

  /** As a program says it, without the world. */
  @Override
  public String toString() {
    return "Simulation.seed(" + seed + (seed == (int) seed ? ")" : "L)") + variation.calls();
  }
}
