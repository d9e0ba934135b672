package gyre.queue;

import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Optional;
import java.util.function.LongPredicate;

/** Asks processes of workers on this machine to drain and end, by a TERM to each. */
final class DrainRequests {
  private DrainRequests() {}

  /**
   * Asks all of them, whatever becomes of one.
   *
   * @return a line for each
   * @throws QueueException if some could not be asked; it names the others too
   */
  static List<String> ask(Collection<Long> pids) {
    return ask(pids, DrainRequests::terminate);
  }

  /**
   * @param terminate whether the process was asked, or has ended
   */
  static List<String> ask(Collection<Long> pids, LongPredicate terminate) {
    List<String> asked = new ArrayList<>();
    List<String> refused = new ArrayList<>();
    for (long each : pids) {
      if (terminate.test(each)) {
        asked.add("worker " + each + " was asked to drain and end");
      } else {
        refused.add(String.valueOf(each));
      }
    }
    if (!refused.isEmpty()) {
      String others = asked.isEmpty() ? "" : "; " + String.join("; ", asked);
      throw new QueueException(
          "drain worker "
              + String.join(", ", refused)
              + ": the signal could not be sent: be the user that it runs as, in another"
              + " process"
              + others);
    }
    return asked;
  }

  private static boolean terminate(long pid) {
    Optional<ProcessHandle> process = ProcessHandle.of(pid);
    try {
      return process.isEmpty() || process.get().destroy() || !process.get().isAlive();
    } catch (IllegalStateException e) {
      return false; // it is this process, which ends by other means
    }
  }
}
