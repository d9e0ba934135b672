package gyre.engine;

import gyre.sim.engine.Machine;
import gyre.sim.engine.SimEngine;
import gyre.sim.engine.Universe;
import gyre.sim.fault.Faults;
import java.util.EnumSet;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** All engines of one test live on one machine of one world. */
abstract class SimConformance extends EngineConformance {
  private final Universe universe;
  private @Nullable Machine machine;

  SimConformance(long seed, Faults faults) {
    universe = new Universe(seed, faults, null, _ -> true);
    universe.setAutonomous();
    universe.allowWakesFromOutside();
  }

  @Override
  protected Set<Capability> missing() {
    return EnumSet.of(Capability.KERNEL_DESCRIPTORS, Capability.OUTSIDE_PEERS);
  }

  @Override
  protected String makeDirectory() {
    return "/tmp";
  }

  @Override
  protected Engine openEngine(EngineOptions options) {
    Machine present = machine;
    if (present == null) {
      present = universe.network().addMachine("host");
      machine = present;
    }
    return SimEngine.open(universe, present, "loop", options);
  }
}
