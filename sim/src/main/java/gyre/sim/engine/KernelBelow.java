package gyre.sim.engine;

/** The kernel that is played below a real engine: see {@link SimEngine#playKernel}. */
public interface KernelBelow {
  /**
   * Something has happened to a socket: bytes, room, a connection, its end.
   *
   * @param events of {@link gyre.engine.Poll} that it may concern: who waits for others sleeps on
   */
  void readied(SimSocket socket, int events);

  /** Whether the engine's thread would run: it does not wait in the kernel, or not any more. */
  boolean needsTurn();

  /** Until when it waits at most, in the time of the world; of meaning only while it waits. */
  long waitsUntilNanos();

  /** Its thread has something to do that its kernel knows nothing of. */
  void runs();

  /** The process is gone. */
  void vanish();
}
