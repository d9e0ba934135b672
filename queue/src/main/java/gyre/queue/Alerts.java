package gyre.queue;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;

/**
 * What somebody should look at now. The same conditions, with the same limits, are rules for
 * Prometheus in {@code queue/monitoring/alerts.yml}.
 */
final class Alerts {
  enum Severity {
    CRITICAL,
    WARNING
  }

  /**
   * One that holds.
   *
   * @param sinceMillis when its condition began, as far as it was looked at
   */
  record Alert(String name, Severity severity, String text, long sinceMillis) {}

  static final long WATCHER_MILLIS = 60_000;
  static final long EVENTS_MILLIS = 60_000;
  static final long IDLE_SECONDS = 300;
  static final long HEARTBEAT_SECONDS = 60;
  static final long NO_WORKER_MILLIS = 10_000;
  static final double OLDEST_SECONDS = 300;
  static final long FAILURE_WINDOW_MILLIS = 300_000;
  static final long FAILURES_LEAST = 5;
  static final double FAILURE_SHARE = 0.1;

  private final Map<String, Long> since = new HashMap<>();
  private final Set<String> holding = new HashSet<>();
  private List<Alert> found = List.of();
  private long activity = -1;

  /**
   * @param before the sums of five minutes ago
   */
  List<Alert> judge(Sample sample, Totals.At now, Totals.At before) {
    found = new ArrayList<>();
    holding.clear();
    long time = sample.timeMillis();
    if (!sample.error().isEmpty()) {
      raise("QueueUnreadable", Severity.CRITICAL, time, 0, sample.error());
    } else {
      ofWorkers(sample, time);
      ofQueue(sample, now, time);
      ofFailures(now, before, time);
    }
    since.keySet().retainAll(holding);
    return found;
  }

  private void ofWorkers(Sample sample, long time) {
    long pending = sample.pending();
    if (sample.workers().isEmpty() && pending > 0) {
      raise(
          "QueueNoWorker",
          Severity.CRITICAL,
          time,
          NO_WORKER_MILLIS,
          "no worker runs, and " + InspectionReport.waiting(pending) + ": start gyre queue work");
    }
    for (WorkerSample each : sample.workers()) {
      String who = "worker " + each.slot();
      long age = each.heartbeatAgeSeconds(time);
      if (age > HEARTBEAT_SECONDS) {
        raise(
            "QueueHeartbeatOld:" + each.slot(),
            Severity.CRITICAL,
            time,
            0,
            who + " has written no heartbeat for " + age + " s: is it stopped, or its disk full?");
      }
      if (each.watcherWanted() && !each.watcherAlive()) {
        raise(
            "QueueWatcherDown:" + each.slot(),
            Severity.WARNING,
            time,
            WATCHER_MILLIS,
            who + " can't watch its directory, and polls: see worker.log for the limit it met");
      }
      if (!each.trouble().isEmpty()) {
        raise(
            "QueueDatabaseTrouble:" + each.slot(),
            Severity.CRITICAL,
            time,
            0,
            who + " can't use its database: " + each.trouble());
      }
      if (pending > 0 && each.idleSeconds() > IDLE_SECONDS && !sample.isPaused()) {
        raise(
            "QueueIdle:" + each.slot(),
            Severity.CRITICAL,
            time,
            0,
            who
                + " has done nothing for "
                + each.idleSeconds()
                + " s, and "
                + InspectionReport.waiting(pending));
      }
    }
  }

  private void ofQueue(Sample sample, Totals.At now, long time) {
    boolean isStill = now.activity() == activity && sample.processing() == 0;
    activity = now.activity();
    boolean isPaused = sample.isPaused() || !sample.pausedKinds().isEmpty();
    if (isStill && sample.pending() > 0 && !sample.workers().isEmpty() && !isPaused) {
      raise(
          "QueueEventsStopped",
          Severity.CRITICAL,
          time,
          EVENTS_MILLIS,
          "nothing happens, and "
              + InspectionReport.waiting(sample.pending())
              + ": gyre queue doctor");
    }
    if (sample.oldestSeconds() > OLDEST_SECONDS) {
      raise(
          "QueueEntryOld",
          Severity.WARNING,
          time,
          0,
          "the oldest entry waits for "
              + Math.round(sample.oldestSeconds())
              + " s: more workers, or what holds up the first ones?");
    }
  }

  private void ofFailures(Totals.At now, Totals.At before, long time) {
    long failures = now.failed() - before.failed() + now.retried() - before.retried();
    long all = failures + now.done() - before.done();
    if (failures >= FAILURES_LEAST && failures > all * FAILURE_SHARE) {
      raise(
          "QueueFailureRate",
          Severity.WARNING,
          time,
          0,
          String.format(
              Locale.ROOT,
              "%d of %d attempts in five minutes have failed: gyre queue dead",
              failures,
              all));
    }
  }

  /** It is told when its condition has held for so long. */
  private void raise(String key, Severity severity, long time, long forMillis, String text) {
    holding.add(key);
    long began = since.computeIfAbsent(key, name -> time);
    if (time - began >= forMillis) {
      int colon = key.indexOf(':');
      found.add(new Alert(colon < 0 ? key : key.substring(0, colon), severity, text, began));
    }
  }
}
