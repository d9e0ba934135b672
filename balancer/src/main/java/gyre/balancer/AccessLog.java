package gyre.balancer;

import gyre.insight.text.Plural;
import java.io.BufferedWriter;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.atomic.LongAdder;
import java.util.function.Consumer;

/**
 * Writes the access log, one line for each connection, on a thread of its own: no loop waits for a
 * disk. What comes faster than the disk takes is dropped and counted, with a line that says how
 * many. {@link #reopen} is for tools that rename the file.
 */
final class AccessLog implements AutoCloseable {
  private static final int QUEUE_LIMIT = 65_536;
  private static final int BATCH = 1024;
  private static final Duration PATIENCE = Duration.ofSeconds(5);

  private static final String STOP = "";
  private static final String REOPEN = "\n";

  private final Path file;

  /** Is told when it can't be written any more, and when it can again. */
  private final Consumer<String> changes;

  private boolean isFailing;
  private final ArrayBlockingQueue<String> queue = new ArrayBlockingQueue<>(QUEUE_LIMIT);
  private final LongAdder dropped = new LongAdder();
  private final Thread thread;
  private volatile boolean isEnding;

  private AccessLog(Path file, Consumer<String> changes) {
    this.file = file;
    this.changes = changes;
    this.thread = Thread.ofPlatform().daemon().name("balance-access-log").unstarted(this::writeAll);
  }

  /**
   * @param changes is told, on its thread, when it can't be written any more, and when it can again
   * @throws UncheckedIOException if it can't be opened
   */
  static AccessLog open(Path file, Consumer<String> changes) {
    AccessLog log = new AccessLog(file, changes);
    try {
      log.writer().close();
    } catch (IOException e) {
      throw new UncheckedIOException("write access log " + file + ": " + e.getMessage(), e);
    }
    log.thread.start();
    return log;
  }

  Path file() {
    return file;
  }

  long dropped() {
    return dropped.sum();
  }

  /** From any loop; never waits. */
  void add(AccessRecord entry) {
    if (!queue.offer(entry.line())) {
      dropped.increment();
    }
  }

  void reopen() {
    if (!queue.offer(REOPEN)) {
      dropped.increment(); // it is opened anew with the next batch anyway
    }
  }

  private BufferedWriter writer() throws IOException {
    return Files.newBufferedWriter(
        file, StandardCharsets.UTF_8, StandardOpenOption.CREATE, StandardOpenOption.APPEND);
  }

  private void writeAll() {
    List<String> batch = new ArrayList<>();
    long told = 0;
    while (!isEnding || !queue.isEmpty()) {
      try {
        batch.add(queue.take());
      } catch (InterruptedException e) {
        return; // nobody does that but the end of the process
      }
      queue.drainTo(batch, BATCH);
      batch.remove(STOP);
      long now = dropped.sum();
      boolean isWritten = false;
      String failure = "";
      try {
        write(batch, now - told);
        told = now;
        isWritten = true;
      } catch (IOException e) {
        dropped.add(batch.size());
        failure = e.toString();
      }
      tell(isWritten, failure);
      batch.clear();
    }
  }

  /** Opens it each time: so a file that was renamed is left at once. */
  private void write(List<String> batch, long lost) throws IOException {
    try (BufferedWriter out = writer()) {
      for (String line : batch) {
        if (!line.equals(REOPEN)) {
          out.write(line);
          out.newLine();
        }
      }
      if (lost != 0) {
        out.write("dropped=" + lost);
        out.newLine();
      }
    }
  }

  private void tell(boolean isWritten, String failure) {
    if (isWritten == isFailing) {
      isFailing = !isWritten;
      changes.accept(
          isWritten
              ? "the access log "
                  + file
                  + " is written again; "
                  + Plural.of(dropped(), "line was lost", "lines were lost")
              : "the access log can't be written, and loses lines until it can: " + failure);
    }
  }

  /** Writes what is there, and ends. Does not wait for that. From any thread. */
  void end() {
    isEnding = true;
    boolean ignored = queue.offer(STOP); // where it is full the thread looks anyway
  }

  /** As {@link #end}, and waits for it, some seconds at most. */
  @Override
  public void close() {
    end();
    try {
      thread.join(PATIENCE);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
