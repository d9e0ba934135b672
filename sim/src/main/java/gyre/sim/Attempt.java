package gyre.sim;

/**
 * Something that runs a simulation and fails or does not, and can be had again with one that
 * differs a little: with fewer faults, or with somebody who watches. {@link Simulation#run} alone
 * is one, and so is a test around it.
 */
@FunctionalInterface
public interface Attempt {
  /** Must start from the given simulation whatever it runs, and leave nothing behind. */
  void run(Simulation simulation) throws Throwable;
}
