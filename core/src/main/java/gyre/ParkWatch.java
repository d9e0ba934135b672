package gyre;

/**
 * Is told of each park of each fiber of a loop, by the fiber itself. The environment of a simulated
 * engine implements it, to have a fiber cancelled, or its time be over, at any of them. Other loops
 * have none, and ask for none.
 *
 * <p>No part of the API.
 */
public interface ParkWatch {
  /** The calling fiber is about to park. */
  void parking(Fiber<?> caller);

  /** The calling fiber goes on, and has not looked yet whether it is cancelled. */
  void resumed(Fiber<?> caller);
}
