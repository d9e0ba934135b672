package gyre.insight;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The questions that a process answers, a line each, and after each answer a line that says that it
 * is complete:
 *
 * <ul>
 *   <li>{@code stalls}: the newest reports of the watchdog, as JSON
 *   <li>{@code dump}: the tree of what lives in the loops
 *   <li>{@code tree}: the same as JSON, a line each
 *   <li>{@code waits}: the same without stacks, and of a thousand things at most
 *   <li>{@code trace SECONDS [HANDLE]}: events while they happen, as JSON, a line each
 * </ul>
 */
final class Answers {
  private static final int TREE_NODES_MAX = 20_000;
  private static final int TREE_STACKS_MAX = 500;

  /** Asked again and again, so that it must not hold up the loop. */
  private static final int WAITS_NODES_MAX = 1_000;

  private static final double TRACE_SECONDS_MAX = 3600;

  private final List<WatchedLoop> loops;
  private final StallLog stalls;

  /** A loop writes into one ring. */
  private @Nullable TraceAnswer trace;

  Answers(List<WatchedLoop> loops, StallLog stalls) {
    this.loops = loops;
    this.stalls = stalls;
  }

  Answer to(String question) {
    String[] words = question.strip().split(" ", 3);
    return switch (words[0]) {
      case "stalls" -> Answer.of(StallJson.write(stalls.all()));
      case "dump" -> new DumpAnswer(loops);
      case "tree" -> new JsonTreeAnswer(loops, TREE_NODES_MAX, TREE_STACKS_MAX);
      case "waits" -> new JsonTreeAnswer(loops, WAITS_NODES_MAX, 0);
      case "trace" -> trace(words);
      default ->
          Answer.refused(
              "unknown question '" + words[0] + "': ask stalls, dump, tree, waits or trace");
    };
  }

  private Answer trace(String[] words) {
    try {
      double seconds = words.length > 1 ? Double.parseDouble(words[1]) : 1;
      if (!(seconds > 0 && seconds <= TRACE_SECONDS_MAX)) {
        return Answer.refused("trace: seconds must be above 0 and at most 3600");
      }
      TraceAnswer other = trace;
      if (other != null && !other.isClosed()) {
        return Answer.refused("trace: somebody traces this process already; wait for its end");
      }
      TraceAnswer answer = new TraceAnswer(loops, seconds, words.length > 2 ? words[2] : "");
      trace = answer;
      return answer;
    } catch (NumberFormatException e) {
      return Answer.refused("trace: '" + words[1] + "' is no number of seconds");
    }
  }
}
