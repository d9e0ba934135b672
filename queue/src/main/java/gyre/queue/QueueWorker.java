package gyre.queue;

/** What executes entries, wherever the queue is. Made by {@link Backend#worker}. */
public interface QueueWorker {
  /** Works until it is asked to end. Called in a fiber, which it parks. */
  void run();

  /** Finishes what waits, up to the limits of the configuration, and ends. Any thread. */
  void drain();

  /** Ends after the step under way. Any thread. */
  void stop();

  /** Reads the configuration again. If it is wrong, that is logged, and the old one stays. */
  void reload();
}
