package gyre.cli;

import gyre.lab.CompareOptions;
import gyre.lab.ExperimentOptions;
import gyre.lab.Lab;
import gyre.lab.OverloadOptions;
import gyre.lab.RaceOptions;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/**
 * {@code gyre lab}: races, profiles, experiments and rounds of them. All that it does is in the
 * lab.
 */
@Command(
    name = "lab",
    description = "Measures Gyre beside its peers.",
    subcommands = {
      LabCommand.Race.class,
      LabCommand.Compare.class,
      LabCommand.Profile.class,
      LabCommand.Overload.class,
      LabCommand.Experiment.class,
      RoundCommand.class
    },
    mixinStandardHelpOptions = true,
    versionProvider = Main.Version.class,
    synopsisSubcommandLabel = "COMMAND")
final class LabCommand implements Callable<Integer> {
  @Spec private CommandSpec spec = CommandSpec.create();

  @Override
  public Integer call() {
    throw new ParameterException(
        spec.commandLine(),
        "a command is missing; commands: " + String.join(", ", spec.subcommands().keySet()));
  }

  /** All workloads, by name. */
  static final class WorkloadNames extends ArrayList<String> {
    private static final long serialVersionUID = 1L;

    WorkloadNames() {
      super(Lab.workloadNames());
    }
  }

  /** All peers, by name. */
  static final class PeerNames extends ArrayList<String> {
    private static final long serialVersionUID = 1L;

    PeerNames() {
      super(Lab.peerNames());
    }
  }

  /** {@code gyre lab race}. */
  @Command(
      name = "race",
      description = "Races Gyre against its peers on the same work, on pinned cores.",
      mixinStandardHelpOptions = true,
      versionProvider = Main.Version.class,
      sortOptions = false)
  static final class Race implements Callable<Integer> {
    @Parameters(
        paramLabel = "WORKLOAD",
        description = {
          "Which, as in echo/50x64x1, or echo for all of them. Default: all.",
          "There are: ${COMPLETION-CANDIDATES}",
          "'generated' instead races the echo servers of gyre new, --peers being its targets."
        },
        completionCandidates = WorkloadNames.class)
    private List<String> workloads = new ArrayList<>();

    @Option(
        names = "--peers",
        split = ",",
        paramLabel = "A,B",
        description = {
          "Which, as in gyre-push,libuv, or netty for all of them. Default: all.",
          "There are: ${COMPLETION-CANDIDATES}"
        },
        completionCandidates = PeerNames.class)
    private List<String> peers = new ArrayList<>();

    @Option(
        names = "--rounds",
        paramLabel = "N",
        description =
            "Exactly so many; else as many as it takes until ratios are known to 2 %%,"
                + " or to 3 %% with --quick.")
    private Optional<Integer> rounds = Optional.empty();

    @Option(
        names = "--seconds",
        paramLabel = "N",
        description =
            "Length of a round; 0.02 if not said, and half as long again where a program drives"
                + " itself.")
    private Optional<Double> seconds = Optional.empty();

    @Option(
        names = "--minutes",
        paramLabel = "N",
        description =
            "How long it may take at most: more time, more rounds. 14 for everything if not said,"
                + " less for less.")
    private Optional<Double> minutes = Optional.empty();

    @Option(names = "--quick", description = "A first look, within two minutes.")
    private boolean quick;

    @Option(names = "--force", description = "Measure even where it is worth little.")
    private boolean force;

    @Option(names = "--json", paramLabel = "FILE", description = "Everything, for programs.")
    private Optional<Path> json = Optional.empty();

    @Option(names = "--html", paramLabel = "FILE", description = "A page with charts.")
    private Optional<Path> html = Optional.empty();

    @Option(names = "--markdown", paramLabel = "FILE", description = "The table, for documents.")
    private Optional<Path> markdown = Optional.empty();

    @Option(names = "--svg", paramLabel = "FILE", description = "The chart of the README.")
    private Optional<Path> svg = Optional.empty();

    @Override
    public Integer call() {
      Lab.open(System.out)
          .race(
              new RaceOptions(
                  workloads, peers, rounds, seconds, minutes, quick, force, json, html, markdown,
                  svg));
      return 0;
    }
  }

  /** {@code gyre lab compare}. */
  @Command(
      name = "compare",
      description = "Says how far two runs of a race agree in their ratios.",
      mixinStandardHelpOptions = true,
      versionProvider = Main.Version.class,
      sortOptions = false)
  static final class Compare implements Callable<Integer> {
    @Parameters(index = "0", paramLabel = "FIRST", description = "From gyre lab race --json FIRST.")
    private Path first = Path.of("");

    @Parameters(index = "1", paramLabel = "SECOND", description = "The same race run again.")
    private Path second = Path.of("");

    @Option(names = "--peers", split = ",", paramLabel = "A,B", description = "Default: all")
    private List<String> peers = new ArrayList<>();

    @Option(
        names = "--within",
        paramLabel = "PERCENT",
        defaultValue = "5",
        description = "What counts as agreeing. Default: ${DEFAULT-VALUE}")
    private double withinPercent;

    @Option(names = "--markdown", paramLabel = "FILE", description = "The same, for documents.")
    private Optional<Path> markdown = Optional.empty();

    @Override
    public Integer call() {
      Lab.compare(new CompareOptions(first, second, peers, withinPercent, markdown), System.out);
      return 0;
    }
  }

