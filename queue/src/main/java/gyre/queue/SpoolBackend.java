package gyre.queue;

import java.nio.file.Path;

/** A directory, see {@link Queue}. */
record SpoolBackend(Path directory) implements Backend {
  @Override
  public Enqueued enqueue(Job job) {
    return Queue.open(directory).enqueue(job);
  }

  @Override
  public java.util.List<Enqueued> enqueueAll(java.util.List<Job> jobs) {
    Queue queue = Queue.open(directory);
    return jobs.stream().map(queue::enqueue).toList();
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
