package gyre.cli;

import gyre.generator.FileChange;
import gyre.generator.Framing;
import gyre.generator.Generator;
import gyre.generator.GeneratorException;
import gyre.generator.ProgramKind;
import gyre.generator.Project;
import gyre.generator.ProjectOptions;
import gyre.generator.Target;
import gyre.lab.judge.GeneratedProjects;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code gyre new}: writes a project. */
@Command(
    name = "new",
    description = {
      "Writes a whole project: the same program for Gyre, libuv, Tokio and others.",
      "",
      "  gyre new --list",
      "  gyre new tcp-echo --for gyre my-echo",
      "  gyre new tcp-server --for gyre --framing length --tls --metrics --tests my-server",
      "",
      "What is there already is left alone: if a file differs, the difference is shown, and nothing"
          + " is written without --force.",
      ""
    },
    exitCodeListHeading = "%nExit codes:%n",
    exitCodeList = {
      "0:the project is written",
      "1:it is not: files differ, or cannot be written",
      "2:the arguments are wrong"
    },
    mixinStandardHelpOptions = true,
    versionProvider = Main.Version.class,
    sortOptions = false)
final class NewCommand implements Callable<Integer> {
  /** A process may have 20,000 descriptors on many systems. */
  private static final int CONNECTIONS_MAX = 15_000;

  @Spec private CommandSpec spec = CommandSpec.create();

  @Parameters(
      index = "0",
      arity = "0..1",
      paramLabel = "PROGRAM",
      description = "Which program; --list shows them.")
  private @Nullable String program;

  @Parameters(
      index = "1",
      arity = "0..1",
      paramLabel = "DIR",
      description = "Where to write it; the directory is made.")
  private @Nullable Path directory;

  @Option(names = "--for", paramLabel = "TARGET", description = "For which runtime.")
  private Optional<String> target = Optional.empty();

  @Option(names = "--name", paramLabel = "N", description = "Default: the name of the directory")
  private Optional<String> name = Optional.empty();

  @Option(
      names = "--framing",
      paramLabel = "lines|length",
      description = "How messages are told apart; default: lines.")
  private Optional<String> framing = Optional.empty();

  @Option(names = "--tls", description = "Connections are encrypted.")
  private boolean tls;

  @Option(names = "--metrics", description = "Counters, in the text format of Prometheus.")
  private boolean metrics;

  @Option(names = "--tests", description = "Unit tests, run by the build tool.")
  private boolean tests;

  @Option(names = "--force", description = "Overwrites files that differ.")
  private boolean force;

  @Option(names = "--list", description = "Shows programs, targets, and which options each has.")
  private boolean list;

  @Option(
      names = "--verify-all",
      description =
          "Writes, builds and judges all there is, in a temporary folder; PROGRAM and --for narrow"
              + " it down.")
  private boolean verifyAll;

  @Option(
      names = "--connections",
      paramLabel = "N",
      defaultValue = "1000",
      description = "With --verify-all: how many each server is to serve at once; default: 1000.")
  private int connections;

  @Override
  public Integer call() throws IOException, InterruptedException {
    PrintWriter out = spec.commandLine().getOut();
    if (list) {
      ProjectList.print(out);
      return 0;
    }
    if (connections < 1 || connections > CONNECTIONS_MAX) {
      throw new ParameterException(
          spec.commandLine(), "--connections is 1 to " + CONNECTIONS_MAX + ", not " + connections);
    }
    if (verifyAll) {
      checkOnlyNarrowed();
      Path folder = Files.createTempDirectory("gyre-new");
      out.println("in " + folder + ", which stays");
      return new GeneratedProjects(folder, out, connections)
              .verifyAll(Optional.ofNullable(program).map(this::program), target.map(this::target))
          ? 0
          : 1;
    }
    Path into = directory;
    if (program == null || into == null) {
      throw new ParameterException(
          spec.commandLine(),
          "PROGRAM and DIR are needed, as in: gyre new tcp-echo --for gyre DIR");
    }
    return write(out, project(program, into), into);
  }

  /** Else somebody believes to have judged what was never built. */
  private void checkOnlyNarrowed() {
    boolean isMore =
        directory != null || name.isPresent() || framing.isPresent() || tls || metrics || tests;
    if (isMore || force) {
      throw new ParameterException(
          spec.commandLine(),
          "--verify-all takes PROGRAM, --for and --connections: it judges each program plain and"
              + " with all options, in a folder of its own");
    }
  }

  private Project project(String wanted, Path into) {
    ProgramKind kind = program(wanted);
    Target runtime =
        target(
            target.orElseThrow(() ->
                new ParameterException(
                    spec.commandLine(), "--for TARGET is needed: " + labels(Target.values()))));
    try {
      return Generator.project(kind, runtime, name.orElseGet(() -> nameOf(into)), options());
    } catch (GeneratorException e) {
      throw new ParameterException(spec.commandLine(), e.getMessage() + hint(into), e);
    }
  }

  private ProgramKind program(String label) {
    return ProgramKind.of(label).orElseThrow(() -> unknown("program", label, ProgramKind.values()));
  }

  private Target target(String label) {
    return Target.of(label).orElseThrow(() -> unknown("target", label, Target.values()));
  }

  private ProjectOptions options() {
    ProjectOptions options = ProjectOptions.defaults().tls(tls).metrics(metrics).tests(tests);
    return framing
        .map(label ->
            Framing.of(label)
                .orElseThrow(() ->
                    new ParameterException(
                        spec.commandLine(), "--framing is lines or length, not '" + label + "'")))
        .map(options::framing)
        .orElse(options);
  }

  /** Who is told that a name is wrong may never have chosen one. */
  private String hint(Path into) {
    return name.isEmpty() && !Generator.isName(nameOf(into))
        ? " (the directory's; --name gives the project another one)"
        : "";
  }

  /** Empty for the root of all. */
  private static String nameOf(Path directory) {
    Path last = directory.toAbsolutePath().normalize().getFileName();
    return last == null ? "" : last.toString().toLowerCase(Locale.ROOT);
  }

  private ParameterException unknown(String what, String word, Object[] all) {
    return new ParameterException(
        spec.commandLine(), "there is no " + what + " '" + word + "'; there are: " + labels(all));
  }

  private static String labels(Object[] all) {
    return Arrays.stream(all)
        .map(each -> each instanceof Target one ? one.label() : ((ProgramKind) each).label())
        .collect(Collectors.joining(", "));
  }

  private int write(PrintWriter out, Project project, Path into) {
    try {
      List<FileChange> changes = project.compare(into);
      changes.forEach(change -> out.print(change.diff()));
      for (FileChange done : project.write(into, force)) {
        String mark =
            switch (done.kind()) {
              case NEW -> "new      ";
              case SAME -> "same     ";
              case DIFFERS -> "replaced ";
            };
        out.println(mark + into.resolve(done.path()));
      }
      out.flush();
      return 0;
    } catch (GeneratorException e) {
      out.flush();
      spec.commandLine().getErr().println("gyre new: " + e.getMessage());
      return 1;
    }
  }
}
