package gyre;

/**
 * Looks after the loops of a process from outside of them: the watchdog of {@code gyre.insight}
 * implements it, and is found where that is on the path. Loops that are simulated, or that were
 * opened with {@link LoopOptions#insight insight(false)}, are not watched.
 *
 * <p>No part of the API.
 */
public interface LoopWatch {
  /** A loop was opened, by the calling thread. Must not throw. */
  void opened(Loop loop);

  /** A loop has ended, on the calling thread. Nothing may be asked of it when this returns. */
  void closed(Loop loop);
}
