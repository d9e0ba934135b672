package gyre.cli;

import gyre.sim.Investigation;
import gyre.sim.Simulation;
import gyre.sim.WorldEngine;
import gyre.sim.fault.Fault;
import gyre.sim.hunt.Hunt;
import gyre.sim.hunt.HuntOptions;
import gyre.sim.hunt.HuntReport;
import gyre.sim.real.Torture;
import gyre.sim.real.TortureOptions;
import gyre.sim.scenario.Scenario;
import gyre.sim.scenario.Scenarios;
import java.io.Console;
import java.io.PrintWriter;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.TreeSet;
import java.util.concurrent.Callable;
import java.util.stream.Stream;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code gyre sim}: long hunts in the simulation, and single seeds again. */
@Command(
    name = "sim",
    description =
        "Runs the loop in a simulated world with seeded faults, until a seed fails; or, with"
            + " --real, random programs on the real kernel.",
    mixinStandardHelpOptions = true,
    versionProvider = Main.Version.class,
    sortOptions = false)
final class SimCommand implements Callable<Integer> {
  private static final int STOPPED_BY_SIGNAL = 130;

  @Spec private CommandSpec spec = CommandSpec.create();

  @Parameters(paramLabel = "SCENARIO", description = "Which; see --list. Default: all")
  private List<String> names = new ArrayList<>();

  @Option(names = "--list", description = "Lists the scenarios.")
  private boolean list;

  @Option(
      names = "--seeds",
      paramLabel = "N",
      defaultValue = "1000",
      description = "How many for each scenario. Default: ${DEFAULT-VALUE}")
  private long seeds;

  @Option(
      names = "--from",
      paramLabel = "N",
      defaultValue = "1",
      description = "The first seed. Default: ${DEFAULT-VALUE}")
  private long from;

  @Option(names = "--minutes", paramLabel = "M", description = "Ends after that time.")
  private Optional<Double> minutes = Optional.empty();

  @Option(names = "--jobs", paramLabel = "N", description = "At the same time. Default: all cores")
  private Optional<Integer> jobs = Optional.empty();

  @Option(names = "--no-shrink", description = "Does not look for fewer faults.")
  private boolean noShrink;

  @Option(names = "--seed", paramLabel = "N", description = "Runs just that one of one scenario.")
  private Optional<Long> seed = Optional.empty();

  @Option(names = "--trace", description = "With --seed: prints all that happens.")
  private boolean trace;

  @Option(
      names = "--only",
      paramLabel = "3,17",
      description = "With --seed: lets through these faults alone; none for none.")
  private Optional<String> only = Optional.empty();

  @Option(
      names = "--kinds",
      split = ",",
      paramLabel = "RESET,LOSS",
      description = "With --seed: lets through these kinds of faults alone.")
  private List<Fault> kinds = new ArrayList<>();

  @Option(
      names = "--real",
      description = "Runs random programs on the real engines instead, with tiny rings and pools.")
  private boolean real;

  @Option(
      names = "--engine",
      split = ",",
      paramLabel = "E",
      description =
          "Which engine the loops have: sim, which is the simulation's own, or io_uring or epoll,"
              + " above a kernel that the simulation plays. Default: sim. With --real: on these"
              + " alone; default: io_uring, epoll and nio take turns")
  private List<String> engines = new ArrayList<>();

  @Option(
      names = "--lanes",
      split = ",",
      paramLabel = "3,17",
      description = "With --real and --seed: leaves out all other lanes.")
  private List<Integer> lanes = new ArrayList<>();

  @Option(
      names = "--steps",
      paramLabel = "N",
      description = "With --real and --seed: so many writes of each end at most.")
  private Optional<Integer> steps = Optional.empty();

  @Override
  public Integer call() {
    // The fibers of crashed hosts stay parked for good, and a list that the JDK keeps of all
    // virtual
    // threads would keep their worlds: 16 KiB and more for each crash. Read when the first one
    // starts.
    System.setProperty("jdk.trackAllThreads", "false");
    PrintWriter out = spec.commandLine().getOut();
    checkReal();
    if (real) {
      return torture(out) ? 0 : 1;
    }
    if (list) {
      chosen().forEach(each -> out.printf("%-16s %s%n", each.name(), each.description()));
      out.flush();
      return 0;
    }
    HuntReport report = HuntReport.on(out, isTerminal());
    int shrinkRuns = noShrink ? 0 : Investigation.RUNS;
    if (seed.isPresent()) {
      Scenario scenario = theOne();
      return report.replay(scenario, varied(scenario.simulation(seed.get())), trace, shrinkRuns)
          ? 0
          : 1;
    }
    checkOnlyForOneSeed();
    Hunt hunt = Hunt.of(huntOptions().shrinkRuns(shrinkRuns));
    Signals.onStop(() -> stop(hunt));
    return report.hunt(hunt) ? 0 : 1;
  }

  // ---- on the real kernel

  private void checkReal() {
    if (!real && !(lanes.isEmpty() && steps.isEmpty())) {
      throw wrong((lanes.isEmpty() ? "--steps" : "--lanes") + " needs --real");
    }
    if (real && (list || trace || jobs.isPresent() || only.isPresent() || !kinds.isEmpty())) {
      throw wrong("--list, --jobs, --trace, --only and --kinds are not for --real");
    }
    if (real && !names.isEmpty()) {
      throw wrong("--real has no scenarios: " + names);
    }
  }

