package gyre.insight;

import java.util.HashMap;
import java.util.Map;
import java.util.OptionalLong;
import org.jspecify.annotations.Nullable;

/**
 * What the machine knows of a process, beside what its loops tell.
 *
 * @param listening what the kernel does to its listeners
 * @param threads of its loops, by the kernel's numbers
 */
@SuppressWarnings("exports") // what the kernel does to listeners is for the verdicts alone
public record Facts(
    long takenNanos,
    OptionalLong openDescriptors,
    OptionalLong descriptorLimit,
    OptionalLong residentBytes,
    long stolenNanos,
    long throttledNanos,
    Listening listening,
    Map<Long, Machine.ThreadTimes> threads) {
  public Facts {
    threads = Map.copyOf(threads);
  }

  /** Those of now. */
  public static Facts of(Machine machine, ProcessSnapshot process) {
    return of(machine, process, null);
  }

  /** Those of now, where others were seen before: some are looked for only if they have changed. */
  static Facts of(Machine machine, ProcessSnapshot process, @Nullable Facts before) {
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
        Listening.of(
            machine, process.pid(), before == null ? Listening.UNKNOWN : before.listening()),
        threads);
  }
}
