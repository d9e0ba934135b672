package gyre.insight;

import java.util.HashMap;
import java.util.Map;
import java.util.OptionalLong;

/**
 * What the machine knows of a process, beside what its loops tell.
 *
 * @param threads of its loops, by the kernel's numbers
 */
public record Facts(
    long takenNanos,
    OptionalLong openDescriptors,
    OptionalLong descriptorLimit,
    OptionalLong residentBytes,
    long stolenNanos,
    long throttledNanos,
    Map<Long, Machine.ThreadTimes> threads) {
  public Facts {
    threads = Map.copyOf(threads);
  }

  /** Those of now. */
  public static Facts of(Machine machine, ProcessSnapshot process) {
    Map<Long, Machine.ThreadTimes> threads = new HashMap<>();
    for (LoopSnapshot loop : process.loops()) {
      machine
          .thread(process.pid(), loop.kernelThread())
          .ifPresent(times -> threads.put(loop.kernelThread(), times));
    }
    return new Facts(
        System.nanoTime(),
        machine.openDescriptors(process.pid()),
        machine.descriptorLimit(process.pid()),
        machine.residentBytes(process.pid()),
        machine.stolenNanos(),
        machine.throttledNanos(process.pid()),
        threads);
  }
}
