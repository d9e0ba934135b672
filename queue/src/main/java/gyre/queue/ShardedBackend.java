package gyre.queue;

import java.util.ArrayList;
import java.util.Iterator;
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
    List<Enqueued> durable = new ArrayList<>(jobs.size());
    enqueueEach(jobs, durable);
    return List.copyOf(durable);
  }

  /** A shard's entries of a part of them share its syncs. */
  @Override
  public void enqueueEach(List<Job> jobs, List<Enqueued> durable) {
    List<Queue> queues = shards.directories().stream().map(Queue::open).toList();
    for (int i = 0; i < jobs.size(); i += EnqueueRound.ENTRIES_MAX) {
      enqueueSome(
          jobs.subList(i, Math.min(jobs.size(), i + EnqueueRound.ENTRIES_MAX)), queues, durable);
    }
  }

  private void enqueueSome(List<Job> jobs, List<Queue> queues, List<Enqueued> durable) {
    List<EnqueueRound> rounds = queues.stream().map(EnqueueRound::new).toList();
    List<Integer> shardOf = new ArrayList<>(jobs.size());
    RuntimeException failure = null;
    try {
      for (Job each : jobs) {
        String id = each.text("id").isEmpty() ? UUID.randomUUID().toString() : each.text("id");
        String batch = each.text("batch");
        int shard = shards.shardOf(batch.isEmpty() ? id : batch);
        rounds.get(shard).add(each.id(id));
        shardOf.add(shard);
      }
    } catch (RuntimeException e) {
      failure = e;
    }
    List<Iterator<Enqueued>> published = new ArrayList<>(rounds.size());
    for (EnqueueRound each : rounds) {
      List<Enqueued> ofShard = new ArrayList<>(each.size());
      try {
        each.publish(ofShard);
      } catch (RuntimeException e) {
        failure = e;
      }
      published.add(ofShard.iterator());
    }
    for (int shard : shardOf) {
      if (!published.get(shard).hasNext()) {
        break; // those behind it may be there, and are told by nobody
      }
      durable.add(published.get(shard).next());
    }
    if (failure != null) {
      throw failure;
    }
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
