package gyre.terminal;

/** Takes the events of a terminal in push style. */
@FunctionalInterface
public interface TerminalHandler {
  /** Runs in a fiber, and should not park for long. What it throws closes the terminal. */
  void onEvent(TerminalEvent event) throws Exception;
}
