package gyre.queue;

import java.util.List;
import java.util.UUID;

/** A directory whose queue has shards: what is enqueued goes to its shard at once. */
record ShardedBackend(Shards shards) implements Backend {
  @Override
  public Enqueued enqueue(Job job) {
    return enqueueAll(List.of(job)).getFirst();
  }

  @Override
  public List<Enqueued> enqueueAll(List<Job> jobs) {
    List<Queue> queues = shards.directories().stream().map(Queue::open).toList();
    return jobs.stream()
        .map(each -> {
          String id = each.text("id").isEmpty() ? UUID.randomUUID().toString() : each.text("id");
          String batch = each.text("batch");
          return queues.get(shards.shardOf(batch.isEmpty() ? id : batch)).enqueue(each.id(id));
        })
        .toList();
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
