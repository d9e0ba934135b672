package gyre.insight;

import gyre.probe.ProbeDirectory;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;

/**
 * Asks a process of this user about its loops; see {@link Answers}. Blocks, but never for ever: a
 * process that is stopped or out of memory does not answer, which is an IOException after some
 * seconds.
 */
public final class Control {
  /** For what is asked again and again. */
  private static final Duration PATIENCE = Duration.ofSeconds(2);

  /** For what a large process needs longer for, and for a trace, which tells each second. */
  private static final Duration PATIENCE_LONG = Duration.ofSeconds(10);

  /** Some hundred thousand lines. */
  private static final long DUMP_CHARS_MAX = 64 << 20;

  private Control() {}

  /** The tree of what lives in the loops, in words. */
  public static String dump(long pid) throws IOException {
    StringBuilder text = new StringBuilder();
    dump(
        pid,
        line -> {
          if (text.length() + line.length() < DUMP_CHARS_MAX) {
            text.append(line).append('\n');
          }
        });
    return text.toString();
  }

  /** The same line by line, however many there are. */
  public static void dump(long pid, Consumer<String> lines) throws IOException {
    ask(pid, "dump", PATIENCE_LONG, lines);
  }

  /** The same as JSON, one line for each scope, fiber and handle. */
  public static void tree(long pid, Consumer<String> lines) throws IOException {
    ask(pid, "tree", PATIENCE_LONG, lines);
  }

  /** What lives in the loops, without stacks, and of a thousand things at most. */
  static List<TreeLine> waits(long pid) throws IOException {
    List<TreeLine> lines = new ArrayList<>();
    ask(pid, "waits", PATIENCE, line -> lines.add(TreeLine.of(line)));
    return lines;
  }

  /** What the watchdog has reported lately, the oldest first. */
  public static List<StallReport> stalls(long pid) throws IOException {
    StringBuilder text = new StringBuilder();
    ask(pid, "stalls", PATIENCE, text::append);
    return StallJson.read(text.toString());
  }

  /**
   * Events while they happen, as trace viewers read them, one for each call.
   *
   * @param filter a part of the name of the handle or fiber; empty for all
   */
  public static void trace(long pid, double seconds, String filter, Consumer<String> events)
      throws IOException {
    ask(pid, "trace " + seconds + (filter.isEmpty() ? "" : " " + filter), PATIENCE_LONG, events);
  }

  /** Whether there is somebody to ask. */
  static boolean answers(long pid) throws IOException {
    return Files.exists(socketOf(pid));
  }

  private static Path socketOf(long pid) throws IOException {
    return ProbeDirectory.checked().resolve(pid + ".sock");
  }

  private static void ask(long pid, String question, Duration patience, Consumer<String> lines)
      throws IOException {
    Path path = socketOf(pid);
    if (!Files.exists(path)) {
      throw new IOException(
          "process "
              + pid
              + " does not answer: there is no "
              + path
              + "; it has opened no Gyre loop, has no gyre.insight on its path, or runs with"
              + " -Dgyre.insight=false");
    }
    ControlClient.ask(path, question, patience, lines);
  }
}
