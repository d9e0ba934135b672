package gyre.lab.judge;

import gyre.generator.Feature;
import gyre.generator.Framing;
import gyre.generator.Generator;
import gyre.generator.GeneratorException;
import gyre.generator.ProgramKind;
import gyre.generator.ProjectOptions;
import gyre.generator.Target;
import java.io.PrintWriter;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/** Writes what {@code gyre new} offers, builds it with the tools of its world, and judges it. */
public final class GeneratedProjects {
  private static final String NAME = "judged-server";

  /** Handshakes cost the judge more than the server. */
  private static final int TLS_CONNECTIONS = 200;

  private final Path folder;
  private final PrintWriter out;
  private final int connections;
  private final List<String> broken = new ArrayList<>();

  /**
   * Works in a folder.
   *
   * @param folder there, and empty
   * @param out is told each result
   * @param connections how many each server is to serve at once
   */
  public GeneratedProjects(Path folder, PrintWriter out, int connections) {
    this.folder = folder;
    this.out = out;
    this.connections = connections;
  }

  /** How it ended for one project. */
  public enum Verdict {
    KEPT,
    BROKEN,
    /** It compiles, and does not run on this system. */
    COMPILED,
    /** It can't be built here; the output says why. */
    SKIPPED
  }

  /**
   * All of them, plain and with all options at once; false if one does not build, or breaks a
   * promise.
   *
   * @param program empty for each
   * @param target empty for each
   */
  public boolean verifyAll(Optional<ProgramKind> program, Optional<Target> target)
      throws InterruptedException {
    Instant begin = Instant.now();
    Map<Verdict, Integer> counts = new EnumMap<>(Verdict.class);
    for (ProgramKind kind : ProgramKind.values()) {
      for (Target each : Target.values()) {
        boolean isAsked = program.orElse(kind) == kind && target.orElse(each) == each;
        if (isAsked && Generator.offers(kind, each)) {
          counts.merge(verify(kind, each, ProjectOptions.defaults()), 1, Integer::sum);
          if (!Generator.features(kind, each).isEmpty()) {
            counts.merge(verify(kind, each, everything(kind, each)), 1, Integer::sum);
          }
        }
      }
    }
    out.println("after " + minutes(begin) + " minutes, with all that is broken once more:");
    counts.forEach((verdict, count) -> out.println(verdict + ": " + count));
    broken.forEach(out::println);
    out.flush();
    return !counts.containsKey(Verdict.BROKEN);
  }

  /** All that a cell offers; of framings the one that is not the default. */
  public static ProjectOptions everything(ProgramKind program, Target target) {
    Set<Feature> offered = Generator.features(program, target);
    ProjectOptions options =
        ProjectOptions.defaults()
            .tls(offered.contains(Feature.TLS))
            .metrics(offered.contains(Feature.METRICS))
            .tests(offered.contains(Feature.TESTS));
    return offered.contains(Feature.FRAMING) ? options.framing(Framing.LENGTH) : options;
  }

  /** Writes, builds and judges one; says why if it is not as promised, at which step. */
  public Verdict verify(ProgramKind program, Target target, ProjectOptions options)
      throws InterruptedException {
    String cell = (program.label() + " for " + target.label() + " " + options).strip();
    out.println(cell);
    out.flush();
    Instant begin = Instant.now();
    Outcome outcome;
    try {
      outcome = outcome(program, target, options);
    } catch (GeneratorException | JudgementException | UncheckedIOException e) {
      outcome = new Outcome(Verdict.BROKEN, "it could not be judged: " + e.getMessage());
    }
    String why = outcome.why().isEmpty() ? "" : ": " + outcome.why();
    out.println("  " + outcome.verdict() + why + " (" + minutes(begin) + " minutes)");
    out.flush();
    if (outcome.verdict() == Verdict.BROKEN) {
      broken.add("  " + cell + why);
    }
    return outcome.verdict();
  }

  private record Outcome(Verdict verdict, String why) {}

  private static String minutes(Instant begin) {
    long seconds = Duration.between(begin, Instant.now()).toSeconds();
    return "%d:%02d".formatted(seconds / 60, seconds % 60);
  }

  private Outcome outcome(ProgramKind program, Target target, ProjectOptions options)
      throws InterruptedException {
    Toolchain tools = new Toolchain(target);
    Optional<String> refusal = tools.refusal();
    if (refusal.isPresent()) {
      return new Outcome(Verdict.SKIPPED, refusal.get());
    }
    String suffix = options.features().isEmpty() ? "" : "-options";
    Path directory = folder.resolve(Toolchain.folder(program, target) + suffix);
    var ignored = Generator.project(program, target, NAME, options).write(directory, false);
    if (!isDone(directory, tools.steps(directory))) {
      return new Outcome(Verdict.BROKEN, "it does not build in " + directory);
    }
    if (!tools.runs()) {
      return new Outcome(Verdict.COMPILED, "it can't run here");
    }
    if (options.has(Feature.TESTS) && !passesTests(tools, directory)) {
      return new Outcome(Verdict.BROKEN, "its own tests fail in " + directory);
    }
    int many = options.has(Feature.TLS) ? Math.min(connections, TLS_CONNECTIONS) : connections;
    Subject subject = subject(tools, directory, options);
    try (Judge judge = Judges.of(program, subject, options, many)) {
      return judged(judge, directory);
    }
  }

  private static Subject subject(Toolchain tools, Path directory, ProjectOptions options) {
    return new Subject(
        tools.command(directory, NAME), options.has(Feature.TLS), options.has(Feature.METRICS));
  }

  private Outcome judged(Judge judge, Path directory) {
    Map<String, String> results = judge.judge();
    List<String> faults = new ArrayList<>();
    results.forEach((promise, fault) -> {
      if (fault.isEmpty()) {
        out.println("  kept    " + promise);
      } else {
        out.println("  broken  " + promise + ": " + fault);
        faults.add(promise);
      }
    });
    return faults.isEmpty()
        ? new Outcome(Verdict.KEPT, "")
        : new Outcome(
            Verdict.BROKEN, "in " + directory + " it does not keep: " + String.join("; ", faults));
  }

  private boolean passesTests(Toolchain tools, Path directory) throws InterruptedException {
    Optional<List<String>> testing = tools.testing(directory);
    if (testing.isEmpty()) {
      out.println("  its own tests were not run: JUnit's console launcher is not to be had here");
      return true;
    }
    boolean isPassed = isDone(directory, List.of(testing.get()));
    if (isPassed) {
      out.println("  kept    its own tests pass");
    }
    return isPassed;
  }

  private boolean isDone(Path directory, List<List<String>> steps) throws InterruptedException {
    return Steps.run(directory, steps, line -> out.println("    " + line));
  }
}
