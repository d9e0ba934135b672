package gyre.cli;

import gyre.queue.Inspection;
import gyre.queue.Queue;
import java.nio.file.Path;
import picocli.CommandLine.Option;

/** Which queue: an option that all of its commands have. */
final class QueueDirectory {
  @Option(
      names = "--dir",
      paramLabel = "D",
      defaultValue = ".hive-mind/queue",
      description = "The directory of the queue. Default: ${DEFAULT-VALUE}")
  private Path path = Path.of(".hive-mind/queue");

  Path path() {
    return path;
  }

  Queue open() {
    return Queue.open(path);
  }

  Inspection inspect() {
    return Inspection.of(path);
  }
}
