package gyre.sim.engine;

/** Who an event of the trace is about. */
public interface Subject {
  /** The same in every run of a seed. */
  int number();

  String label();
}
