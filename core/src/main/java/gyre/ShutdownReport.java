package gyre;

import java.time.Duration;
import java.util.List;

/**
 * How a shutdown went.
 *
 * @param took from its start to its end
 * @param cancelled names of the fibers that drained too slowly and were cancelled
 * @param forced what did not end in its time: handles, and fibers with the place where they stand
 */
public record ShutdownReport(Duration took, List<String> cancelled, List<String> forced) {
  /** Whether everything ended by itself. */
  public boolean isClean() {
    return cancelled.isEmpty() && forced.isEmpty();
  }

  @Override
  public String toString() {
    if (isClean()) {
      return "drained in " + took.toMillis() + " ms";
    }
    return "ended in "
        + took.toMillis()
        + " ms; cancelled: "
        + (cancelled.isEmpty() ? "none" : String.join(", ", cancelled))
        + "; forced: "
        + (forced.isEmpty() ? "none" : String.join(", ", forced));
  }
}
