package gyre.sim;

/** How a fiber is cut short while it is parked. */
public enum Cut {
  /**
   * It is cancelled by somebody outside, with all that it is doing: alone if it works under a token
   * of its own, as that of {@code Cancellation.within}, and else with the scope that it lives in.
   */
  CANCEL,
  /** The innermost limit of time that it works under is over: of a shield too. */
  DEADLINE,
  /** The scope that it lives in is cancelled. */
  END_SCOPE,
  /** The handle that it is parked in is closed by somebody else; nothing if it is in none. */
  CLOSE_HANDLE,
  /** Its loop is shut down, in order. */
  SHUTDOWN,
  /** Its host crashes, and restarts. */
  CRASH
}
