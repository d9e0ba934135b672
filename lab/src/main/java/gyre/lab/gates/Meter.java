package gyre.lab.gates;

/** Measures a server for a gate. */
interface Meter {
  Measured measure(Gate gate);

  /** Has the server run in, so that it is not judged by its first seconds. */
  default void warmUp() {}
}
