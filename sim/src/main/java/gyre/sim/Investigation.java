package gyre.sim;

import java.io.BufferedWriter;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.function.Consumer;

/**
 * Has an attempt again, to find out what happened in it. A run that does not fail has a trace too.
 */
public final class Investigation {
  /** As many runs as it is worth to make a failure smaller, unless said otherwise. */
  public static final int RUNS = 300;

  /** As many lines of a trace as one cares to read, unless said otherwise. */
  public static final int LINES = 40;

  private final Simulation simulation;
  private final Attempt attempt;
  private final Recording first;

  private Investigation(Simulation simulation, Attempt attempt) {
    this.simulation = simulation;
    this.attempt = attempt;
    this.first = Recording.of(simulation, attempt);
  }

  /** Runs it once. */
  public static Investigation of(Simulation simulation, Attempt attempt) {
    return new Investigation(simulation, attempt);
  }

  /** How it failed, if it did. */
  public Optional<Throwable> failure() {
    return Optional.ofNullable(first.failure());
  }

  /** All faults that struck and were let through. */
  public List<InjectedFault> faults() {
    return first.faults();
  }

  /** The last lines of its trace: who did what, and when; and which fault struck. */
  public List<String> tail(int lines) {
    return Recording.tail(simulation, attempt, first.lineCount(), lines);
  }

  /** All lines of its trace, as they come. */
  public void trace(Consumer<String> lines) {
    Recording.of(simulation, attempt, 0, lines);
  }

  /** All lines of its trace. */
  public void writeTrace(Path file) {
    try (BufferedWriter writer = Files.newBufferedWriter(file)) {
      trace(line -> write(writer, line));
    } catch (IOException e) {
      throw new UncheckedIOException("the trace can't be written to " + file, e);
    }
  }

  private static void write(BufferedWriter writer, String line) {
    try {
      writer.write(line);
      writer.newLine();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Whether {@code failure} is what this investigates: the same but for numbers. */
  public boolean hasFailedLike(Throwable failure) {
    return first.failsLike(SimulationFailure.shape(failure));
  }

  /**
   * Looks for the same failure with fewer faults.
   *
   * @param runs the most that it may take
   */
  public Shrunk shrink(int runs) {
    String shape =
        SimulationFailure.shape(
            failure()
                .orElseThrow(() ->
                    new IllegalStateException("seed " + simulation.seed() + " did not fail")));
    return new Shrinker(simulation, first, attempt, shape, runs).shrink();
  }

  /** What {@link #shrink} found, had again. */
  Investigation of(Shrunk shrunk) {
    return of(shrunk.simulation(), attempt);
  }

  /**
   * Runs an attempt twice and compares all that happens.
   *
   * @throws SimulationFailure of the kind {@link SimulationFailure.Kind#NOT_DETERMINISTIC} if the
   *     two differ, with the first event that does; otherwise what the attempt throws
   */
  public static void checkTwice(Simulation simulation, Attempt attempt) {
    Objects.requireNonNull(attempt);
    Comparison.check(simulation, attempt);
  }
}
