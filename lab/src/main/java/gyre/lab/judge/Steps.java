package gyre.lab.judge;

import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import java.util.stream.Stream;

/** Runs the commands that build a project. */
final class Steps {
  /** A compiler that hangs is killed; the slowest project takes a few minutes. */
  private static final Duration LIMIT = Duration.ofMinutes(20);

  private static final int LINES_MAX = 200;

  private static final int KILLED = 128 + 9;

  private Steps() {}

  /**
   * Whether all succeed; stops at the first that does not.
   *
   * @param told what that one has printed, line by line: the last of it, where it is much
   */
  static boolean run(Path directory, List<List<String>> steps, Consumer<String> told)
      throws InterruptedException {
    return run(directory, steps, LIMIT, told);
  }

  /** Each step within a limit. */
  static boolean run(
      Path directory, List<List<String>> steps, Duration limit, Consumer<String> told)
      throws InterruptedException {
    for (List<String> step : steps) {
      if (!isDone(directory, step, limit, told)) {
        told.accept("FAILED: " + String.join(" ", step));
        told.accept("in " + directory);
        return false;
      }
    }
    return true;
  }

  private static boolean isDone(
      Path directory, List<String> step, Duration limit, Consumer<String> told)
      throws InterruptedException {
    try {
      Process process =
          new ProcessBuilder(step).directory(directory.toFile()).redirectErrorStream(true).start();
      process.getOutputStream().close();
      var ignored =
          CompletableFuture.runAsync(
              () -> end(process),
              CompletableFuture.delayedExecutor(limit.toMillis(), TimeUnit.MILLISECONDS));
      Deque<String> lines = new ArrayDeque<>();
      boolean isCut = keep(process.inputReader().lines(), lines);
      int code = process.waitFor();
      if (code != 0) {
        lines.forEach(told);
        told.accept(
            "exit code "
                + code
                + (code == KILLED ? ": killed, as by the limit of " + limit : "")
                + (isCut ? "; of its output only the end is shown" : ""));
      }
      return code == 0;
    } catch (IOException e) {
      told.accept(String.valueOf(e.getMessage()));
      return false;
    }
  }

  /** Whether there was more than is kept. */
  private static boolean keep(Stream<String> output, Deque<String> lines) {
    long[] count = new long[1];
    output.forEach(line -> {
      if (++count[0] > LINES_MAX) {
        lines.removeFirst();
      }
      lines.addLast(line);
    });
    return count[0] > LINES_MAX;
  }

  private static void end(Process process) {
    if (process.isAlive()) {
      List<ProcessHandle> below = process.descendants().toList();
      // First, since it would go on when they have ended; by the handle, which leaves open what is
      // still to be read.
      boolean ignored = process.toHandle().destroyForcibly();
      below.forEach(ProcessHandle::destroyForcibly);
    }
  }
}
