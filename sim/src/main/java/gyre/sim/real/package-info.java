/**
 * Random programs on the real kernel, with tiny rings and pools: what {@code gyre sim --real} runs.
 */
@NullMarked
package gyre.sim.real;

import org.jspecify.annotations.NullMarked;
