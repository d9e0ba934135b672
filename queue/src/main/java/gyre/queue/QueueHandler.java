package gyre.queue;

import org.jspecify.annotations.Nullable;

/**
 * Executes entries in Java. Found by {@link java.util.ServiceLoader}, or named in the configuration
 * or by {@code --handler}; it has a constructor without parameters.
 *
 * <p>It is called on helper threads, several at a time up to the concurrency of its kind, and may
 * block. It is at least once: if the worker ends before it has written down that it was done, it is
 * done again.
 */
public interface QueueHandler {
  /** The operation that it executes. */
  String operation();

  /**
   * Executes one. Whatever it throws is a failed attempt, which is made again according to the
   * retry policy.
   *
   * @return what comes of it, as JSON has it: for whoever awaits it
   */
  @Nullable Object handle(QueueTask task) throws Exception;
}
