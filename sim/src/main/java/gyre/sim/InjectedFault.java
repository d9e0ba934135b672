package gyre.sim;

import gyre.sim.fault.Fault;

/**
 * A fault that struck and was let through.
 *
 * @param number counted from 1 as they strike
 * @param nanos virtual time since the world began
 * @param where the loop, host or route that it struck
 * @param what the operation or socket that it struck, if there is one
 */
public record InjectedFault(long number, Fault kind, long nanos, String where, String what) {
  @Override
  public String toString() {
    return "#%-4d %11.6f s  %-12s %s%s"
        .formatted(number, nanos / 1e9, kind, where, what.isEmpty() ? "" : ": " + what);
  }
}
