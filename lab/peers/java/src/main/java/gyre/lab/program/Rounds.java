package gyre.lab.program;

import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;

/** Warms the work, then repeats it: so many times, or once for each line on standard input. */
final class Rounds {
  private static final int WARMUP_MILLIS = 2000;
  private static final int LEAST_WARM_ROUNDS = 3;

  private Rounds() {}

  static void run(String mode, Round work, Options options) throws Exception {
    long deadline = System.nanoTime() + options.nanos("warmup-ms", WARMUP_MILLIS);
    for (int i = 0; i < LEAST_WARM_ROUNDS || System.nanoTime() < deadline; i++) {
      work.run(new Figures());
    }
    if (options.flag("step")) {
      System.out.println("ready");
      BufferedReader input =
          new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
      for (int round = 0; input.readLine() != null; round++) {
        once(mode, round, work);
      }
    } else {
      for (int round = 0; round < options.number("rounds", 5); round++) {
        once(mode, round, work);
      }
    }
    work.close();
  }

  private static void once(String mode, int round, Round work) throws Exception {
    Figures figures = new Figures();
    figures.put("mode", mode);
    figures.put("round", round);
    long allocated = Virtual.allocatedBytes();
    long cpu = ProcessClock.cpuNanos();
    work.run(figures);
    if (!figures.has("cpuNanos")) {
      figures.put("cpuNanos", ProcessClock.cpuNanos() - cpu);
    }
    if (!figures.has("allocatedBytes")) {
      figures.put("allocatedBytes", Virtual.allocatedBytes() - allocated);
    }
    if (!figures.has("errors")) {
      figures.put("errors", 0);
    }
    System.out.println(figures);
  }
}
