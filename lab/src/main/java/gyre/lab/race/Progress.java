package gyre.lab.race;

import java.io.PrintStream;

/** One line on what is going on and how long it may still take. */
public final class Progress {
  private static final String ERASE = "\r\u001b[K";

  private final PrintStream out;
  private final boolean terminal;
  private final long totalMillis;
  private final long startedNanos = System.nanoTime();

  /** Counts from now. */
  public Progress(PrintStream out, boolean terminal, long totalMillis) {
    this.out = out;
    this.terminal = terminal && !"dumb".equals(System.getenv("TERM"));
    this.totalMillis = Math.max(1, totalMillis);
  }

  /** A part of it begins: a line where no terminal shows each step. */
  void begin(String part) {
    if (!terminal) {
      out.println(left() + part);
    }
  }

  /** A line that the next one replaces. */
  void tell(String what) {
    if (terminal) {
      out.print(ERASE + left() + what);
      out.flush();
    }
  }

  private String left() {
    long spentMillis = (System.nanoTime() - startedNanos) / 1_000_000;
    long seconds = Math.max(0, totalMillis - spentMillis) / 1000;
    return "about %d:%02d left  ".formatted(seconds / 60, seconds % 60);
  }

  /** A line that stays. */
  public void note(String what) {
    out.println((terminal ? ERASE : "") + what);
  }

  void end() {
    if (terminal) {
      out.print(ERASE);
      out.flush();
    }
  }
}
