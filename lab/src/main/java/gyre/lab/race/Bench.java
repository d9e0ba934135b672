package gyre.lab.race;

import gyre.lab.result.Entry.Status;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.stream.IntStream;

/**
 * The machine as the race uses it: one core for the server, another one for the generator.
 *
 * @param pins false where the cores are shared, by force
 * @param descriptors how many a process may open
 */
public record Bench(List<String> generator, boolean pins, long descriptors, Tools tools) {
  /** Of those that this process may use: a container may have been given others than the first. */
  private static final int[] CORES = apart(ProcessFiles.allowedCores(), ProcessFiles::isSameCore);

  private static final Duration LOOKING = Duration.ofMillis(500);

  /** Some housekeeping is always going on, of this program too. */
  private static final double BUSY = 0.3;

  public int serverCore() {
    return CORES[0];
  }

  public int generatorCore() {
    return CORES[Math.min(1, CORES.length - 1)];
  }

  /**
   * The first two that are no threads of the same core, for those take each other's speed away; if
   * there are none, the first two.
   */
  static int[] apart(int[] allowed, IntBinaryPredicate isSameCore) {
    for (int second : allowed) {
      if (!isSameCore.test(allowed[0], second)) {
        return new int[] {allowed[0], second};
      }
    }
    return Arrays.copyOf(allowed, Math.min(2, allowed.length));
  }

  /** Tells of two processors. */
  interface IntBinaryPredicate {
    boolean test(int one, int other);
  }

  /** Whether there is one core of two threads only: the figures are of half a core. */
  public boolean sharesCore() {
    return ProcessFiles.isSameCore(serverCore(), generatorCore());
  }

  /** What others do on these cores before anything begins; whoever does that goes on with it. */
  public Optional<String> busyWith() {
    List<String> busy = new ArrayList<>();
    List<CpuTimes> before = coreTimes();
    try {
      Thread.sleep(LOOKING);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    List<CpuTimes> after = coreTimes();
    for (int i = 0; i < CORES.length; i++) {
      CpuTimes meanwhile = after.get(i).since(before.get(i));
      double share = 1 - meanwhile.share(meanwhile.idle() + meanwhile.stolen());
      if (share > BUSY) {
        busy.add("core %d is busy for %.0f %% of the time".formatted(CORES[i], share * 100));
      }
    }
    return busy.isEmpty() ? Optional.empty() : Optional.of(String.join(", ", busy));
  }

  private static List<CpuTimes> coreTimes() {
    return IntStream.of(CORES).mapToObj(CpuTimes::now).toList();
  }

  /** For programs that place their threads themselves, one on each. */
  List<String> onBothCores(List<String> command) {
    return on(both(), command);
  }

  private String both() {
    return serverCore() + "," + generatorCore();
  }

  List<String> onServerCore(List<String> command) {
    return on(Integer.toString(serverCore()), command);
  }

  List<String> onGeneratorCore(List<String> command) {
    return on(Integer.toString(generatorCore()), command);
  }

  /** All threads of a process that was not started there. */
  void keepOnServerCore(long pid) throws PeerFailure {
    keep(pid, Integer.toString(serverCore()));
  }

  /** All threads of a process that has a core, while nothing is measured: compilers are quicker. */
  void letOnBothCores(long pid) throws PeerFailure {
    keep(pid, both());
  }

  private void keep(long pid, String cores) throws PeerFailure {
    List<String> command = List.of("taskset", "-a", "-c", "-p", cores, Long.toString(pid));
    if (!pins) {
      return;
    }
    boolean isKept = Child.succeeds(command);
    // Again for a thread that has just ended, or was started by one that was not kept there yet.
    isKept |= Child.succeeds(command);
    if (!isKept) {
      throw new PeerFailure(Status.FAILED, "cannot be kept on a core: " + command);
    }
  }

  private List<String> on(String cores, List<String> command) {
    if (!pins) {
      return command;
    }
    List<String> pinned = new ArrayList<>(List.of("taskset", "-c", cores));
    pinned.addAll(command);
    return pinned;
  }
}
