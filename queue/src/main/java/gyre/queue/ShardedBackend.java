package gyre.queue;

import java.util.List;
import java.util.Map;
import java.util.UUID;

/** A directory whose queue has shards: what is enqueued goes to its shard at once. */
record ShardedBackend(Shards shards) implements Backend {
  @Override
  public Enqueued enqueue(Job job) {
    return enqueueAll(List.of(job)).getFirst();
  }

  @Override
  public List<Enqueued> enqueueAll(List<Job> jobs) {
    return rounds().enqueue(named(jobs));
  }

  @Override
  public void enqueueEach(List<Job> jobs, Map<Integer, Enqueued> durable) {
    rounds().enqueue(named(jobs), durable);
  }

  /** Made here, since the shard follows from it. */
  private static List<Job> named(List<Job> jobs) {
    return jobs.stream()
        .map(each -> each.text("id").isEmpty() ? each.id(UUID.randomUUID().toString()) : each)
        .toList();
  }

  private Rounds rounds() {
    return new Rounds(this::shardOf, shard -> Queue.open(shards.directory(shard)));
  }

  private int shardOf(Job job) {
    String batch = job.text("batch");
    return shards.shardOf(batch.isEmpty() ? job.text("id") : batch);
  }

  @Override
  public void openBatch(String batch, int size, Job callback) {
    Queue.open(shards.directory(shards.shardOf(batch))).openBatch(batch, size, callback);
  }

  @Override
  public QueueOperations operations() {
    return new ShardedInspection(shards);
  }

  @Override
  public QueueWorker worker(WorkerOptions options) {
    return new ShardedWorker(shards, options);
  }

  @Override
  public void close() {
    // nothing is kept open between two calls
  }
}
