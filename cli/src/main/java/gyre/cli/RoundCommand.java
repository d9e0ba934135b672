package gyre.cli;

import gyre.lab.round.Rounds;
import gyre.lab.round.Step;
import java.nio.file.Path;
import java.util.Optional;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code gyre lab round}: rounds of experiments. All that it does is in the lab. */
@Command(
    name = "round",
    description = {
      "Runs rounds of experiments: profile, proposals, implementations, gates, race, verdict.",
      "",
      "  gyre lab round start gyre --replay DIR",
      "  AGENT=claude gyre lab round start libevent --checkout DIR",
      "",
      "AGENT says who proposes and implements: replay (answers from files), command (AGENT_COMMAND,"
          + " prompt on standard input), claude, codex or aider.",
      ""
    },
    subcommands = {
      RoundCommand.Start.class,
      RoundCommand.Resume.class,
      RoundCommand.ListAll.class,
      RoundCommand.Revoke.class,
      RoundCommand.Summary.class,
      RoundCommand.Check.class
    },
    mixinStandardHelpOptions = true,
    versionProvider = Main.Version.class,
    synopsisSubcommandLabel = "COMMAND")
final class RoundCommand implements Callable<Integer> {
  @Spec private CommandSpec spec = CommandSpec.create();

  @Override
  public Integer call() {
    throw new ParameterException(
        spec.commandLine(),
        "a command is missing; commands: " + String.join(", ", spec.subcommands().keySet()));
  }

  /** {@code gyre lab round start}. */
  @Command(
      name = "start",
      description = "Begins a round, and takes it to its end.",
      mixinStandardHelpOptions = true,
      versionProvider = Main.Version.class,
      sortOptions = false)
  static final class Start implements Callable<Integer> {
    @Parameters(paramLabel = "TARGET", description = "A file of lab/rounds/targets, as in gyre.")
    private String target = "";

    @Option(names = "--checkout", paramLabel = "DIR", description = "Where the target is.")
    private Optional<Path> checkout = Optional.empty();

    @Option(
        names = "--base",
        paramLabel = "REV",
        defaultValue = "HEAD",
        description = "What is to be made better. Default: ${DEFAULT-VALUE}")
    private String base = "HEAD";

    @Option(names = "--replay", paramLabel = "DIR", description = "Answers in place of an agent.")
    private Optional<Path> replay = Optional.empty();

    @Option(names = "--until", paramLabel = "STEP", description = "The last step to do now.")
    private Optional<String> until = Optional.empty();

    @Option(
        names = "--rounds",
        paramLabel = "N",
        defaultValue = "0",
        description = "Of each race. Default: as the target's file says")
    private int rounds;

    @Option(
        names = "--gates",
        paramLabel = "SET",
        defaultValue = "all",
        description =
            "Which FULL gates: a set that the target's file names, or all. Of any but all nothing"
                + " is accepted. Default: ${DEFAULT-VALUE}")
    private String gates = "all";

    @Option(
        names = "--note",
        paramLabel = "TEXT",
        defaultValue = "",
        description = "What readers of the entry have to know, as that the machine was busy.")
    private String note = "";

    @Override
    public Integer call() {
      String _ =
          Rounds.open(System.out)
              .start(target, checkout, base, replay, rounds, gates, note, last(until));
      return 0;
    }
  }

  private static Step last(Optional<String> until) {
    return until.map(Step::named).orElse(Step.DONE);
  }

  /** {@code gyre lab round resume}. */
  @Command(
      name = "resume",
      description = "Goes on with a round where it was left.",
      mixinStandardHelpOptions = true,
      versionProvider = Main.Version.class,
      sortOptions = false)
  static final class Resume implements Callable<Integer> {
    @Parameters(paramLabel = "ID", description = "As in EXP-001.")
    private String id = "";

    @Option(names = "--checkout", paramLabel = "DIR", description = "If it is elsewhere now.")
    private Optional<Path> checkout = Optional.empty();

    @Option(names = "--replay", paramLabel = "DIR", description = "Answers in place of an agent.")
    private Optional<Path> replay = Optional.empty();

    @Option(names = "--until", paramLabel = "STEP", description = "The last step to do now.")
    private Optional<String> until = Optional.empty();

    @Override
    public Integer call() {
      Rounds.open(System.out).resume(id, checkout, replay, last(until));
      return 0;
    }
  }

  /** {@code gyre lab round list}. */
  @Command(
      name = "list",
      description = "Shows all rounds, and how they ended.",
      mixinStandardHelpOptions = true,
      versionProvider = Main.Version.class)
  static final class ListAll implements Callable<Integer> {
    @Override
    public Integer call() {
      Rounds.open(System.out).list();
      return 0;
    }
  }

  /** {@code gyre lab round revoke}. */
  @Command(
      name = "revoke",
      description = "Says that an acceptance was a mistake. The entry stays.",
      mixinStandardHelpOptions = true,
      versionProvider = Main.Version.class)
  static final class Revoke implements Callable<Integer> {
    @Parameters(paramLabel = "ID", description = "As in EXP-001.")
    private String id = "";

    @Option(
        names = "--why",
        paramLabel = "TEXT",
        required = true,
        description = "For the next one.")
    private String why = "";

    @Override
    public Integer call() {
      Rounds.open(System.out).revoke(id, why);
      return 0;
    }
  }

  /** {@code gyre lab round summary}. */
  @Command(
      name = "summary",
      description = "Makes SUMMARY.md and the counts of README.md from the log.",
      mixinStandardHelpOptions = true,
      versionProvider = Main.Version.class)
  static final class Summary implements Callable<Integer> {
    @Override
    public Integer call() {
      Rounds.open(System.out).summarize();
      return 0;
    }
  }

  /** {@code gyre lab round check}. */
  @Command(
      name = "check",
      description = "Holds summary, counts and memory against the log; exit code 1 if they differ.",
      mixinStandardHelpOptions = true,
      versionProvider = Main.Version.class)
  static final class Check implements Callable<Integer> {
    @Override
    public Integer call() {
      return Rounds.open(System.out).check() ? 0 : 1;
    }
  }
}
