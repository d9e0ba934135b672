/**
 * Runs scenarios with many seeds on all cores, and replays single ones: what {@code gyre sim} does.
 */
@NullMarked
package gyre.sim.hunt;

import org.jspecify.annotations.NullMarked;
