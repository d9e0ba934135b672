package gyre.queue;

import gyre.insight.text.Plural;
import gyre.queue.Inspection.Counts;
import gyre.queue.Inspection.Item;
import gyre.queue.Inspection.LiveWorker;
import gyre.queue.Inspection.Place;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** What an operator does with a queue that has shards: with all of them, and what is not routed. */
final class ShardedInspection implements QueueOperations {
  private final Shards shards;
  private final List<Inspection> parts = new ArrayList<>();

  ShardedInspection(Shards shards) {
    this.shards = shards;
    shards.directories().forEach(each -> parts.add(Inspection.of(each)));
    parts.add(Inspection.of(shards.base()));
  }

  @Override
  public Counts counts() {
    long[] sums = new long[5];
    for (Inspection each : parts) {
      Counts counts = each.counts();
      sums[0] += counts.pending();
      sums[1] += counts.delayed();
      sums[2] += counts.processing();
      sums[3] += counts.failed();
      sums[4] += counts.completed();
    }
    return new Counts(sums[0], sums[1], sums[2], sums[3], sums[4]);
  }

  /** The slot is the number of the shard. */
  @Override
  public List<LiveWorker> workers() {
    List<LiveWorker> alive = new ArrayList<>();
    for (int i = 0; i < shards.count(); i++) {
      for (LiveWorker each : parts.get(i).workers()) {
        alive.add(new LiveWorker(i, each.heartbeat()));
      }
    }
    return alive;
  }

  @Override
  public List<Item> search(List<Place> places, String text, int limit) {
    List<Item> found = new ArrayList<>();
    for (Inspection each : parts) {
      if (found.size() < limit) {
        found.addAll(each.search(places, text, limit - found.size()));
      }
    }
    return found;
  }

  @Override
  public Optional<Item> find(String id) {
    return parts.stream().flatMap(each -> each.find(id).stream()).findFirst();
  }

  @Override
  public boolean retry(String id) {
    return parts.stream().anyMatch(each -> each.retry(id));
  }

  @Override
  public boolean discard(String id) {
    return parts.stream().anyMatch(each -> each.discard(id));
  }

  @Override
  public void pause(String operation) {
    parts.forEach(each -> each.pause(operation));
  }

  @Override
  public boolean resume(String operation) {
    boolean wasPaused = false;
    for (Inspection each : parts) {
      wasPaused |= each.resume(operation);
    }
    return wasPaused;
  }

  @Override
  public boolean isPaused() {
    return parts.stream().anyMatch(Inspection::isPaused);
  }

  @Override
  public List<String> drain() {
    Set<Long> pids = new LinkedHashSet<>(); // a process works on several shards
    for (LiveWorker each : workers()) {
      if (each.heartbeat().get("pid") instanceof Number pid) {
        pids.add(pid.longValue());
      }
    }
    return DrainRequests.ask(pids);
  }

  @Override
  public String json() {
    Counts counts = counts();
    Map<String, @Nullable Object> all = new LinkedHashMap<>();
    all.put("directory", shards.base().toString());
    all.put("shards", shards.count());
    all.put("pending", counts.pending());
    all.put("delayed", counts.delayed());
    all.put("processing", counts.processing());
    all.put("failed", counts.failed());
    all.put("completed", counts.completed());
    all.put("paused", isPaused());
    all.put("workers", workers().stream().map(LiveWorker::heartbeat).toList());
    all.put("findings", findings());
    return Json.write(all);
  }

  @Override
  public List<String> report() {
    Counts counts = counts();
    List<String> lines = new ArrayList<>();
    lines.add(
        "queue       "
            + shards.base()
            + ", "
            + Plural.of(shards.count(), "shard")
            + (isPaused() ? "   PAUSED" : ""));
    lines.add("pending     " + counts.pending());
    lines.add("delayed     " + counts.delayed());
    lines.add("processing  " + counts.processing());
    lines.add("failed      " + counts.failed());
    lines.add("completed   " + counts.completed());
    for (LiveWorker each : workers()) {
      lines.add(
          "shard "
              + each.slot()
              + "     pid "
              + each.heartbeat().get("pid")
              + ", "
              + each.heartbeat().get("entries_processed")
              + " done, "
              + each.heartbeat().get("entries_failed")
              + " failed");
    }
    lines.addAll(findings());
    return lines;
  }

  @Override
  public List<String> findings() {
    List<String> findings = new ArrayList<>();
    for (int i = 0; i < shards.count(); i++) {
      String who = "shard " + i + ": ";
      parts.get(i).findings().forEach(each -> findings.add(who + each));
    }
    long notRouted = parts.getLast().counts().pending();
    if (notRouted > 0 && workers().isEmpty()) {
      findings.add(
          Plural.of(
              notRouted,
              "file waits to be given to a shard: gyre queue work",
              "files wait to be given to a shard: gyre queue work"));
    }
    return findings;
  }
}
