package gyre.queue;

import gyre.insight.text.Plural;
import gyre.queue.Inspection.Counts;
import gyre.queue.Inspection.LiveWorker;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** What is told of a queue: how it is, what is wrong, and what to do. */
final class InspectionReport {
  private static final long STALE_SECONDS = 60;
  private static final long STUCK_SECONDS = 300;

  private final Inspection queue;

  InspectionReport(Inspection queue) {
    this.queue = queue;
  }

  /** All of it as one line of JSON. */
  String json() {
    Counts counts = queue.counts();
    Map<String, @Nullable Object> all = new LinkedHashMap<>();
    all.put("directory", queue.spool().base.toString());
    all.put("pending", counts.pending());
    all.put("delayed", counts.delayed());
    all.put("processing", counts.processing());
    all.put("failed", counts.failed());
    all.put("completed", counts.completed());
    all.put("paused", queue.isPaused());
    all.put("workers", queue.workers().stream().map(LiveWorker::heartbeat).toList());
    all.put("findings", findings());
    return Json.write(all);
  }

  /** For a person. */
  List<String> lines() {
    Counts counts = queue.counts();
    List<String> lines = new ArrayList<>();
    lines.add("queue       " + queue.spool().base + (queue.isPaused() ? "   PAUSED" : ""));
    lines.add("pending     " + counts.pending());
    lines.add("delayed     " + counts.delayed());
    lines.add("processing  " + counts.processing());
    lines.add("failed      " + counts.failed());
    lines.add("completed   " + counts.completed());
    for (LiveWorker each : queue.workers()) {
      Map<String, @Nullable Object> beat = each.heartbeat();
      lines.add(
          "worker "
              + each.slot()
              + "    pid "
              + beat.get("pid")
              + ", "
              + beat.get("mode")
              + ", "
              + beat.get("entries_processed")
              + " done, "
              + beat.get("entries_failed")
              + " failed, idle for "
              + beat.get("idle_seconds")
              + " s");
    }
    lines.addAll(findings());
    return lines;
  }

  /** What is wrong, and what to do; empty if nothing is. */
  List<String> findings() {
    List<String> findings = new ArrayList<>();
    List<LiveWorker> alive = queue.workers();
    Counts counts = queue.counts();
    if (alive.isEmpty()) {
      ofNoWorker(counts, findings);
    }
    if (alive.isEmpty() && counts.processing() > 0) {
      findings.add(
          Plural.of(
              counts.processing(),
              "entry was being executed when a worker ended: the next one replays it",
              "entries were being executed when a worker ended: the next one replays them"));
    }
    if (queue.isPaused()) {
      findings.add("the queue is paused: gyre queue resume");
    }
    if (counts.failed() > 0) {
      findings.add(givenUp(counts.failed()));
    }
    alive.forEach(each -> ofWorker(each, counts, findings));
    return findings;
  }

  /** What is due later is not done either while no worker runs. */
  static void ofNoWorker(Counts counts, List<String> findings) {
    if (counts.pending() > 0) {
      findings.add("no worker runs, and " + waiting(counts.pending()) + ": gyre queue work");
    } else if (counts.delayed() > 0) {
      findings.add(
          "no worker runs, and "
              + Plural.of(
                  counts.delayed(), "entry waits for its time", "entries wait for their time")
              + ": gyre queue work");
    }
  }

  static String waiting(long pending) {
    return Plural.of(pending, "entry waits", "entries wait");
  }

  static String givenUp(long failed) {
    return Plural.of(failed, "entry was given up", "entries were given up") + ": gyre queue dead";
  }

  private static void ofWorker(LiveWorker worker, Counts counts, List<String> findings) {
    Map<String, @Nullable Object> beat = worker.heartbeat();
    String who = "worker " + worker.slot() + " ";
    if (beat.get("trouble") instanceof String trouble && !trouble.isEmpty()) {
      findings.add(who + "can't use its database: " + trouble);
    }
    if (Boolean.FALSE.equals(beat.get("watcher_alive")) && "polling".equals(beat.get("mode"))) {
      findings.add(who + "polls, because it can't watch: see worker.log for the limit it met");
    }
    long now = System.currentTimeMillis() / 1000;
    if (beat.get("timestamp") instanceof Number stamp && now - stamp.longValue() > STALE_SECONDS) {
      findings.add(
          who + "has written no heartbeat for " + (now - stamp.longValue()) + " s: is it stopped?");
    } else if (beat.get("idle_seconds") instanceof Number idle
        && idle.longValue() > STUCK_SECONDS
        && counts.pending() > 0
        && !Boolean.TRUE.equals(beat.get("paused"))) {
      findings.add(who + "has done nothing for " + idle + " s, and " + waiting(counts.pending()));
    }
  }
}
