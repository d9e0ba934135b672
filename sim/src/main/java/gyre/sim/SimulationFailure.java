package gyre.sim;

import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** A run has failed. The message says why and how to have it again. */
public final class SimulationFailure extends AssertionError {
  private static final long serialVersionUID = 1;

  /** Numbers, durations, and what an object without a name is called. */
  private static final Pattern NUMBERS =
      Pattern.compile("\\bPT[0-9.HMS-]+|@[0-9a-f]+|0x[0-9A-Fa-f]+|[0-9]+(\\.[0-9]+)?");

  private static final Pattern LISTS = Pattern.compile("#(\\W{1,3}#)+");

  private final long seed;

  /** What kind of failure it was: the same for runs that failed in the same way. */
  private final Kind kind;

  /** How a run fails. */
  public enum Kind {
    /** The main of a host threw something. */
    PROGRAM,
    /** Nothing can happen any more, and somebody waits. */
    DEADLOCK,
    /** It went over its limit of virtual time or of events. */
    TIMEOUT,
    /** A loop has closed its engine and not given back all that it had. */
    LEAK,
    /** Something reached in from outside. */
    NOT_DETERMINISTIC,
    /** The program misused the loop or the loop the engine. */
    BROKEN,
    /** Whoever waited for the run would wait no more, which says nothing of the program. */
    STOPPED
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

  /** What several failures have in common that are the same but for their numbers. */
  static String shape(Throwable failure) {
    if (failure instanceof SimulationFailure simulated) {
      Throwable cause = simulated.getCause();
      return simulated.kind
          + " "
          + (cause == null ? shapeOf(simulated.getMessage()) : shape(cause));
    }
    return failure.getClass().getName() + " " + shapeOf(failure.getMessage());
  }

  private static String shapeOf(@Nullable String message) {
    String text = message == null ? "" : message;
    String withoutNumbers = NUMBERS.matcher(text.lines().findFirst().orElse("")).replaceAll("#");
    return LISTS.matcher(withoutNumbers).replaceAll("#");
  }
}
