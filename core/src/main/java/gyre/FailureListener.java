package gyre;

import java.lang.System.Logger.Level;

/** Is told, on the loop, of failures that no fiber waits for: a handler that threw, say. */
@FunctionalInterface
public interface FailureListener {
  FailureListener LOGGING = FailureListener::log;

  /** Has a name, which the log shows. */
  private static void log(String source, Throwable failure) {
    System.getLogger("gyre").log(Level.ERROR, source + " failed", failure);
  }

  /**
   * Must not throw and must not wait.
   *
   * @param source names the handle or fiber that the failure belongs to
   */
  void failed(String source, Throwable failure);
}
