package gyre.sim.hunt;

import gyre.sim.scenario.Scenario;

/**
 * A seed that failed.
 *
 * @param number of the run, counted from 0 over all scenarios
 */
public record Catch(long number, Scenario scenario, long seed, Throwable failure) {}
