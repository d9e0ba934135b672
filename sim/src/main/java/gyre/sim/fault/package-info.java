/** The kinds of faults, and how often a world has them. Used by everything else in this module. */
@NullMarked
package gyre.sim.fault;

import org.jspecify.annotations.NullMarked;