  /** {@code gyre lab profile}. */
  @Command(
      name = "profile",
      description = "Shows where the time of one peer goes: cycles, frames, waiting, system calls.",
      mixinStandardHelpOptions = true,
      versionProvider = Main.Version.class,
      sortOptions = false)
  static final class Profile implements Callable<Integer> {
    @Parameters(paramLabel = "WORKLOAD", description = "One, as in echo/50x64x1.")
    private String workload = "";

    @Option(names = "--peer", defaultValue = "gyre-push", description = "Default: ${DEFAULT-VALUE}")
    private String peer = "";

    @Option(names = "--force", description = "Also on one core.")
    private boolean force;

    @Override
    public Integer call() {
      Lab.open(System.out).profile(workload, peer, force);
      return 0;
    }
  }

  /** {@code gyre lab overload}. */
  @Command(
      name = "overload",
      description = {
        "Has many peers misbehave towards a server, and says what an honest client had of it.",
        "Exit code 1 says that a promise of docs/guide/limits.md was broken."
      },
      mixinStandardHelpOptions = true,
      versionProvider = Main.Version.class,
      sortOptions = false)
  static final class Overload implements Callable<Integer> {
    @Spec private CommandSpec spec = CommandSpec.create();

    @Option(
        names = "--engine",
        paramLabel = "NAME",
        defaultValue = "all",
        description = "uring, epoll, nio or all. Default: ${DEFAULT-VALUE}")
    private String engine = "all";

    @Option(
        names = "--greedy",
        paramLabel = "N",
        defaultValue = "1500",
        description =
            "Connections that send 99,000 of 100,000 bytes and fall silent."
                + " Default: ${DEFAULT-VALUE}")
    private int greedy;

    @Option(
        names = "--slow",
        paramLabel = "N",
        defaultValue = "400",
        description =
            "Connections that ask for 1 MiB and read four bytes a second. Default: ${DEFAULT-VALUE}")
    private int slow;

    @Option(
        names = "--resetting",
        paramLabel = "N",
        defaultValue = "200",
        description = "Connections that send 50,000 bytes and are reset. Default: ${DEFAULT-VALUE}")
    private int resetting;

    @Option(
        names = "--seconds",
        paramLabel = "N",
        defaultValue = "95",
        description = "How long they are there, on each engine. Default: ${DEFAULT-VALUE}")
    private int seconds;

    @Option(
        names = "--patience",
        paramLabel = "N",
        defaultValue = "10",
        description =
            "Seconds in which an honest small request has to be answered, and in which all has to"
                + " be as before when they have left. Default: ${DEFAULT-VALUE}")
    private int patience;

    @Option(
        names = "--pool-mib",
        paramLabel = "N",
        defaultValue = "0",
        description = "Limit of the loop's memory; 0 for the default of 64.")
    private int poolMebibytes;

    @Option(
        names = "--leaks",
        description =
            "Attack three times, and see whether descriptors, threads, memory or live objects grow"
                + " with each.")
    private boolean leaks;

    @Override
    public Integer call() {
      OverloadOptions options =
          new OverloadOptions(
              engines(),
              greedy,
              slow,
              resetting,
              Duration.ofSeconds(seconds),
              Duration.ofSeconds(patience),
              Math.multiplyExact(poolMebibytes, 1 << 20),
              leaks);
      return Lab.open(System.out).overload(options) ? 0 : 1;
    }

    private List<String> engines() {
      return switch (engine) {
        case "all" -> OverloadOptions.ENGINES;
        case "uring", "io_uring" -> List.of("io_uring");
        case "epoll", "nio" -> List.of(engine);
        default ->
            throw new ParameterException(
                spec.commandLine(),
                "--engine: unknown '" + engine + "'; engines: uring, epoll, nio, all");
      };
    }
  }

  /** {@code gyre lab experiment}. */
  @Command(
      name = "experiment",
      description = {
        "Judges a change: tests, race, profiles, and an entry in experiments/.",
        "Takes a quarter of an hour or so, without the tests less. Adds to EXPERIMENTS.md and"
            + " SUMMARY.md, which are part of the repository."
      },
      mixinStandardHelpOptions = true,
      versionProvider = Main.Version.class,
      sortOptions = false)
  static final class Experiment implements Callable<Integer> {
    @Parameters(paramLabel = "NAME", description = "What it is called in the log, for good.")
    private String name = "";

    @Option(names = "--base", paramLabel = "REV", required = true, description = "What is changed.")
    private String base = "";

    @Option(
        names = "--candidate",
        paramLabel = "REV",
        required = true,
        description = "The change; 'worktree' is this tree as it is.")
    private String candidate = "";

    @Option(
        names = "--what",
        defaultValue = "",
        paramLabel = "TEXT",
        description = "The change in words. Default: those of its commit")
    private String what = "";

    @Option(names = "--workloads", split = ",", paramLabel = "A,B", description = "Which to race.")
    private List<String> workloads = new ArrayList<>();

    @Option(names = "--peer", defaultValue = "gyre-push", description = "Default: ${DEFAULT-VALUE}")
    private String peer = "";

    @Option(names = "--no-gate", description = "Without the tests, for a first look.")
    private boolean noGate;

    @Option(names = "--force", description = "Also on one core.")
    private boolean force;

    @Override
    public Integer call() {
      Lab.open(System.out)
          .experiment(
              new ExperimentOptions(name, what, base, candidate, workloads, peer, !noGate, force));
      return 0;
    }
  }
}
