package gyre.sim.scenario;

import gyre.sim.WorldEngine;
import java.util.List;

/** All that are built in. A new one is a class in this package and a line in the list below. */
public final class Scenarios {
  private static final List<Scenario> ALL =
      List.of(
          new Echo(),
          new HalfClose(),
          new Pipes(),
          new Timeouts(),
          new Stopping(),
          new Groups(),
          new Churn(),
          new Crashes(),
          new ConnectFailures(),
          new Backpressure(),
          new Overload(),
          new Fairness(),
          new Scopes(),
          new Locks(),
          new Timers(),
          new Posts(),
          new Wakes(),
          new Channels(),
          new Replies(),
          new Datagrams(),
          new Bursts(),
          new FanOut(),
          new ShortLived(),
          new Offloads(),
          new DurableFiles(),
          new Drills(),
          new Children(),
          new Terminals());

  private Scenarios() {}

  /** On the simulation's own engine. */
  public static List<Scenario> all() {
    return ALL;
  }

  /**
   * The same with loops that have a certain engine; their names begin with its name and a slash
   * where it is not the simulation's own.
   */
  public static List<Scenario> on(WorldEngine engine) {
    return engine == WorldEngine.SIM
        ? ALL
        : ALL.stream().<Scenario>map(scenario -> new OnEngine(scenario, engine)).toList();
  }
}
