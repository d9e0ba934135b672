package gyre.sim;

import gyre.sim.engine.Trace;
import gyre.sim.fault.Faults;
import java.time.Duration;
import java.util.function.Consumer;
import java.util.function.LongPredicate;
import org.jspecify.annotations.Nullable;

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

  private final long seed;
  private final Faults faults;
  private final Consumer<? super World> script;
  private final Duration limit;
  private final LongPredicate admitted;
  private final Trace.@Nullable Listener listener;

  private Simulation(
      long seed,
      Faults faults,
      Consumer<? super World> script,
      Duration limit,
      LongPredicate admitted,
      Trace.@Nullable Listener listener) {
    this.seed = seed;
    this.faults = faults;
    this.script = script;
    this.limit = limit;
    this.admitted = admitted;
    this.listener = listener;
  }

  public static Simulation seed(long seed) {
    return new Simulation(seed, Faults.none(), world -> {}, LONGEST, _ -> true, null);
  }

  /** The same with another seed. */
  public Simulation withSeed(long newSeed) {
    return new Simulation(newSeed, faults, script, limit, admitted, listener);
  }

  /** What goes wrong, and how often; nothing unless said otherwise. */
  public Simulation faults(Faults newFaults) {
    return new Simulation(seed, newFaults, script, limit, admitted, listener);
  }

  /** Says what the world consists of. Called once for each run, before its time begins. */
  public Simulation world(Consumer<? super World> newScript) {
    return new Simulation(seed, faults, newScript, limit, admitted, listener);
  }

  /** A run that lasts longer in virtual time has failed; a day unless said otherwise. */
  public Simulation limit(Duration newLimit) {
    return new Simulation(seed, faults, script, newLimit, admitted, listener);
  }

  /**
   * Lets through only those faults whose number passes: they are counted from 1 as they strike. A
   * run is the same as without this up to the first that does not pass.
   */
  public Simulation admitting(LongPredicate newAdmitted) {
    return new Simulation(seed, faults, script, limit, newAdmitted, listener);
  }

  /** Has somebody told of everything that happens. */
  Simulation listener(Trace.@Nullable Listener newListener) {
    return new Simulation(seed, faults, script, limit, admitted, newListener);
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
    return new World(seed, faults, limit, admitted, listener).run(script);
  }

  public long seed() {
    return seed;
  }

  public Faults faults() {
    return faults;
  }
}