  private boolean torture(PrintWriter out) {
    List<String> chosen = engines.isEmpty() ? TortureOptions.ENGINES : engines;
    for (String engine : chosen) {
      if (!TortureOptions.ENGINES.contains(engine)) {
        throw wrong(
            "--engine: unknown '"
                + engine
                + "'; engines: "
                + String.join(", ", TortureOptions.ENGINES));
      }
    }
    long count = minutes.isPresent() && !isSeedsGiven() ? Long.MAX_VALUE / 2 : seeds;
    TortureOptions options = TortureOptions.of(chosen, atLeastOne("--seeds", count)).from(from);
    if (minutes.isPresent()) {
      options = options.time(time());
    }
    if (noShrink) {
      options = options.shrinkTime(Duration.ZERO);
    }
    Torture torture = Torture.of(options, out);
    Signals.onStop(() -> {
      if (!torture.stop()) {
        Runtime.getRuntime().halt(STOPPED_BY_SIGNAL);
      }
    });
    if (seed.isEmpty()) {
      if (!lanes.isEmpty() || steps.isPresent()) {
        throw wrong((lanes.isEmpty() ? "--steps" : "--lanes") + " needs --seed");
      }
      return torture.hunt();
    }
    if (engines.size() != 1) {
      throw wrong("--seed needs one --engine");
    }
    int most = steps.isEmpty() ? 0 : (int) atLeastOne("--steps", steps.get());
    return torture.replay(engines.getFirst(), seed.get(), new TreeSet<>(lanes), most);
  }

  private boolean isSeedsGiven() {
    return spec.commandLine().getParseResult().hasMatchedOption("--seeds");
  }

  // ---- in the simulation

  /** The second time it does not wait for the runs under way: one of them may never end. */
  private static void stop(Hunt hunt) {
    if (!hunt.stop()) {
      Runtime.getRuntime().halt(STOPPED_BY_SIGNAL);
    }
  }

  private static boolean isTerminal() {
    return Optional.ofNullable(System.console()).map(Console::isTerminal).orElse(false);
  }

  private HuntOptions huntOptions() {
    HuntOptions options = HuntOptions.of(chosen(), atLeastOne("--seeds", seeds)).from(from);
    if (jobs.isPresent()) {
      options = options.jobs((int) atLeastOne("--jobs", jobs.get()));
    }
    if (minutes.isPresent()) {
      options = options.time(time());
    }
    return options;
  }

  private Duration time() {
    double most = minutes.orElse(0.0);
    if (!(most > 0 && most < 1e6)) {
      throw wrong("--minutes: " + most + " is not more than 0");
    }
    return Duration.ofMillis((long) (most * 60_000));
  }

  private long atLeastOne(String option, long value) {
    if (value < 1) {
      throw wrong(option + ": " + value + " is not at least 1");
    }
    return value;
  }

  private void checkOnlyForOneSeed() {
    if (trace || only.isPresent() || !kinds.isEmpty()) {
      throw wrong((trace ? "--trace" : only.isPresent() ? "--only" : "--kinds") + " needs --seed");
    }
  }

  private Scenario theOne() {
    if (names.size() != 1) {
      throw wrong("--seed needs one scenario; scenarios: " + known());
    }
    if (worldEngines().size() != 1) {
      throw wrong("--seed needs one --engine at most");
    }
    return named(names.getFirst(), worldEngines().getFirst());
  }

  private List<Scenario> chosen() {
    return worldEngines().stream().flatMap(this::chosenOn).toList();
  }

  private Stream<Scenario> chosenOn(WorldEngine engine) {
    return names.isEmpty()
        ? Scenarios.on(engine).stream()
        : names.stream().map(name -> named(name, engine));
  }

  private List<WorldEngine> worldEngines() {
    return engines.isEmpty() ? List.of(WorldEngine.SIM) : engines.stream().map(this::on).toList();
  }

  private WorldEngine on(String engine) {
    try {
      return WorldEngine.of(engine);
    } catch (IllegalArgumentException e) {
      throw wrong("--engine: " + e.getMessage());
    }
  }

  /** By its name, or as reports have it: {@code ENGINE/NAME}. */
  private Scenario named(String name, WorldEngine otherwise) {
    int slash = name.indexOf('/');
    WorldEngine engine = slash < 0 ? otherwise : on(name.substring(0, slash));
    return Scenarios.on(engine).stream()
        .filter(each -> plain(each.name()).equals(plain(name)))
        .findFirst()
        .orElseThrow(() -> wrong("unknown scenario '" + name + "'; scenarios: " + known()));
  }

  private static String plain(String name) {
    return name.substring(name.indexOf('/') + 1);
  }

  private static String known() {
    return String.join(", ", Scenarios.all().stream().map(Scenario::name).toList());
  }

  private Simulation varied(Simulation simulation) {
    Simulation ofKinds = kinds.isEmpty() ? simulation : simulation.only(kinds);
    try {
      return only.isEmpty() ? ofKinds : ofKinds.only(only.get());
    } catch (IllegalArgumentException e) {
      throw wrong("--only: " + e.getMessage());
    }
  }

  private ParameterException wrong(String what) {
    return new ParameterException(spec.commandLine(), what);
  }
}
