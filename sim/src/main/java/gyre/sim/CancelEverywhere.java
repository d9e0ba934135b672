package gyre.sim;

import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import java.util.function.Consumer;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * Runs a world again and again, and cuts it short at another park of its fibers each time, until
 * there is none left: whatever is awaited is cancelled once while it waits, and once when it has
 * been woken and has not taken yet what it was woken for.
 *
 * <pre>{@code
 * CancelEverywhere.of(world -> {
 *   Tally tally = new Tally();                       // a new one for each run
 *   world.host("a").run(() -> passMessages(tally));
 *   world.afterwards(tally::checkNothingLost);
 * }).check();
 * }</pre>
 *
 * <p>The world is the one of {@link Simulation#world}: what must hold is asserted by its programs
 * and by {@link World#afterwards}. Besides that each run fails if anything waits for good, or if a
 * descriptor, a block or a fiber is left. A program may end by the {@code CancelledException} or
 * the {@code ClosedException} of its cut; {@link #excusing} says what else it may throw. Every
 * assertion counts, also one that is hidden in those.
 *
 * <p>A fiber that works under a token of its own ({@code Cancellation.within}) is cut alone;
 * another one with the scope that it lives in. Up to the cut a run is the same as the one without,
 * so that the cut of a failure comes again: the message says how.
 *
 * <p>Immutable; each method gives a changed copy. For platform threads.
 */
public final class CancelEverywhere {
  /** Does the one cut that a failure has told of, and no other. */
  public static final String PROPERTY = "gyre.sim.cut";

  private static final int MOST_PARKS = 2_000;

  /** These need no fiber that looks, so that one moment is as good as the other. */
  private static final Set<Cut> ONCE = EnumSet.of(Cut.SHUTDOWN, Cut.CRASH);

  private final Simulation simulation;
  private final int seeds;
  private final Set<Cut> cuts;
  private final Set<String> fibers;
  private final Set<String> hosts;
  private final int mostParks;
  private final Predicate<? super Throwable> excused;

  private CancelEverywhere(
      Simulation simulation,
      int seeds,
      Set<Cut> cuts,
      Set<String> fibers,
      Set<String> hosts,
      int mostParks,
      Predicate<? super Throwable> excused) {
    this.simulation = simulation;
    this.seeds = seeds;
    this.cuts = cuts;
    this.fibers = fibers;
    this.hosts = hosts;
    this.mostParks = mostParks;
    this.excused = excused;
  }

  /** Of a world without faults, for one seed. */
  public static CancelEverywhere of(Consumer<? super World> world) {
    return of(Simulation.seed(1).world(world));
  }

  /** Of what a simulation runs. Its seed is the first one. */
  public static CancelEverywhere of(Simulation simulation) {
    return new CancelEverywhere(
        simulation,
        1,
        EnumSet.of(Cut.CANCEL, Cut.DEADLINE),
        Set.of(),
        Set.of(),
        MOST_PARKS,
        _ -> false);
  }

  /** For how many seeds; one unless said otherwise. */
  public CancelEverywhere seeds(int newSeeds) {
    if (newSeeds < 1) {
      throw new IllegalArgumentException(newSeeds + " seeds: at least one");
    }
    return new CancelEverywhere(simulation, newSeeds, cuts, fibers, hosts, mostParks, excused);
  }

  /** What is done at each park; {@link Cut#CANCEL} and {@link Cut#DEADLINE} unless said so. */
  public CancelEverywhere cuts(Cut first, Cut... more) {
    Set<Cut> wanted = EnumSet.of(first, more);
    return new CancelEverywhere(simulation, seeds, wanted, fibers, hosts, mostParks, excused);
  }

  /** Only fibers of these names. */
  public CancelEverywhere fibers(String... names) {
    Set<String> wanted = Set.of(names);
    return new CancelEverywhere(simulation, seeds, cuts, wanted, hosts, mostParks, excused);
  }

  /** Only fibers of these hosts. */
  public CancelEverywhere hosts(String... names) {
    Set<String> wanted = Set.of(names);
    return new CancelEverywhere(simulation, seeds, cuts, fibers, wanted, mostParks, excused);
  }

  /**
   * How many parks of a run are cut, each in a run of its own: of one with more, as many that lie
   * evenly between. 2,000 unless said otherwise.
   */
  public CancelEverywhere mostParks(int most) {
    if (most < 1) {
      throw new IllegalArgumentException(most + " parks: at least one");
    }
    return new CancelEverywhere(simulation, seeds, cuts, fibers, hosts, most, excused);
  }

  /**
   * What else a program that was cut, or whose peer was, may throw; asked for its causes as well.
   */
  public CancelEverywhere excusing(Predicate<? super Throwable> newExcused) {
    return new CancelEverywhere(simulation, seeds, cuts, fibers, hosts, mostParks, newExcused);
  }

  /**
   * Cuts all.
   *
   * @throws SimulationFailure of the first run that fails, with the seed, the number of the park,
   *     what the fiber was doing, and how to have it again
   */
  public CutReport check() {
    String wanted = System.getProperty(PROPERTY);
    if (wanted != null && !wanted.isBlank()) {
      return replay(wanted);
    }
    Tally tally = new Tally();
    for (int i = 0; i < seeds; i++) {
      Simulation seeded = simulation.withSeed(simulation.seed() + i);
      long parks = parksOf(seeded);
      for (Cut cut : cuts) {
        for (CutMoment moment : CutMoment.values()) {
          if (moment == CutMoment.PARKED || !ONCE.contains(cut)) {
            sweep(seeded, parks, cut, moment, tally);
          }
        }
      }
    }
    return tally.report();
  }

  /**
   * Does one cut, as a failure names it.
   *
   * @param cut {@code SEED:PARK:CUT:MOMENT}
   */
  public CutReport replay(String cut) {
    ParkCut wanted = ParkCut.parse(cut);
    Tally tally = new Tally();
    cut(simulation.withSeed(wanted.seed()), wanted, 0, tally);
    return tally.report();
  }

  private static final class Tally {
    long parks;
    long runs;
    long struck;
    final List<String> places = new ArrayList<>();

    void add(ParkCuts of) {
      runs++;
      if (of.wasCaused()) {
        struck++;
        String place = of.place();
        if (!places.contains(place)) {
          places.add(place);
        }
      }
    }

    CutReport report() {
      return new CutReport(runs, parks, struck, List.copyOf(places));
    }
  }

  /** Runs it twice as it is, which must pass. */
  private long parksOf(Simulation seeded) {
    ParkCuts counting = cuts(null);
    Outcome ignored = seeded.vary(seeded.variation().cut(counting)).check();
    return counting.parks();
  }

  private ParkCuts cuts(@Nullable ParkCut wanted) {
    return new ParkCuts(wanted, fibers, hosts, excused);
  }

  private void sweep(Simulation seeded, long parks, Cut cut, CutMoment moment, Tally tally) {
    long runs = Math.min(parks, mostParks);
    tally.parks += runs;
    for (long i = 0; i < runs; i++) {
      long park = 1 + i * parks / runs;
      cut(seeded, new ParkCut(seeded.seed(), park, cut, moment), parks, tally);
    }
  }

  private void cut(Simulation seeded, ParkCut wanted, long parks, Tally tally) {
    ParkCuts cutting = cuts(wanted);
    try {
      Outcome ignored = seeded.vary(seeded.variation().cut(cutting)).run();
    } catch (SimulationFailure failure) {
      throw told(failure, wanted, cutting, parks);
    }
    if (parks > 0 && cutting.parks() < wanted.park()) {
      throw new SimulationFailure(
          SimulationFailure.Kind.NOT_DETERMINISTIC,
          wanted.seed(),
          "seed "
              + wanted.seed()
              + ": not deterministic: "
              + parks
              + " parks in one run, and "
              + cutting.parks()
              + " in another up to park "
              + wanted.park(),
          null);
    }
    tally.add(cutting);
  }

  private static SimulationFailure told(
      SimulationFailure failure, ParkCut wanted, ParkCuts cutting, long parks) {
    String message =
        "seed "
            + wanted.seed()
            + ", park "
            + wanted.park()
            + (parks == 0 ? "" : " of " + parks)
            + " ("
            + cutting.where()
            + "), "
            + wanted.cut()
            + " when "
            + wanted.moment()
            + ": "
            + failure.getMessage()
            + "\n  to have it again: -D"
            + PROPERTY
            + "="
            + wanted
            + ", or replay(\""
            + wanted
            + "\")";
    return new SimulationFailure(failure.kind(), wanted.seed(), message, failure);
  }
}
