/** The simulation: a world in which programs for Gyre run deterministically. */
module gyre.sim {
  requires static transitive org.jspecify;
  requires transitive gyre.core;

  exports gyre.sim;
  exports gyre.sim.fault;
  exports gyre.sim.scenario;
}
