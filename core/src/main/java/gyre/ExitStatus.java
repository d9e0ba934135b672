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

  @Override
  public String toString() {
    String how = reports.stream().map(Object::toString).collect(Collectors.joining("; "));
    return (signal.isEmpty() ? "" : signal + ": ")
        + (how.isEmpty() ? "everything has ended" : how)
        + (code == 0 ? "" : ", exit code " + code);
  }
}
