package gyre.queue;

import java.nio.file.Path;
import java.util.List;
import java.util.Map;

/** A directory, see {@link Queue}. */
record SpoolBackend(Path directory) implements Backend {
  @Override
  public Enqueued enqueue(Job job) {
    return Queue.open(directory).enqueue(job);
  }

  @Override
  public List<Enqueued> enqueueAll(List<Job> jobs) {
    return Queue.open(directory).enqueueAll(jobs);
  }

  @Override
  public void enqueueEach(List<Job> jobs, Map<Integer, Enqueued> durable) {
    Queue.open(directory).enqueueEach(jobs, durable);
  }

  @Override
  public void openBatch(String batch, int size, Job callback) {
    Queue.open(directory).openBatch(batch, size, callback);
  }

  @Override
  public QueueOperations operations() {
    return Inspection.of(directory);
  }

  @Override
  public QueueWorker worker(WorkerOptions options) {
    return Worker.open(options);
  }

  @Override
  public void close() {
    // nothing is kept open between two calls
  }
}
