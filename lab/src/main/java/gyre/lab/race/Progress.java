package gyre.lab.race;

import java.io.PrintStream;

/** One line on what is going on and how long it will still take; whole lines where nobody looks. */
public final class Progress {
  private static final String ERASE = "\r\u001b[K";

  private final PrintStream out;
  private final boolean terminal;
  private final long totalMillis;
  private long spentMillis;

  public Progress(PrintStream out, boolean terminal, long totalMillis) {
    this.out = out;
    this.terminal = terminal;
    this.totalMillis = Math.max(1, totalMillis);
  }

  /** A line that the next one replaces. */
  void tell(String what) {
    if (terminal) {
      long left = Math.max(0, totalMillis - spentMillis) / 1000;
      long percent = Math.min(100, 100 * spentMillis / totalMillis);
      out.printf("%s%3d %%  %d:%02d left  %s", ERASE, percent, left / 60, left % 60, what);
      out.flush();
    }
  }

  /** So much of the plan is done. */
  void spend(long millis) {
    spentMillis += millis;
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
