package gyre.queue;

import gyre.insight.text.Plural;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import org.jspecify.annotations.Nullable;

/**
 * {@code worker.log}: one line for each thing that an operator may want to know, rotated at 1 MiB.
 * What happens per entry is written only when it fails, and of those at most some each second, so
 * that a flood of bad entries does not become a flood of lines. Any thread.
 */
final class WorkerLog {
  private static final long LIMIT_BYTES = 1 << 20;
  private static final int FAILURES_PER_SECOND = 20;

  private final Path file;
  private final @Nullable PrintWriter also;
  private long sizeBytes = -1;
  private long second;
  private int failuresInSecond;
  private long suppressed;

  /**
   * @param also where lines go too; null for nowhere
   */
  WorkerLog(Path file, @Nullable PrintWriter also) {
    this.file = file;
    this.also = also;
  }

  void info(String message) {
    write("INFO", message);
  }

  void warn(String message) {
    write("WARN", message);
  }

  /** Of one entry. */
  synchronized void failure(String message) {
    long now = System.nanoTime() / 1_000_000_000;
    if (now != second) {
      second = now;
      failuresInSecond = 0;
      if (suppressed > 0) {
        write(
            "WARN",
            Plural.of(
                suppressed,
                "more entry failed, which was not written here",
                "more entries failed, which were not written here"));
        suppressed = 0;
      }
    }
    if (failuresInSecond++ < FAILURES_PER_SECOND) {
      write("WARN", message);
    } else {
      suppressed++;
    }
  }

  private synchronized void write(String level, String message) {
    String line =
        Instant.now().truncatedTo(ChronoUnit.MILLIS)
            + " "
            + level
            + " ["
            + ProcessHandle.current().pid()
            + "] "
            + message.replaceAll("\\R", " ");
    if (also != null) {
      also.println(line);
      also.flush();
    }
    try {
      byte[] bytes = (line + "\n").getBytes(StandardCharsets.UTF_8);
      rotate(bytes.length);
      Files.write(file, bytes, StandardOpenOption.CREATE, StandardOpenOption.APPEND);
      sizeBytes += bytes.length;
    } catch (IOException e) {
      sizeBytes = -1; // a full disk must not end the worker; the heartbeat tells of trouble
    }
  }

  private void rotate(int moreBytes) throws IOException {
    if (sizeBytes < 0) {
      sizeBytes = Files.exists(file) ? Files.size(file) : 0;
    }
    if (sizeBytes + moreBytes > LIMIT_BYTES) {
      Files.move(
          file,
          file.resolveSibling(file.getFileName() + ".1"),
          StandardCopyOption.REPLACE_EXISTING);
      sizeBytes = 0;
    }
  }
}
