package gyre.queue;

import java.util.HashMap;
import java.util.Map;

/**
 * What all workers did since somebody began to look, added up over their restarts: a heartbeat
 * counts from the start of its process.
 */
final class Totals {
  private static final int WORKERS_LIMIT = 1000;

  private record Key(int slot, long pid) {}

  private final Map<Key, WorkerSample> known = new HashMap<>();
  private boolean isFirst = true;
  private long done;
  private long failed;
  private long retried;
  private long activity;
  private final long[] latency = new long[LatencyStats.BUCKETS];

  /** Sums at one time. */
  @SuppressWarnings("ArrayRecordComponent") // nobody compares them
  record At(long timeMillis, long done, long failed, long retried, long activity, long[] latency) {}

  At add(Sample sample) {
    if (known.size() > WORKERS_LIMIT) {
      known.clear();
      isFirst = true; // what they have by now is not counted once more
    }
    for (WorkerSample each : sample.workers()) {
      WorkerSample before = known.put(new Key(each.slot(), each.pid()), each);
      if (before != null) {
        done += Math.max(0, each.done() - before.done());
        failed += Math.max(0, each.failed() - before.failed());
        retried += Math.max(0, each.retried() - before.retried());
        activity += Math.max(0, each.activity() - before.activity());
        for (int i = 0; i < latency.length; i++) {
          latency[i] += Math.max(0, each.latencyCounts()[i] - before.latencyCounts()[i]);
        }
      } else if (!isFirst) { // it started since the last look
        done += each.done();
        failed += each.failed();
        retried += each.retried();
        activity += each.activity() + 1;
        for (int i = 0; i < latency.length; i++) {
          latency[i] += each.latencyCounts()[i];
        }
      }
    }
    isFirst = false;
    return new At(sample.timeMillis(), done, failed, retried, activity, latency.clone());
  }
}
