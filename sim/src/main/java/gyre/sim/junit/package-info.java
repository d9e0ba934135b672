/**
 * Simulations as tests of JUnit: {@link gyre.sim.junit.SimulationTest}. Needs {@code
 * junit-jupiter-api} on the path, which nothing else of this module does.
 */
@NullMarked
package gyre.sim.junit;

import org.jspecify.annotations.NullMarked;
