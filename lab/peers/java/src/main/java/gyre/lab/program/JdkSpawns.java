package gyre.lab.program;

import java.io.File;
import java.io.IOException;
import java.lang.ProcessBuilder.Redirect;

/** The same by {@code java.lang.ProcessBuilder}, on one thread. */
final class JdkSpawns implements Round {
  private static final File NOTHING = new File("/dev/null");

  private final int atOnce;
  private final long roundNanos;
  private final ProcessBuilder command =
      new ProcessBuilder("/bin/true")
          .redirectInput(NOTHING)
          .redirectOutput(Redirect.DISCARD)
          .redirectError(Redirect.DISCARD);
  private int errors;

  JdkSpawns(Options options) {
    this.atOnce = options.number("at-once", 8);
    this.roundNanos = options.nanos("round-ms", 300);
  }

  @Override
  public void run(Figures figures) throws IOException, InterruptedException {
    RunTimes times = new RunTimes();
    while (times.wants(roundNanos)) {
      times.begin();
      Process[] children = new Process[atOnce];
      for (int i = 0; i < atOnce; i++) {
        children[i] = command.start();
      }
      for (Process child : children) {
        if (child.waitFor() != 0) {
          errors++;
        }
      }
      times.end(atOnce);
    }
    figures.put("atOnce", atOnce);
    times.into(figures);
    figures.put("errors", errors);
  }
}
