package gyre.lab.race;

import gyre.lab.result.Entry.Status;
import java.util.ArrayList;
import java.util.List;

/**
 * The machine as the race uses it: one core for the server, another one for the generator.
 *
 * @param pins false where the cores are shared, by force
 * @param descriptors how many a process may open
 */
public record Bench(List<String> generator, boolean pins, long descriptors, Tools tools) {
  /** The cores that this process may use; a container may have been given others than the first. */
  private static final int[] CORES = ProcessFiles.allowedCores();

  public int serverCore() {
    return CORES[0];
  }

  public int generatorCore() {
    return CORES[Math.min(1, CORES.length - 1)];
  }

  List<String> onServerCore(List<String> command) {
    return on(serverCore(), command);
  }

  List<String> onGeneratorCore(List<String> command) {
    return on(generatorCore(), command);
  }

  /** All threads of a process that was not started there. */
  void keepOnServerCore(long pid) throws PeerFailure {
    keep(pid, Integer.toString(serverCore()));
  }

  /** All threads of a process that has a core, while nothing is measured: compilers are quicker. */
  void letOnBothCores(long pid) throws PeerFailure {
    keep(pid, serverCore() + "," + generatorCore());
  }

  private void keep(long pid, String cores) throws PeerFailure {
    List<String> command = List.of("taskset", "-a", "-c", "-p", cores, Long.toString(pid));
    if (pins
        && !Child.succeeds(command)
        && !Child.succeeds(command)) { // a thread may just have ended
      throw new PeerFailure(Status.FAILED, "cannot be kept on a core: " + command);
    }
  }

  private List<String> on(int core, List<String> command) {
    if (!pins) {
      return command;
    }
    List<String> pinned = new ArrayList<>(List.of("taskset", "-c", Integer.toString(core)));
    pinned.addAll(command);
    return pinned;
  }
}
