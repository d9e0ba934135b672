package gyre.lab.program;

import java.util.ArrayList;
import java.util.List;

/** Times the runs of a round: as many as fit into it. */
final class RunTimes {
  private static final int LEAST_RUNS = 3;

  private final long startedAt = System.nanoTime();
  private final List<Long> nanos = new ArrayList<>();
  private long events;
  private long cpuNanos;
  private long cpuAtBegin;
  private long beganAt;

  boolean wants(long roundNanos) {
    return nanos.size() < LEAST_RUNS || System.nanoTime() - startedAt < roundNanos;
  }

  void begin() {
    cpuAtBegin = Virtual.threadCpuNanos();
    beganAt = System.nanoTime();
  }

  void end(long eventsInRun) {
    nanos.add(System.nanoTime() - beganAt);
    cpuNanos += Virtual.threadCpuNanos() - cpuAtBegin;
    events += eventsInRun;
  }

  void into(Figures figures) {
    figures.put("runs", nanos.size());
    figures.put("events", events);
    figures.put("elapsedNanos", nanos.stream().mapToLong(each -> each).sum());
    // A fiber has no CPU time of its own: then the whole round counts.
    if (cpuNanos > 0) {
      figures.put("cpuNanos", cpuNanos);
    }
    figures.put("runNanos", nanos.stream().mapToLong(each -> each).toArray());
  }
}
