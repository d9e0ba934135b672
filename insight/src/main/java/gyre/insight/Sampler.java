package gyre.insight;

import java.lang.management.GarbageCollectorMXBean;
import java.lang.management.ManagementFactory;
import java.util.List;

/**
 * What happens to the whole process, as the watchdog sees it between two looks: pauses, garbage
 * collection, and processors that others had. By the watchdog's thread alone.
 */
final class Sampler {
  private final Machine machine;
  private final long pid = ProcessHandle.current().pid();
  private final List<GarbageCollectorMXBean> collectors =
      ManagementFactory.getGarbageCollectorMXBeans();

  private long wakeNanos;
  private long collectedMillis;
  private long collectedNowMillis;
  private long lateNanos;

  Sampler(Machine machine) {
    this.machine = machine;
  }

  /** It is about to wait for so long. */
  void sleeps(long millis) {
    wakeNanos = System.nanoTime() + millis * 1_000_000;
  }

  /**
   * @param isActive whether a loop turns: else there is nothing to be told apart
   */
  void looks(long now, boolean isActive) {
    lateNanos = wakeNanos == 0 ? 0 : Math.max(0, now - wakeNanos);
    if (!isActive) {
      return;
    }
    collectedMillis = collectedNowMillis;
    collectedNowMillis = collected();
  }

  private long collected() {
    long millis = 0;
    for (GarbageCollectorMXBean collector : collectors) {
      if (!collector.getName().contains("Concurrent") && !collector.getName().contains("Cycles")) {
        millis += Math.max(0, collector.getCollectionTime());
      }
    }
    return millis;
  }

  /** How long the JVM has collected garbage, since it began; while nothing else ran. */
  long collectedTotalNanos() {
    return collectedNowMillis * 1_000_000;
  }

  /** The same between the last two looks. */
  long collectedNanos() {
    return (collectedNowMillis - collectedMillis) * 1_000_000;
  }

  /** By how much the last look came too late: then something stopped the watchdog too. */
  long lateNanos() {
    return lateNanos;
  }

  /** What a processor has lost to other virtual machines, since the machine began. */
  long stolenNanos() {
    return machine.stolenNanos();
  }

  /** For how long this process was throttled, since its control group began. */
  long throttledNanos() {
    return machine.throttledNanos(pid);
  }

  Machine.ThreadTimes times(long thread) {
    return machine.thread(pid, thread).orElse(new Machine.ThreadTimes('?', 0, 0));
  }
}
