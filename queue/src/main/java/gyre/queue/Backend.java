package gyre.queue;

import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Where a queue lives, and so what its promises stand on. Everything else is the same: what is
 * enqueued, which handlers execute it, how it is looked at.
 *
 * <pre>{@code
 * try (Backend queue = Backend.postgresql("postgresql://app@db.example.org/shop")) {
 *   queue.enqueue(Job.of("mail", Map.of("to", "ada@example.org")));
 * }
 * }</pre>
 *
 * <p>{@code BackendConformance} says what each one promises. Another one, such as NATS JetStream,
 * implements this and extends that.
 */
public interface Backend extends AutoCloseable {
  /** Files of a directory and SQLite: for one machine, without a server. */
  static Backend spool(Path directory) {
    Optional<Shards> shards = Shards.of(directory);
    return shards.isPresent() ? new ShardedBackend(shards.get()) : new SpoolBackend(directory);
  }

  /**
   * As {@link #spool}, in so many shards with a database each, since one of SQLite has one writer.
   * They are made when they are missing, and their number stays.
   */
  static Backend shards(Path directory, int count) {
    return new ShardedBackend(Shards.open(directory, count));
  }

  /**
   * Tables of a PostgreSQL database, which are made when they are missing: for many machines.
   *
   * @param url {@code postgresql://USER:PASSWORD@HOST:PORT/DATABASE}; {@code PGUSER} and {@code
   *     PGPASSWORD} of the environment count where it says nothing
   * @throws QueueException if it is wrong
   */
  static Backend postgresql(String url) {
    return new PostgresBackend(PgDatabase.of(url, System.getenv()));
  }

  /**
   * Puts an entry into the queue. It is durable when this returns. Blocks.
   *
   * @throws DuplicateJobException if one with its unique key waits or runs
   * @throws QueueException if that can't be done
   */
  Enqueued enqueue(Job job);

  /**
   * Puts several into the queue. On PostgreSQL they are one transaction: all of them are there, or
   * none. In files they share the syncs of directories, and the first one that is refused ends it:
   * those before it are there. Where a device fails, some behind it may be there too, since
   * directories, and shards, fail one by one; the message names them. Who may have to enqueue the
   * same again gives each job an id: so each is done once.
   */
  List<Enqueued> enqueueAll(List<Job> jobs);

  /**
   * Puts several into the queue, each for itself. The first one that is refused ends it, as with
   * {@link #enqueueAll} in files. What this throws is about the first that {@code durable} has not.
   *
   * @param durable gets those that are on the device, by the index of their job, also where this
   *     throws
   */
  void enqueueEach(List<Job> jobs, Map<Integer, Enqueued> durable);

  /** As {@link Queue#openBatch}. */
  void openBatch(String batch, int size, Job callback);

  /** What an operator does with it. */
  QueueOperations operations();

  /**
   * A worker for it, which does nothing before {@link QueueWorker#run}.
   *
   * @throws QueueException that says what is wrong with the configuration, and where
   */
  QueueWorker worker(WorkerOptions options);

  @Override
  void close();
}
