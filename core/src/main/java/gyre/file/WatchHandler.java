package gyre.file;

/** Takes events of a {@link Watcher} in push style. */
@FunctionalInterface
public interface WatchHandler {
  /**
   * Runs in a fiber of the loop, one event after the other. What it throws is reported, and closes
   * the watcher.
   */
  void onEvent(WatchEvent event) throws Exception;
}
