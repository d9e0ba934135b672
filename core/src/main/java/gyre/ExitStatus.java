package gyre;

import java.util.List;
import java.util.stream.Collectors;

/**
 * How a program has ended that ran until its shutdown.
 *
 * @param code for {@link System#exit}: 0 if everything ended by itself, 1 if something had to be
 *     cancelled or forced, 128 and the number of the signal (130 for INT, 143 for TERM) if a second
 *     one cut it short
 * @param signal the one that began the end, without {@code SIG}; empty if it was none
 * @param reports of each loop that was shut down
 */
public record ExitStatus(int code, String signal, List<ShutdownReport> reports) {
  public ExitStatus {
    reports = List.copyOf(reports);
  }

  /**
   * As it is where the program's body has ended with a code. That counts unless something else had
   * to be said: by a signal that cut it short, or by what had to be forced.
   */
  ExitStatus withBody(int bodyCode) {
    boolean isForced = reports.stream().anyMatch(report -> !report.forced().isEmpty());
    boolean isBodys = signal.isEmpty() ? !isForced || bodyCode != 0 : code == 0;
    return isBodys ? new ExitStatus(bodyCode, signal, reports) : this;
  }

  @Override
  public String toString() {
    String how = reports.stream().map(Object::toString).collect(Collectors.joining("; "));
    return (signal.isEmpty() ? "" : signal + ": ")
        + (how.isEmpty() ? "everything has ended" : how)
        + (code == 0 ? "" : ", exit code " + code);
  }
}
