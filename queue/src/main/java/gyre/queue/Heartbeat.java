package gyre.queue;

import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * What stands in {@code .heartbeat}: the twelve fields that tools for the shell worker read, and
 * ours behind them. A fresh {@code timestamp} says that the process lives; that it works is said by
 * {@code last_event_time} together with {@code queue_size}.
 */
final class Heartbeat {
  private Heartbeat() {}

  static String json(WorkerStats stats, long nowMillis) {
    long pid = ProcessHandle.current().pid();
    Map<String, @Nullable Object> fields = new LinkedHashMap<>();
    fields.put("timestamp", nowMillis / 1000);
    fields.put("pid", pid);
    fields.put("mode", stats.isPolling ? "polling" : "event");
    fields.put("iteration", stats.iterations.get());
    fields.put("events_processed", stats.wakeUps.get());
    fields.put("last_event_time", stats.lastEventMillis / 1000);
    fields.put("idle_seconds", Math.max(0, nowMillis - stats.lastEventMillis) / 1000);
    fields.put("queue_size", stats.waiting);
    fields.put("processing_count", stats.processing);
    fields.put("watcher_pid", stats.isWatching ? pid : 0);
    fields.put("watcher_alive", stats.isWatching);
    fields.put("watcher_restarts", stats.watcherRestarts.get());
    fields.put("entries_processed", stats.processed.get());
    fields.put("entries_failed", stats.failed.get());
    fields.put("entries_retried", stats.retried.get());
    fields.put("entries_duplicate", stats.duplicates.get());
    fields.put("paused", stats.isPaused);
    fields.put("trouble", stats.trouble);
    fields.put("watcher_wanted", stats.wantsWatcher);
    fields.put("latency_counts", stats.latency.counts());
    fields.put("latency_sum_seconds", stats.latency.sumSeconds());
    return Json.write(fields);
  }
}
