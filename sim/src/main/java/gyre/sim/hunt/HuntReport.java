package gyre.sim.hunt;

import gyre.sim.Investigation;
import gyre.sim.Outcome;
import gyre.sim.Shrunk;
import gyre.sim.Simulation;
import gyre.sim.scenario.Scenario;
import java.io.PrintWriter;
import java.time.Duration;
import java.util.Arrays;
import java.util.Locale;
import java.util.Optional;

/** Says what a hunt does and what it has found, in the words of {@code gyre sim}. */
public final class HuntReport {
  private static final int FRAMES = 12;
  private static final Duration LONG = Duration.ofSeconds(10);

  private final PrintWriter out;
  private final boolean isTerminal;
  private long toldNanos = System.nanoTime();
  private int width;

  private HuntReport(PrintWriter out, boolean isTerminal) {
    this.out = out;
    this.isTerminal = isTerminal;
  }

  /**
   * Reports to {@code out}.
   *
   * @param isTerminal whether a line can be written over
   */
  public static HuntReport on(PrintWriter out, boolean isTerminal) {
    return new HuntReport(out, isTerminal);
  }

  /** Hunts until it is over; answers whether nothing was found. */
  public boolean hunt(Hunt hunt) {
    HuntResult result = hunt.run(this::progress);
    erase();
    result.failure().ifPresent(failure -> failed(failure, hunt.options().shrinkRuns()));
    out.println(sum(hunt.options(), result));
    out.flush();
    return result.failure().isEmpty();
  }

  private void progress(Hunt hunt) {
    long now = System.nanoTime();
    long interval = isTerminal ? 250_000_000L : 10_000_000_000L;
    if (now - toldNanos < interval) {
      return;
    }
    toldNanos = now;
    String line =
        count(hunt.finished())
            + " of "
            + count(hunt.options().runs())
            + " runs, "
            + rate(hunt.finished(), hunt.elapsed())
            + ", "
            + clock(hunt.elapsed())
            + hunt.slowest(LONG).map(name -> ", " + name + " takes long").orElse("");
    if (isTerminal) {
      erase();
      out.print(line);
      width = line.length();
    } else {
      out.println(line);
    }
    out.flush();
  }

  private void erase() {
    if (width > 0) {
      out.print("\r" + " ".repeat(width) + "\r");
      width = 0;
    }
  }

  private static String sum(HuntOptions options, HuntResult result) {
    long scenarios = options.scenarios().size();
    return (result.failure().isPresent() ? "1 failure in " : "no failure in ")
        + count(result.runs())
        + " runs of "
        + (scenarios == 1 ? options.scenarios().getFirst().name() : scenarios + " scenarios")
        + " from seed "
        + options.from()
        + " on, "
        + clock(result.elapsed())
        + ", "
        + rate(result.runs(), result.elapsed())
        + (result.isStopped() ? "; stopped" : "")
        + (result.unfinished() > 0 ? "; " + result.unfinished() + " under way not finished" : "");
  }

  private static String count(long number) {
    return String.format(Locale.ROOT, "%,d", number);
  }

  private static String rate(long runs, Duration elapsed) {
    return count(runs * 1000 / Math.max(1, elapsed.toMillis())) + "/s";
  }

  private static String clock(Duration elapsed) {
    return "%d:%02d".formatted(elapsed.toMinutes(), elapsed.toSecondsPart());
  }

  // ---- one seed

  private void failed(Catch caught, int shrinkRuns) {
    out.println(caught.scenario().name() + ": " + message(caught.failure()));
    investigate(
        caught.scenario(),
        caught.scenario().simulation(caught.seed()),
        caught.failure(),
        shrinkRuns);
  }

  private static String message(Throwable failure) {
    return failure instanceof AssertionError && failure.getMessage() != null
        ? failure.getMessage()
        : failure.toString();
  }

  private void investigate(
      Scenario scenario, Simulation simulation, Throwable failure, int shrinkRuns) {
    Throwable cause = failure.getCause();
    if (cause != null) {
      out.println();
      stack(cause);
    }
    out.println();
    out.println("replay:  " + replay(scenario, simulation, ""));
    if (failure instanceof StuckRun) {
      stack(failure);
      return;
    }
    // What follows takes time, and may be interrupted: what is known is said before.
    out.flush();
    Investigation told = Investigation.of(simulation, Simulation::run);
    if (!told.hasFailedLike(failure)) {
      out.println("but the same seed did not fail in this way again: it depends on something else");
      return;
    }
    if (shrinkRuns > 0) {
      Shrunk shrunk = told.shrink(shrinkRuns);
      out.println();
      out.println(shrunk);
      if (shrunk.faults().size() < shrunk.faultsBefore()) {
        out.println("replay:  " + replay(scenario, simulation, options(shrunk)));
      }
      told = Investigation.of(shrunk.simulation(), Simulation::run);
    }
    out.println();
    out.println("what happened last (all of it: --trace):");
    told.tail(Investigation.LINES).forEach(out::println);
    out.println();
    out.flush();
  }

  /** The frames of programs, not those of the JDK and of libraries around them. */
  private void stack(Throwable cause) {
    out.println(cause);
    Arrays.stream(cause.getStackTrace())
        .filter(frame -> frame.getClassName().startsWith("gyre."))
        .limit(FRAMES)
        .forEach(frame -> out.println("    at " + frame));
  }

  private static String options(Shrunk shrunk) {
    return " " + shrunk.settings("--", " ");
  }

  private static String replay(Scenario scenario, Simulation simulation, String more) {
    return "./gyre sim --seed " + simulation.seed() + " " + scenario.name() + more;
  }

  /** Runs one seed, with its whole trace if that is asked for; answers whether it passes. */
  public boolean replay(
      Scenario scenario, Simulation simulation, boolean isTraced, int shrinkRuns) {
    Optional<Throwable> failure;
    if (isTraced) {
      Investigation investigation = Investigation.of(simulation, Simulation::run);
      investigation.trace(out::println);
      failure = investigation.failure();
      failure.ifPresent(thrown -> out.println(message(thrown)));
    } else {
      failure = run(scenario, simulation);
      failure.ifPresent(thrown -> {
        out.println(scenario.name() + ": " + message(thrown));
        investigate(scenario, simulation, thrown, shrinkRuns);
      });
    }
    out.flush();
    return failure.isEmpty();
  }

  private Optional<Throwable> run(Scenario scenario, Simulation simulation) {
    try {
      Outcome outcome = simulation.run();
      out.println(
          scenario.name()
              + " passes with seed "
              + outcome.seed()
              + ": "
              + count(outcome.events())
              + " events and "
              + count(outcome.faults())
              + " faults in "
              + outcome.elapsed().toMillis() / 1e3
              + " s of its time, hash "
              + Long.toHexString(outcome.hash()));
      return Optional.empty();
    } catch (Throwable e) {
      return Optional.of(e);
    }
  }
}
