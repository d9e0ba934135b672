package gyre.queue;

import gyre.queue.Inspection.Item;
import gyre.queue.Inspection.Place;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** A queue that is files of a directory. */
final class SpoolSource implements DashboardSource {
  private final Inspection inspection;
  private final Sampler sampler;
  private final EntryTable table;

  SpoolSource(Inspection inspection) {
    this.inspection = inspection;
    this.sampler = new Sampler(inspection);
    this.table = new EntryTable(inspection, System::nanoTime);
  }

  @Override
  public String name() {
    return inspection.spool().base.toString();
  }

  @Override
  public Sample look(long nowMillis) {
    return sampler.look(nowMillis);
  }

  @Override
  public Found search(Query query) {
    return table.search(query);
  }

  @Override
  public Optional<Map<String, @Nullable Object>> detail(Place place, String file) {
    return inspection.find(place, file).map(item -> detail(place, file, item));
  }

  private Map<String, @Nullable Object> detail(Place place, String file, Item item) {
    Map<String, @Nullable Object> failure = new LinkedHashMap<>();
    if (place == Place.FAILED) {
      try {
        failure.putAll(Json.readObject(inspection.failure(file).getBytes(StandardCharsets.UTF_8)));
      } catch (BadEntryException e) {
        // it failed without a reason that can be read
      }
    }
    Map<String, @Nullable Object> fields = new LinkedHashMap<>();
    fields.put("id", item.id());
    fields.put("priority", item.priority());
    fields.put("error", item.error());
    fields.put("content", item.content());
    fields.put("attempts", failure.get("attempts"));
    fields.put("failed_at", failure.get("failed_at"));
    return fields;
  }

  @Override
  public boolean retry(Place place, String file) {
    return inspection.retry(place, file);
  }

  @Override
  public int retryAll(int limit) {
    List<Path> files = new ArrayList<>();
    inspection.each(
        Place.FAILED,
        file -> {
          files.add(file);
          return files.size() < limit;
        });
    int done = 0;
    QueueException first = null;
    for (Path each : files) {
      try {
        done += inspection.retry(Place.FAILED, String.valueOf(each.getFileName())) ? 1 : 0;
      } catch (QueueException e) {
        first = first == null ? e : first; // the others need not wait for it
      }
    }
    if (done == 0 && first != null) {
      throw first;
    }
    return done;
  }

  @Override
  public boolean discard(Place place, String file) {
    return inspection.discard(place, file);
  }

  @Override
  public void pause(String operation) {
    inspection.pause(operation);
  }

  @Override
  public boolean resume(String operation) {
    return inspection.resume(operation);
  }

  @Override
  public void close() {
    sampler.close();
  }
}
