/**
 * Runs programs for Gyre in a world of virtual time, a simulated network and seeded faults.
 *
 * <p>Start at {@link gyre.sim.Simulation}. What users say lives here: {@link gyre.sim.World}, its
 * hosts and links, and what came out of a run. How the world works inside is in {@code
 * gyre.sim.engine}, which is not exported.
 */
@NullMarked
package gyre.sim;

import org.jspecify.annotations.NullMarked;
