package gyre.engine;

import gyre.sim.fault.Faults;

/** The simulated engine keeps what every engine promises. */
class SimConformanceTest extends SimConformance {
  SimConformanceTest() {
    super(1, Faults.none());
  }
}
