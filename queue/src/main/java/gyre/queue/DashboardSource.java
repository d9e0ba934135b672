package gyre.queue;

import gyre.queue.Inspection.Place;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * A queue as its dashboard looks at it, wherever it lives. All of it blocks. {@link #look} is
 * called by one thread at a time; the rest by several, also beside it.
 */
interface DashboardSource extends AutoCloseable {
  /**
   * Which entries are asked for.
   *
   * @param text in lower case, that must be in id, content or error; empty for all
   * @param operation just this one; empty for all
   * @param priority just this one; 0 for all
   */
  record Query(Place place, String text, String operation, int priority, int limit) {}

  /**
   * One of them.
   *
   * @param order what they are sorted by, the smallest first
   * @param file what it is called when something is done to it
   * @param timeMillis when it was written, or ended
   * @param due when it is to be done; 0 if at once
   */
  record Row(
      long order,
      String file,
      String id,
      int priority,
      String content,
      String error,
      long timeMillis,
      long due) {}

  /**
   * The first of those that fit.
   *
   * @param looked how many were looked at
   * @param isCut whether there may be more
   */
  record Found(List<Row> rows, long looked, boolean isCut) {}

  /** Where it is, for people. */
  String name();

  /** Never throws for what is wrong with the queue: the sample says so. */
  Sample look(long nowMillis);

  Found search(Query query);

  /** Place, id, content and what is known of its failure; empty if it is not there any more. */
  Optional<Map<String, @Nullable Object>> detail(Place place, String file);

  boolean retry(Place place, String file);

  /** What has failed, at most so many; how many it was. */
  int retryAll(int limit);

  boolean discard(Place place, String file);

  void pause(String operation);

  boolean resume(String operation);

  @Override
  void close();

  static DashboardSource of(Backend backend) {
    return switch (backend) {
      case SpoolBackend spool -> new SpoolSource(Inspection.of(spool.directory()));
      case ShardedBackend sharded -> new ShardedSource(sharded.shards());
      case PostgresBackend postgres -> new PostgresSource(postgres.database());
      default ->
          throw new QueueException("open a dashboard: there is none for " + backend.getClass());
    };
  }
}
