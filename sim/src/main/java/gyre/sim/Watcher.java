package gyre.sim;

import gyre.sim.engine.Trace;

/** Is told of what happens in a world, and of its end. */
interface Watcher extends Trace.Listener {
  /** The run is over, one way or the other. */
  void ended(long hash, long events, long nanos);
}
