package gyre.lab.round;

import gyre.lab.LabException;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;

/**
 * Commands of a target: a line for {@code sh}, with a limit in time and in output. What it says
 * goes into a file and not through a pipe, which a grandchild could hold open for ever.
 */
final class Shell {
  private static final long POLL_MILLIS = 100;
  private static final long OUTPUT_LIMIT_BYTES = 64L << 20;
  private static final int SHOWN_CHARS = 600;

  /** How it ended. */
  enum End {
    EXITED,
    TIMED_OUT,
    TOO_MUCH_OUTPUT
  }

  /**
   * A command that is over.
   *
   * @param exit its exit code; -1 where it was killed
   */
  record Result(End end, int exit, String output, Duration limit) {
    boolean isGood() {
      return end == End.EXITED && exit == 0;
    }

    /** In one line: what went wrong, and the end of what it said. */
    String failure() {
      String why =
          switch (end) {
            case EXITED -> "exit code " + exit;
            case TIMED_OUT -> "not over after " + limit.toSeconds() + " s, so it was killed";
            case TOO_MUCH_OUTPUT -> "it printed more than " + OUTPUT_LIMIT_BYTES + " bytes";
          };
      String text = output.strip();
      String shown =
          text.length() > SHOWN_CHARS ? "…" + text.substring(text.length() - SHOWN_CHARS) : text;
      return shown.isEmpty() ? why : why + ": " + shown.replaceAll("\\s*\n\\s*", " | ");
    }
  }

  private Shell() {}

  /** Runs a line of the target's configuration; nothing that it has started goes on after it. */
  static Result run(
      Path folder, Map<String, String> environment, String line, Duration limit, Path output) {
    Leftovers leftovers = new Leftovers();
    try {
      return run(
          folder, leftovers.marked(environment), List.of("sh", "-c", line), null, limit, output);
    } finally {
      boolean ignored = leftovers.kill();
    }
  }

  /**
   * Runs a program.
   *
   * @param input what it reads; nothing where null
   */
  static Result run(
      Path folder,
      Map<String, String> environment,
      List<String> command,
      @org.jspecify.annotations.Nullable Path input,
      Duration limit,
      Path output) {
    ProcessBuilder builder = new ProcessBuilder(command).directory(folder.toFile());
    builder.redirectErrorStream(true).redirectOutput(output.toFile());
    builder.redirectInput(
        ProcessBuilder.Redirect.from(
            input == null ? Path.of("/dev/null").toFile() : input.toFile()));
    Map<String, String> all = builder.environment();
    // A round may be started by a hook of git, whose variables would lead git astray in a tree.
    all.keySet().removeIf(name -> name.startsWith("GIT_"));
    all.put("JAVA_HOME", System.getProperty("java.home"));
    all.putAll(environment);
    try {
      Files.createDirectories(output.toAbsolutePath().getParent());
      Process process = builder.start();
      End end = await(process, limit, output);
      if (end != End.EXITED) {
        kill(process);
      }
      return new Result(end, end == End.EXITED ? process.exitValue() : -1, read(output), limit);
    } catch (IOException e) {
      throw new LabException("cannot run '" + command.getFirst() + "': " + e.getMessage(), e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new LabException("interrupted", e);
    }
  }

  private static End await(Process process, Duration limit, Path output)
      throws InterruptedException, IOException {
    long deadline = System.nanoTime() + limit.toNanos();
    while (!process.waitFor(POLL_MILLIS, TimeUnit.MILLISECONDS)) {
      if (System.nanoTime() - deadline > 0) {
        return End.TIMED_OUT;
      }
      if (Files.size(output) > OUTPUT_LIMIT_BYTES) {
        return End.TOO_MUCH_OUTPUT;
      }
    }
    return End.EXITED;
  }

  private static void kill(Process process) throws InterruptedException {
    List<ProcessHandle> below = process.descendants().toList();
    process.destroyForcibly();
    below.forEach(ProcessHandle::destroyForcibly);
    process.waitFor();
  }

  private static String read(Path output) throws IOException {
    // Not readString: a program may print anything.
    return new String(Files.readAllBytes(output), StandardCharsets.UTF_8);
  }
}
