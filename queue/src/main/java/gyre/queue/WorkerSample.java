package gyre.queue;

import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * What the heartbeat of a worker said. It is a file, maybe of another version or of the shell
 * worker: what is missing is 0, false or empty.
 */
@SuppressWarnings("ArrayRecordComponent") // nobody compares them
record WorkerSample(
    int slot,
    long pid,
    String mode,
    long timestampSeconds,
    long lastEventSeconds,
    long idleSeconds,
    long queueSize,
    long processing,
    boolean watcherAlive,
    boolean watcherWanted,
    long watcherRestarts,
    long events,
    long done,
    long failed,
    long retried,
    long duplicates,
    boolean isPaused,
    String trouble,
    long[] latencyCounts,
    double latencySumSeconds) {

  static WorkerSample of(Inspection.LiveWorker worker) {
    Map<String, @Nullable Object> beat = worker.heartbeat();
    return new WorkerSample(
        worker.slot(),
        number(beat, "pid"),
        text(beat, "mode"),
        number(beat, "timestamp"),
        number(beat, "last_event_time"),
        number(beat, "idle_seconds"),
        number(beat, "queue_size"),
        number(beat, "processing_count"),
        Boolean.TRUE.equals(beat.get("watcher_alive")),
        !Boolean.FALSE.equals(beat.get("watcher_wanted")),
        number(beat, "watcher_restarts"),
        number(beat, "events_processed"),
        number(beat, "entries_processed"),
        number(beat, "entries_failed"),
        number(beat, "entries_retried"),
        number(beat, "entries_duplicate"),
        Boolean.TRUE.equals(beat.get("paused")),
        text(beat, "trouble"),
        counts(beat.get("latency_counts")),
        beat.get("latency_sum_seconds") instanceof Number sum ? sum.doubleValue() : 0);
  }

  private static long number(Map<String, @Nullable Object> beat, String name) {
    return beat.get(name) instanceof Number number ? number.longValue() : 0;
  }

  private static String text(Map<String, @Nullable Object> beat, String name) {
    return beat.get(name) instanceof String text ? text : "";
  }

  private static long[] counts(@Nullable Object value) {
    long[] counts = new long[LatencyStats.BUCKETS];
    if (value instanceof List<?> list && list.size() == counts.length) {
      for (int i = 0; i < counts.length; i++) {
        counts[i] = list.get(i) instanceof Number number ? number.longValue() : 0;
      }
    }
    return counts;
  }

  /** The same in another slot. */
  WorkerSample slot(int other) {
    return new WorkerSample(
        other,
        pid,
        mode,
        timestampSeconds,
        lastEventSeconds,
        idleSeconds,
        queueSize,
        processing,
        watcherAlive,
        watcherWanted,
        watcherRestarts,
        events,
        done,
        failed,
        retried,
        duplicates,
        isPaused,
        trouble,
        latencyCounts,
        latencySumSeconds);
  }

  long heartbeatAgeSeconds(long nowMillis) {
    return Math.max(0, nowMillis / 1000 - timestampSeconds);
  }

  /** What counts as activity for the question whether it is stuck. */
  long activity() {
    return events + done + failed + retried;
  }

  @Override
  public boolean equals(@Nullable Object other) {
    return other instanceof WorkerSample that
        && slot == that.slot
        && pid == that.pid
        && timestampSeconds == that.timestampSeconds
        && activity() == that.activity()
        && Arrays.equals(latencyCounts, that.latencyCounts);
  }

  @Override
  public int hashCode() {
    return Long.hashCode(pid * 31 + slot);
  }
}
