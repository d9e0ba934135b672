package gyre.sim.hunt;

/** A run in which one turn of a loop does not end. Nobody can stop it, and nobody has it again. */
final class StuckRun extends AssertionError {
  private static final long serialVersionUID = 1;

  /** With the stack of the thread that it runs on. */
  StuckRun(Thread thread) {
    super("a turn of a loop does not end");
    setStackTrace(thread.getStackTrace());
  }
}
