package gyre.sim;

import org.jspecify.annotations.Nullable;

/** A run has failed. The message says why and how to have it again. */
public final class SimulationFailure extends AssertionError {
  private static final long serialVersionUID = 1;

  private final long seed;

  /** What kind of failure it was: the same for runs that failed in the same way. */
  private final Kind kind;

  /** How a run fails. */
  public enum Kind {
    /** The main of a host threw something. */
    PROGRAM,
    /** Nothing can happen any more, and somebody waits. */
    DEADLOCK,
    /** It lasted longer than its limit of virtual time. */
    TIMEOUT,
    /** A loop has closed its engine and not given back all that it had. */
    LEAK,
    /** Something reached in from outside. */
    NOT_DETERMINISTIC,
    /** The program misused the loop or the loop the engine. */
    BROKEN
  }

  SimulationFailure(Kind kind, long seed, String message, @Nullable Throwable cause) {
    super(message, cause);
    this.seed = seed;
    this.kind = kind;
  }

  public long seed() {
    return seed;
  }

  public Kind kind() {
    return kind;
  }
}
