package gyre.sim.scenario;

import gyre.sim.Simulation;

/** A world with its programs and the model that judges them, for any seed. */
public interface Scenario {
  /** What it is called on a command line: lower case, words joined by hyphens. */
  String name();

  /** One line: what is done in it, and what must hold. */
  String description();

  /**
   * The world of one seed, faults and limit of virtual time included. Called from several threads
   * at the same time, and maybe more than once for the same seed: all state belongs to the script
   * that {@link Simulation#world} is given.
   */
  Simulation simulation(long seed);
}
