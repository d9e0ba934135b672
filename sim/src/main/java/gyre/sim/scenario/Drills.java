package gyre.sim.scenario;

import gyre.sim.Cut;
import gyre.sim.CutMoment;
import gyre.sim.Simulation;
import java.util.List;
import java.util.stream.Stream;

/**
 * One of the small programs of {@link #all}, cut short at a park that the seed decides. A test runs
 * each with all cuts; this one finds what wants several programs, sizes or orders of events.
 */
public final class Drills implements Scenario {
  private static final List<Drill> ALL =
      Stream.of(
              WaitDrills.all(),
              NetDrills.all(),
              FileDrills.all(),
              SyncDrills.all(),
              ToolDrills.all(),
              ClientDrills.all())
          .flatMap(List::stream)
          .toList();

  private static final int MOST_PARKS = 120;

  Drills() {}

  /** All that are built in. */
  public static List<Drill> all() {
    return ALL;
  }

  @Override
  public String name() {
    return "cuts";
  }

  @Override
  public String description() {
    return "small programs that are cancelled at any of their parks: nothing lost, nobody stuck";
  }

  @Override
  public Simulation simulation(long seed) {
    Plan plan = Plan.of(seed, name());
    Drill drill = ALL.get(plan.between(0, ALL.size() - 1));
    Cut cut = plan.oneOf(Cut.CANCEL, Cut.CANCEL, Cut.DEADLINE, Cut.SHUTDOWN, Cut.END_SCOPE);
    CutMoment moment = plan.oneOf(CutMoment.values());
    return Simulation.seed(seed)
        .world(drill::build)
        .cutting(plan.magnitude(MOST_PARKS), cut, moment);
  }
}
