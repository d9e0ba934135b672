/**
 * Programs that are always worth a run in the world, each with the model that judges it. {@link
 * gyre.sim.scenario.Scenarios} lists them; {@code gyre sim} and the tests run them.
 */
@NullMarked
package gyre.sim.scenario;

import org.jspecify.annotations.NullMarked;
