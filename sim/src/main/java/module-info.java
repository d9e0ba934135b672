/** The simulation: a world in which programs for Gyre run deterministically. */
module gyre.sim {
  requires static transitive org.jspecify;
  requires transitive gyre.core;
  requires static org.junit.jupiter.api;

  exports gyre.sim;
  exports gyre.sim.fault;
  exports gyre.sim.hunt;
  exports gyre.sim.junit;
  exports gyre.sim.real;
  exports gyre.sim.scenario;
}
