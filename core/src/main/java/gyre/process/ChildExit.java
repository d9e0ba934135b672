package gyre.process;

import gyre.engine.Processes;
import java.time.Duration;
import java.util.Optional;

/**
 * What became of a child process.
 *
 * @param code what it has returned, or 128 and the number of the signal that ended it, as shells
 *     say
 * @param signal what ended it, if it was a signal
 * @param userTime of the processor, of it and the children that it has waited for
 * @param systemTime the same, in the kernel
 * @param peakMemoryBytes the most that was in memory at a time
 */
public record ChildExit(
    int code,
    Optional<OsSignal> signal,
    Duration userTime,
    Duration systemTime,
    long peakMemoryBytes) {
  private static final int BY_SIGNAL = 128;

  static ChildExit of(Processes.Exit exit) {
    return new ChildExit(
        exit.signal == 0 ? exit.code : BY_SIGNAL + exit.signal,
        exit.signal == 0 ? Optional.empty() : OsSignal.numbered(exit.signal),
        Duration.ofNanos(exit.userNanos),
        Duration.ofNanos(exit.systemNanos),
        exit.peakMemoryBytes);
  }

  /** It has returned 0. */
  public boolean isSuccess() {
    return code == 0;
  }
}
