package gyre.queue;

import gyre.insight.prometheus.PrometheusText;
import java.util.function.ToDoubleFunction;

/** A look at a queue as figures for Prometheus. Rules and a dashboard are in queue/monitoring/. */
final class QueueMetrics {
  private QueueMetrics() {}

  static String text(Sample sample, int subscribers) {
    PrometheusText text = PrometheusText.create();
    ofQueue(text, sample);
    ofWorkers(text, sample);
    text.gauge("gyre_queue_sample_error", "1 if the directory of the queue could not be read.")
        .sample(sample.error().isEmpty() ? 0 : 1);
    text.gauge("gyre_queue_sample_seconds", "How long the last look at the directory took.")
        .sample(sample.tookMillis() / 1000.0);
    text.gauge("gyre_queue_dashboard_subscribers", "Pages that are open.").sample(subscribers);
    return text.toString();
  }

  private static void ofQueue(PrometheusText text, Sample sample) {
    text.gauge("gyre_queue_entries", "Entries in each directory.")
        .sample((double) sample.pending(), "place", "pending")
        .sample((double) sample.delayed(), "place", "delayed")
        .sample((double) sample.processing(), "place", "processing")
        .sample((double) sample.failed(), "place", "failed")
        .sample((double) sample.completed(), "place", "completed");
    PrometheusText.Family pending =
        text.gauge("gyre_queue_pending_entries", "Entries that wait, by priority; 1 is first.");
    for (int i = EntryName.FIRST_PRIORITY; i <= EntryName.LAST_PRIORITY; i++) {
      pending.sample((double) sample.pendingByPriority()[i], "priority", String.valueOf(i));
    }
    text.gauge("gyre_queue_oldest_entry_age_seconds", "How long the oldest entry waits.")
        .sample(sample.oldestSeconds());
    PrometheusText.Family paused =
        text.gauge("gyre_queue_paused", "1 if the queue, or an operation, is paused.")
            .sample(sample.isPaused() ? 1 : 0, "operation", "");
    sample.pausedKinds().forEach(each -> paused.sample(1, "operation", each));
    text.gauge("gyre_queue_workers", "Workers that live.").sample(sample.workers().size());
  }

  private static void ofWorkers(PrometheusText text, Sample sample) {
    counter(text, sample, "processed", "Entries that were done.", WorkerSample::done);
    counter(text, sample, "failed", "Entries that were given up.", WorkerSample::failed);
    counter(
        text, sample, "retried", "Attempts that failed and are made again.", WorkerSample::retried);
    counter(text, sample, "duplicates", "Entries that were done before.", WorkerSample::duplicates);
    counter(
        text,
        sample,
        "events",
        "Wake-ups by the watcher, a FIFO or the clock.",
        WorkerSample::events);
    counter(
        text,
        sample,
        "watcher_restarts",
        "Times that the watcher was started again.",
        WorkerSample::watcherRestarts);
    gauge(
        text,
        sample,
        "heartbeat_timestamp_seconds",
        "When the heartbeat was written.",
        WorkerSample::timestampSeconds);
    gauge(
        text,
        sample,
        "last_event_timestamp_seconds",
        "When something was last done.",
        WorkerSample::lastEventSeconds);
    gauge(
        text,
        sample,
        "watcher_alive",
        "1 if the kernel tells of new files.",
        each -> each.watcherAlive() ? 1 : 0);
    gauge(
        text,
        sample,
        "watcher_wanted",
        "0 if polling was asked for.",
        each -> each.watcherWanted() ? 1 : 0);
    gauge(
        text,
        sample,
        "database_trouble",
        "1 if the database can't be used.",
        each -> each.trouble().isEmpty() ? 0 : 1);
    PrometheusText.Histogram latency =
        text.histogram(
            "gyre_queue_latency_seconds",
            "From the time at which an entry could be done to its end.",
            LatencyStats.BOUNDS_SECONDS);
    for (WorkerSample each : sample.workers()) {
      latency.sample(each.latencyCounts(), each.latencySumSeconds(), "worker", slot(each));
    }
  }

  private static void counter(
      PrometheusText text,
      Sample sample,
      String name,
      String help,
      ToDoubleFunction<WorkerSample> value) {
    ofEach(text.counter("gyre_queue_" + name + "_total", help), sample, value);
  }

  private static void gauge(
      PrometheusText text,
      Sample sample,
      String name,
      String help,
      ToDoubleFunction<WorkerSample> value) {
    ofEach(text.gauge("gyre_queue_" + name, help), sample, value);
  }

  private static void ofEach(
      PrometheusText.Family family, Sample sample, ToDoubleFunction<WorkerSample> value) {
    for (WorkerSample each : sample.workers()) {
      family.sample(value.applyAsDouble(each), "worker", slot(each));
    }
  }

  private static String slot(WorkerSample worker) {
    return String.valueOf(worker.slot());
  }
}
