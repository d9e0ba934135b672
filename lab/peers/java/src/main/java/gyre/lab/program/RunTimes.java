package gyre.lab.program;

/** Times the runs of a round: as many as fit into it. */
final class RunTimes {
  private static final int LEAST_RUNS = 3;

  private final long startedAt = System.nanoTime();
  private int runs;
  private long elapsedNanos;
  private long events;
  private long cpuNanos;
  private long cpuAtBegin;
  private long beganAt;

  boolean wants(long roundNanos) {
    return runs < LEAST_RUNS || System.nanoTime() - startedAt < roundNanos;
  }

  void begin() {
    cpuAtBegin = Virtual.threadCpuNanos();
    beganAt = System.nanoTime();
  }

  void end(long eventsInRun) {
    elapsedNanos += System.nanoTime() - beganAt;
    cpuNanos += Virtual.threadCpuNanos() - cpuAtBegin;
    events += eventsInRun;
    runs++;
  }

  void into(Figures figures) {
    figures.put("runs", runs);
    figures.put("events", events);
    figures.put("elapsedNanos", elapsedNanos);
    // A fiber has no CPU time of its own: then the whole round counts.
    if (cpuNanos > 0) {
      figures.put("cpuNanos", cpuNanos);
    }
  }
}
