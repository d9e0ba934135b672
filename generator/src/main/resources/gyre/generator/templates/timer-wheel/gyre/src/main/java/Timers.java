import gyre.Loop;
import gyre.Timer;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.HashMap;
import java.util.Map;
import java.util.Queue;

/** Timers by their names, and the lines that tell what became of them. Of one loop. */
final class Timers {
  private static final long MOST_MILLIS = Duration.ofDays(30).toMillis();

  private final int max;
  private final Runnable onLine;
  private final Map<String, Timer> timers = new HashMap<>();
  private final Queue<String> lines = new ArrayDeque<>(); // no longer than what was asked for
  private boolean isEnded;
  private boolean isStopped;

  /**
   * With none.
   *
   * @param max how many may be active at once
   * @param onLine told when {@link #takeLine} or {@link #isOver} may answer something else
   */
  Timers(int max, Runnable onLine) {
    this.max = max;
    this.onLine = onLine;
  }

  /** {@code set ID MILLIS} or {@code cancel ID}; what it is not is answered by an error. */
  void command(String line) {
    String[] words = line.strip().split(" +");
    if (words[0].equals("set") && words.length == 3 && words[2].matches("[0-9]{1,10}")) {
      set(words[1], Long.parseLong(words[2]));
    } else if (words[0].equals("cancel") && words.length == 2) {
      cancel(words[1]);
    } else {
      say("error expected set ID MILLIS or cancel ID");
    }
  }

  /** A timer that is set again gets a new time. */
  private void set(String id, long millis) {
    if (millis > MOST_MILLIS) {
      say("error at most " + MOST_MILLIS + " milliseconds");
      return;
    }
    Timer known = timers.get(id);
    if (known != null) {
      known.restart(Duration.ofMillis(millis));
    } else if (timers.size() >= max) {
      say("error too many timers");
    } else {
      timers.put(id, Loop.current().after(Duration.ofMillis(millis), () -> fired(id)));
    }
  }

  private void cancel(String id) {
    Timer timer = timers.remove(id);
    if (timer == null) {
      say("error no timer " + id);
    } else {
      timer.close();
    }
  }

  private void fired(String id) {
    timers.remove(id);
    say("fired " + id);
  }

  void say(String line) {
    lines.add(line);
    onLine.run();
  }

  /** Nothing more will be asked for. */
  void end() {
    isEnded = true;
    onLine.run();
  }

  /** What is active will not be waited for. */
  void stop() {
    isStopped = true;
    onLine.run();
  }

  boolean isStopped() {
    return isStopped;
  }

  int active() {
    return timers.size();
  }

  /** Null if there is none. */
  String takeLine() {
    return lines.poll();
  }

  /** Whether nothing follows. */
  boolean isOver() {
    return lines.isEmpty() && (isStopped || (isEnded && timers.isEmpty()));
  }
}
