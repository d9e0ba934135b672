/**
 * A kernel that is played below the real engines: the same system calls, on the same memory and the
 * same structures, with sockets, pipes and files of a simulated world behind them.
 */
@NullMarked
package gyre.sim.kernel;

import org.jspecify.annotations.NullMarked;
