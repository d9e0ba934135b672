package gyre.engine;

import gyre.sim.engine.SimEngine;
import gyre.sim.fault.Faults;
import gyre.sim.kernel.KernelEngine;
import gyre.sim.kernel.KernelVersion;

/** The real engines, each above a kernel that the simulation plays. */
abstract class KernelConformance extends SimConformance {
  private final String name;

  KernelConformance(String name) {
    super(1, Faults.none());
    this.name = name;
  }

  @Override
  protected Engine openEngine(EngineOptions options) {
    SimEngine process = (SimEngine) super.openEngine(options);
    return KernelEngine.openLarge(name, KernelVersion.NEWEST, process, options);
  }
}
