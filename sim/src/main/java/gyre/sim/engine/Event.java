package gyre.sim.engine;

/**
 * Something that happens at a time. Belongs to what it happens to, is scheduled once at most, and
 * may be scheduled again when it has fired.
 */
abstract class Event {
  long atNanos;
  long tie;

  /** Place in the queue, or -1. */
  int index = -1;

  abstract void fire();

  final boolean isScheduled() {
    return index >= 0;
  }
}
