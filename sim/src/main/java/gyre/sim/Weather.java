package gyre.sim;

import gyre.sim.engine.Chance;
import gyre.sim.engine.Chaos;
import gyre.sim.engine.Machine;
import gyre.sim.engine.Network;
import gyre.sim.engine.Route;
import gyre.sim.engine.Universe;
import gyre.sim.fault.Fault;
import java.time.Duration;
import java.util.List;

/**
 * Faults that come over hosts and links by themselves, whatever these do: looked for every second
 * of virtual time. It is no event of the world: where nothing else happens any more, it stands
 * still.
 */
final class Weather {
  private static final long STEP_NANOS = 1_000_000_000;
  private static final long SHORTEST_NANOS = 5_000_000;
  private static final long LONGEST_NANOS = 10_000_000_000L;
  private static final long MOST_DRIFT = 500;

  private final World world;
  private final Universe universe;
  private final Chaos chaos;
  private final boolean any;
  private long nextNanos;

  Weather(World world, Universe universe) {
    this.world = world;
    this.universe = universe;
    this.chaos = universe.chaos();
    this.any = has(Fault.CRASH) || has(Fault.CLOCK_STEP) || has(Fault.CLOG) || has(Fault.PARTITION);
    this.nextNanos = any ? STEP_NANOS / 100 : Long.MAX_VALUE;
  }

  private boolean has(Fault kind) {
    return chaos.probability(kind) > 0;
  }

  /** When a host gets its clock. */
  void drift(Machine machine) {
    if (chaos.strikes(Fault.CLOCK_DRIFT, machine, null)) {
      machine.setDrift(chaos.of(Fault.CLOCK_DRIFT).between(-MOST_DRIFT, MOST_DRIFT));
    }
  }

  /** When something may come up next. */
  long nextNanos() {
    return nextNanos;
  }

  void passTo(long nanos, Iterable<Host> hosts) {
    if (nanos < nextNanos) {
      return;
    }
    nextNanos = Math.max(nextNanos + STEP_NANOS, nanos + 1);
    for (Host host : hosts) {
      comeOver(host);
    }
    Network network = universe.network();
    List<Machine> machines = network.machines();
    for (int i = 0; i < machines.size(); i++) {
      for (int j = i + 1; j < machines.size(); j++) {
        comeBetween(
            network.route(machines.get(i), machines.get(j)),
            network.route(machines.get(j), machines.get(i)));
      }
    }
  }

  private void comeOver(Host host) {
    Machine machine = host.machine();
    if (host.isUp() && !host.isReliable() && chaos.strikes(Fault.CRASH, machine, null)) {
      world.crash(host);
      long nanos = duration(Fault.CRASH);
      world.after(Duration.ofNanos(nanos), () -> world.restart(host));
    }
    if (chaos.strikes(Fault.CLOCK_STEP, machine, null)) {
      long hour = Duration.ofHours(1).toNanos();
      machine.step(chaos.of(Fault.CLOCK_STEP).between(-hour, hour));
    }
  }

  private void comeBetween(Route there, Route back) {
    if (chaos.strikes(Fault.PARTITION, there, null)) {
      Chance chance = chaos.of(Fault.PARTITION);
      long nanos = duration(Fault.PARTITION);
      int which = chance.below(3);
      if (which != 1) {
        there.cutFor(nanos);
      }
      if (which != 0) {
        back.cutFor(nanos);
      }
    }
    if (chaos.strikes(Fault.CLOG, there, null)) {
      Route clogged = chaos.of(Fault.CLOG).below(2) == 0 ? there : back;
      clogged.clogFor(duration(Fault.CLOG), duration(Fault.CLOG) / 10);
    }
  }

  private long duration(Fault kind) {
    Chance chance = chaos.of(kind);
    return chance.between(SHORTEST_NANOS, chance.between(SHORTEST_NANOS, LONGEST_NANOS));
  }
}
