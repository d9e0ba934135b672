package gyre;

import gyre.loop.Logging;
import java.lang.System.Logger.Level;

/**
 * Is told, in a fiber of the loop, of failures that no fiber waits for: a handler that threw, say.
 * One after the other, and soon, not at once; {@link Loop#run} returns when it has been told of
 * all. It is not told of a {@link RemoteFailure} that the peer caused.
 */
@FunctionalInterface
public interface FailureListener {
  /**
   * Logs each failure with its stack trace. A loop whose options have this one, which is the
   * default, logs the first failure of each kind so, and tells of its repetitions in one line a
   * minute.
   */
  FailureListener LOGGING = FailureListener::log;

  /** Has a name, which the log shows. */
  private static void log(String source, Throwable failure) {
    Logging.log(Level.ERROR, source + " failed", failure);
  }

  /**
   * Must not throw. May wait, as for a lock or by {@link Fiber#offload}; if more than 1,024
   * failures come meanwhile, the rest is only counted. A listener that waits is cancelled with the
   * loop.
   *
   * @param source names the handle or fiber that the failure belongs to
   */
  void failed(String source, Throwable failure);
}
