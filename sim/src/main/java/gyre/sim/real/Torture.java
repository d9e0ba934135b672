package gyre.sim.real;

import gyre.engine.EngineUnavailable;
import java.io.PrintWriter;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;

/**
 * Runs random programs on the real kernel, one after the other, until one fails.
 *
 * <p>A seed says what each end of each connection does and how small rings and pools are. It does
 * not say when the kernel does its part, so the same seed need not fail each time: a program that
 * has failed is tried several times.
 */
public final class Torture {
  private static final int TRIES = 20;
  private static final int FRAMES = 12;
  private static final Duration BETWEEN_REPORTS = Duration.ofSeconds(10);

  private final TortureOptions options;
  private final PrintWriter out;
  private final long startedNanos = System.nanoTime();
  private long toldNanos = startedNanos;
  private volatile boolean isStopped;

  private Torture(TortureOptions options, PrintWriter out) {
    this.options = options;
    this.out = out;
  }

  public static Torture of(TortureOptions options, PrintWriter out) {
    return new Torture(options, out);
  }

  /** Begins no new program. From any thread. Answers whether that is news. */
  public boolean stop() {
    boolean isNews = !isStopped;
    isStopped = true;
    return isNews;
  }

  // ---- many seeds

  /** Runs until it is over; answers whether nothing was found. */
  public boolean hunt() {
    List<String> engines = available();
    long runs = 0;
    for (long seed = options.from(); seed < options.from() + options.seeds(); seed++) {
      for (String engine : engines) {
        if (isStopped || elapsed().compareTo(options.time()) >= 0) {
          return sum(runs, false);
        }
        Optional<Failure> failure = Run.of(Program.of(engine, seed), options.hangLimit());
        runs++;
        if (failure.isPresent()) {
          tell(failure.get());
          return sum(runs, true);
        }
        progress(runs);
      }
    }
    return sum(runs, false);
  }

  private List<String> available() {
    List<String> engines = new ArrayList<>();
    for (String engine : options.engines()) {
      try {
        Program.of(engine, 1).setup().open().close();
        engines.add(engine);
      } catch (EngineUnavailable e) {
        out.println(engine + " is left out: " + e.getMessage());
      }
    }
    return engines;
  }

  private Duration elapsed() {
    return Duration.ofNanos(System.nanoTime() - startedNanos);
  }

  private void progress(long runs) {
    long now = System.nanoTime();
    if (now - toldNanos >= BETWEEN_REPORTS.toNanos()) {
      toldNanos = now;
      out.println(count(runs) + " programs, " + clock());
      out.flush();
    }
  }

  private boolean sum(long runs, boolean isFound) {
    out.println(
        (isFound ? "1 failure in " : "no failure in ")
            + count(runs)
            + " programs on "
            + String.join(", ", options.engines())
            + " from seed "
            + options.from()
            + " on, "
            + clock()
            + (isStopped ? "; stopped" : ""));
    out.flush();
    return !isFound;
  }

  private static String count(long number) {
    return String.format(Locale.ROOT, "%,d", number);
  }

  private String clock() {
    return "%d:%02d".formatted(elapsed().toMinutes(), elapsed().toSecondsPart());
  }

  // ---- one seed

  /**
   * Runs one seed several times, or until it fails; answers whether it passes each time.
   *
   * @param lanes all others are left out; empty for all
   * @param steps as many writes of each end at most; 0 for all
   */
  public boolean replay(String engine, long seed, Set<Integer> lanes, int steps) {
    Program all = Program.of(engine, seed);
    Program program =
        all.only(
            lanes.isEmpty() ? all.laneNumbers() : lanes, steps == 0 ? Program.ALL_STEPS : steps);
    for (int i = 1; i <= TRIES && !isStopped; i++) {
      Optional<Failure> failure = Run.of(program, options.hangLimit());
      if (failure.isPresent()) {
        out.println("try " + i + " of " + TRIES + ":");
        tell(failure.get());
        return false;
      }
    }
    out.println(engine + " passes " + TRIES + " times with seed " + seed);
    out.flush();
    return true;
  }

  private void tell(Failure failure) {
    Program program = failure.program();
    out.println(program.engine() + " seed " + program.seed() + ": " + failure.text());
    stack(failure);
    out.println(program.setup() + ", " + program.lanes().size() + " lanes");
    out.println("replay:  " + replay(program));
    out.flush();
    if (!options.shrinkTime().isZero()) {
      Program small = new ProgramShrinker(options).shrink(failure);
      if (small.equals(program)) {
        out.println("no smaller program was found that fails in this way again");
      } else {
        out.println("smaller: " + small.lanes().size() + " lanes");
        out.println("replay:  " + replay(small));
      }
    }
    out.flush();
  }

  private void stack(Failure failure) {
    Throwable cause = failure.cause();
    if (cause == null) {
      return;
    }
    out.println("  " + cause.getClass().getName());
    List.of(cause.getStackTrace()).stream()
        .filter(frame -> frame.getClassName().startsWith("gyre."))
        .limit(FRAMES)
        .forEach(frame -> out.println("    at " + frame));
  }

  private static String replay(Program program) {
    Program all = Program.of(program.engine(), program.seed());
    Set<Integer> lanes = new TreeSet<>(program.laneNumbers());
    String command = "./gyre sim --real --engine " + program.engine() + " --seed " + program.seed();
    if (lanes.size() < all.lanes().size()) {
      command += " --lanes " + lanes.stream().map(String::valueOf).collect(Collectors.joining(","));
    }
    return program.steps() == Program.ALL_STEPS ? command : command + " --steps " + program.steps();
  }
}
