package gyre.sim.junit;

import gyre.sim.Attempt;
import gyre.sim.Investigation;
import gyre.sim.Shrunk;
import gyre.sim.Simulation;
import gyre.sim.SimulationFailure;
import java.nio.file.Path;

/** What a failed seed tells its user, the most useful first. */
final class FailureText {
  private final StringBuilder text = new StringBuilder(4096);
  private final Simulation simulation;
  private final String test;

  FailureText(
      String test,
      Simulation simulation,
      Throwable failure,
      long passed,
      Settings settings,
      Attempt attempt) {
    this.test = test;
    this.simulation = simulation;
    headline(failure, passed);
    text.append("\n\nreplay:  ").append(replay(""));
    if (isNotDeterministic(failure)) {
      return;
    }
    Investigation again = Investigation.of(simulation, attempt);
    if (!again.hasFailedLike(failure)) {
      text.append("\n\nthe same seed did not fail in this way again: ")
          .append(again.failure().map(Throwable::toString).orElse("it passed"))
          .append("; what it depends on besides, @SimulationTest(check = true) finds out");
      return;
    }
    Investigation told = settings.isReplay() ? again : shrink(again, attempt);
    settings.traceFile().ifPresent(file -> write(told, file));
    text.append("\n\nwhat happened last");
    if (settings.traceFile().isEmpty()) {
      text.append(" (all of it: -Dgyre.sim.trace=FILE)");
    }
    text.append(":\n");
    told.tail(Investigation.LINES).forEach(line -> text.append(line).append('\n'));
  }

  private void headline(Throwable failure, long passed) {
    String message = String.valueOf(failure.getMessage());
    String prefix = "seed " + simulation.seed();
    text.append(message.startsWith(prefix) ? message : prefix + ": " + failure);
    if (passed > 0) {
      text.append("\n(").append(passed).append(passed == 1 ? " seed" : " seeds");
      text.append(" before it passed)");
    }
  }

  private static boolean isNotDeterministic(Throwable failure) {
    return failure instanceof SimulationFailure simulated
        && simulated.kind() == SimulationFailure.Kind.NOT_DETERMINISTIC;
  }

  /** The line to paste. */
  private String replay(String more) {
    return "-Dtest="
        + test
        + " -Dgyre.sim.seed="
        + simulation.seed()
        + (more.isEmpty() ? "" : " " + more);
  }

  private Investigation shrink(Investigation again, Attempt attempt) {
    Shrunk shrunk = again.shrink(Investigation.RUNS);
    text.append("\n\n").append(shrunk);
    if (shrunk.faults().size() < shrunk.faultsBefore()) {
      text.append("\nwith just that:  ").append(replay(shrunk.properties()));
      text.append("\n            or:  simulation").append(shrunk.calls());
    }
    return Investigation.of(shrunk.simulation(), attempt);
  }

  private void write(Investigation told, Path file) {
    told.writeTrace(file);
    text.append("\n\ntrace: ").append(file.toAbsolutePath());
  }

  @Override
  public String toString() {
    return text.toString();
  }
}
