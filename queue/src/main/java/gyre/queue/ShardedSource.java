package gyre.queue;

import gyre.insight.text.Plural;
import gyre.queue.Inspection.Place;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/**
 * A queue of several shards: each is looked at as if it were alone, and told as one. A file is
 * called {@code SHARD|NAME}; the last part is what is not given to a shard yet.
 */
final class ShardedSource implements DashboardSource {
  private static final char MARK = '|';

  private final Shards shards;
  private final List<DashboardSource> parts = new ArrayList<>();

  ShardedSource(Shards shards) {
    this.shards = shards;
    shards.directories().forEach(each -> parts.add(new SpoolSource(Inspection.of(each))));
    parts.add(new SpoolSource(Inspection.of(shards.base())));
  }

  @Override
  public String name() {
    return shards.base() + ", " + Plural.of(shards.count(), "shard");
  }

  @Override
  public Sample look(long nowMillis) {
    long begin = System.nanoTime();
    long[] pending = new long[EntryName.LAST_PRIORITY + 1];
    long[] counts = new long[4];
    double oldest = 0;
    boolean isPaused = false;
    TreeSet<String> kinds = new TreeSet<>();
    List<WorkerSample> workers = new ArrayList<>();
    String error = "";
    for (int i = 0; i < parts.size(); i++) {
      Sample part = parts.get(i).look(nowMillis);
      for (int j = 0; j < pending.length; j++) {
        pending[j] += part.pendingByPriority()[j];
      }
      counts[0] += part.delayed();
      counts[1] += part.processing();
      counts[2] += part.failed();
      counts[3] += part.completed();
      oldest = Math.max(oldest, part.oldestSeconds());
      isPaused |= part.isPaused();
      kinds.addAll(part.pausedKinds());
      if (i < shards.count()) { // a worker has the lock of the whole queue too
        int shard = i;
        part.workers().forEach(each -> workers.add(each.slot(shard)));
      }
      error = error.isEmpty() ? part.error() : error;
    }
    long took = (System.nanoTime() - begin) / 1_000_000;
    return new Sample(
        nowMillis,
        pending,
        counts[0],
        counts[1],
        counts[2],
        counts[3],
        oldest,
        isPaused,
        List.copyOf(kinds),
        workers,
        error,
        took);
  }

  @Override
  public Found search(Query query) {
    List<Row> rows = new ArrayList<>();
    long looked = 0;
    boolean isCut = false;
    for (int i = 0; i < parts.size(); i++) {
      Found part = parts.get(i).search(query);
      String prefix = i + String.valueOf(MARK);
      part.rows().forEach(each -> rows.add(named(each, prefix)));
      looked += part.looked();
      isCut |= part.isCut();
    }
    rows.sort(Comparator.comparingLong(Row::order));
    int size = Math.min(rows.size(), query.limit());
    return new Found(List.copyOf(rows.subList(0, size)), looked, isCut || size < rows.size());
  }

  private static Row named(Row row, String prefix) {
    return new Row(
        row.order(),
        prefix + row.file(),
        row.id(),
        row.priority(),
        row.content(),
        row.error(),
        row.timeMillis(),
        row.due());
  }

  // ---- one of them

  private Optional<DashboardSource> part(String file) {
    int mark = file.indexOf(MARK);
    if (mark < 1 || !file.substring(0, mark).matches("[0-9]{1,2}")) {
      return Optional.empty();
    }
    int index = Integer.parseInt(file.substring(0, mark));
    return index < parts.size() ? Optional.of(parts.get(index)) : Optional.empty();
  }

  private static String name(String file) {
    return file.substring(file.indexOf(MARK) + 1);
  }

  @Override
  public Optional<Map<String, @Nullable Object>> detail(Place place, String file) {
    return part(file).flatMap(each -> each.detail(place, name(file)));
  }

  @Override
  public boolean retry(Place place, String file) {
    return part(file).map(each -> each.retry(place, name(file))).orElse(false);
  }

  @Override
  public int retryAll(int limit) {
    int done = 0;
    for (DashboardSource each : parts) {
      done += done < limit ? each.retryAll(limit - done) : 0;
    }
    return done;
  }

  @Override
  public boolean discard(Place place, String file) {
    return part(file).map(each -> each.discard(place, name(file))).orElse(false);
  }

  @Override
  public void pause(String operation) {
    parts.forEach(each -> each.pause(operation));
  }

  @Override
  public boolean resume(String operation) {
    boolean wasPaused = false;
    for (DashboardSource each : parts) {
      wasPaused |= each.resume(operation);
    }
    return wasPaused;
  }

  @Override
  public void close() {
    parts.forEach(DashboardSource::close);
  }
}
