package gyre.sim.scenario;

import gyre.sim.Simulation;
import gyre.sim.WorldEngine;

/** A scenario whose loops have another engine than the simulation's own. */
record OnEngine(Scenario scenario, WorldEngine engine) implements Scenario {
  @Override
  public String name() {
    return engine.label() + "/" + scenario.name();
  }

  @Override
  public String description() {
    return scenario.description();
  }

  @Override
  public Simulation simulation(long seed) {
    return scenario.simulation(seed).engine(engine);
  }
}
