package gyre.process;

/** Takes signals in push style. */
@FunctionalInterface
public interface SignalHandler {
  /**
   * Runs in a fiber of the loop. What it throws is reported, and the next signal is told of all the
   * same.
   */
  void onSignal(SignalEvent event) throws Exception;
}
