package gyre.lab;

import gyre.lab.experiment.Experiment;
import gyre.lab.gates.GateOptions;
import gyre.lab.gates.GatePrograms;
import gyre.lab.gates.GateReport;
import gyre.lab.gates.Gates;
import gyre.lab.gates.Inside;
import gyre.lab.judge.GeneratedPeers;
import gyre.lab.overload.Overload;
import gyre.lab.overload.OverloadResult;
import gyre.lab.overload.Promise;
import gyre.lab.peer.JavaPeers;
import gyre.lab.peer.NativePeers;
import gyre.lab.peer.Peer;
import gyre.lab.peer.Roster;
import gyre.lab.profile.ProcessFindings;
import gyre.lab.profile.ProcessProfile;
import gyre.lab.profile.Profile;
import gyre.lab.race.Bench;
import gyre.lab.race.Children;
import gyre.lab.race.Pace;
import gyre.lab.race.PeerFailure;
import gyre.lab.race.Plan;
import gyre.lab.race.ProcessFiles;
import gyre.lab.race.Progress;
import gyre.lab.race.Race;
import gyre.lab.race.Tools;
import gyre.lab.report.Agreement;
import gyre.lab.report.HtmlReport;
import gyre.lab.report.JsonReport;
import gyre.lab.report.MarkdownReport;
import gyre.lab.report.SvgReport;
import gyre.lab.report.TableReport;
import gyre.lab.result.Entry;
import gyre.lab.result.Machine;
import gyre.lab.result.Results;
import gyre.lab.workload.Kind;
import gyre.lab.workload.Workload;
import gyre.lab.workload.Workloads;
import java.io.Console;
import java.io.PrintStream;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicReference;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

// Over 500 lines: what commands ask of the lab, a method or two each.

/** The lab as the command line sees it. */
public final class Lab {
  private static final Duration DEFAULT_LIMIT = Duration.ofMinutes(14);
  private static final Duration QUICK_LIMIT = Duration.ofSeconds(95);
  private static final int PERCENT = 100;
  private static final int SECONDS = 60;
  private static final int CORES = 2;
  private static final int SPARE_DESCRIPTORS = 100;
  private static final String OURS = "gyre";
  private static final String OUR_BEST = "gyre-push";

  private final Home home;
  private final PrintStream out;

  private Lab(Home home, PrintStream out) {
    this.home = home;
    this.out = out;
  }

  public static Lab open(PrintStream out) {
    return new Lab(Home.find(), out);
  }

  /** All that {@link #race} can be asked for. */
  public static List<String> workloadNames() {
    return Workloads.all().stream().map(Workload::name).toList();
  }

  /** All that {@link #race} can be asked for. */
  public static List<String> peerNames() {
    return Roster.names();
  }

  /** Races, prints the table, and writes the files that were asked for. */
  public void race(RaceOptions options) {
    boolean isOfGenerated = options.workloads().equals(List.of(GeneratedPeers.WORD));
    List<Workload> workloads = isOfGenerated ? generatedWorkloads(options) : workloads(options);
    if (!isOfGenerated) {
      Roster.check(options.peers());
    }
    OutputFiles.check(options.files());
    Workshop workshop = new Workshop(home, out);
    NativePeers natives = isOfGenerated ? workshop.justTheGenerator() : workshop.natives();
    List<Peer> peers =
        isOfGenerated
            ? new GeneratedPeers(home.generatedPeers(), out).build(options.peers())
            : Roster.of(natives, workshop.javaPeers()).select(options.peers());
    Bench bench = bench(natives, options.force());
    Plan plan = plan(options, drivable(workloads, bench), peers);
    announce(plan, bench, 1);
    Instant startedAt = Instant.now();
    Race race = new Race(plan, bench, progress(plan, 1));
    List<Entry> entries = Interruption.during(Children::end, race::run);
    long seconds = Duration.between(startedAt, Instant.now()).toSeconds();
    out.printf(Locale.ROOT, "took %d:%02d minutes%n", seconds / SECONDS, seconds % SECONDS);
    write(
        new Results(
            Machine.here(workshop.commit(), bench.descriptors(), race.awake(), race.wasWatched()),
            options.command(),
            startedAt,
            versions(peers),
            absent(peers),
            entries,
            !race.isStopped()),
        options);
  }

  /**
   * Takes a server through the gates, and writes what became of it.
   *
   * @param target as {@link Gates#judge} takes it
   * @param pages to write, as HTML
   * @param data to write, as JSON
   */
  public static GateReport gates(
      String target,
      GateOptions options,
      Inside.Source source,
      List<Path> pages,
      List<Path> data,
      PrintStream out) {
    OutputFiles.check(Stream.concat(pages.stream(), data.stream()).toList());
    AtomicReference<@Nullable GateReport> made = new AtomicReference<>();
    Interruption.tidily(
        () ->
            made.set(
                Gates.judge(
                    target,
                    options,
                    options.needsLoad() ? gatePrograms(out) : GatePrograms.NONE,
                    source,
                    Interruption::check,
                    out)),
        () -> out.println("ended early: nothing was judged"));
    GateReport report = made.get();
    if (report == null) {
      throw new LabException("interrupted");
    }
    out.println(report.summary());
    Map<Path, String> texts = new LinkedHashMap<>();
    pages.forEach(file -> texts.put(file, report.html()));
    data.forEach(file -> texts.put(file, report.json() + "\n"));
    OutputFiles.write(texts, out);
    return report;
  }

  /** Elsewhere than in a work tree there is nothing to build them from. */
  private static GatePrograms gatePrograms(PrintStream out) {
    try {
      return GatePrograms.of(new Workshop(Home.find(), out).justTheGenerator());
    } catch (LabException e) {
      return GatePrograms.of(NativePeers.none(String.valueOf(e.getMessage())));
    }
  }

  private static List<Workload> workloads(RaceOptions options) {
    if (options.workloads().isEmpty()) {
      return options.quick() ? Workloads.quick() : Workloads.all();
    }
    return Workloads.select(options.workloads());
  }

  /** What servers can be asked that do nothing but echo. */
  private static List<Workload> generatedWorkloads(RaceOptions options) {
    return Workloads.select(List.of(options.quick() ? "echo/50x64x1" : "echo"));
  }

  /** Looks at where the time of one peer goes, and says it. */
  public void profile(String workload, String peer, boolean force) {
    Workload chosen = only(Workloads.select(List.of(workload)), workload);
    Roster.check(List.of(peer));
    Workshop workshop = new Workshop(home, out);
    NativePeers natives = workshop.natives();
    if (chosen.kind().driver() == Kind.Driver.HOLDER) {
      throw new LabException(chosen + " is about memory: there is no work to look at");
    }
    Peer who = Roster.of(natives, workshop.javaPeers()).named(peer.equals(OURS) ? OUR_BEST : peer);
    who.refusal(chosen.kind().peerMode())
        .ifPresent(reason -> {
          throw new LabException(peer + ": " + reason);
        });
    Bench bench = bench(natives, force);
    checkDrivable(List.of(chosen), bench);
    Interruption.tidily(
        () -> out.println(Profile.of(home, chosen, who, bench)),
        () -> out.println("ended early: nothing was found"));
  }

  /**
   * Looks at where the time of any process goes, for about {@code seconds}.
   *
   * @param mayStrace whether it may be slowed down to count its system calls
   * @param folder for what tools leave behind
   */
  public static ProfileReport profile(long pid, double seconds, boolean mayStrace, Path folder) {
    ProcessFindings findings =
        Interruption.during(
            Children::end, () -> ProcessProfile.of(pid, seconds, mayStrace, folder, homeIfAny()));
    return new ProfileReport(findings.text(), findings.json());
  }

  /** Empty elsewhere than in a work tree. */
  private static Optional<Home> homeIfAny() {
    try {
      return Optional.of(Home.find());
    } catch (LabException e) {
      return Optional.empty();
    }
  }

  private static Workload only(List<Workload> workloads, String name) {
    if (workloads.size() != 1) {
      throw new WrongInputException(
          "'%s' is several workloads; one of: %s"
              .formatted(name, String.join(", ", workloads.stream().map(Workload::name).toList())));
    }
    return workloads.getFirst();
  }

  /** Says how far two runs of a race agree. */
  public static void compare(CompareOptions options, PrintStream out) {
    Roster.check(options.peers());
    OutputFiles.check(options.markdown().stream().toList());
    Agreement agreement =
        Agreement.of(options.first(), options.second(), options.peers(), options.withinPercent());
    out.print(agreement);
    options
        .markdown()
        .ifPresent(file -> OutputFiles.write(Map.of(file, agreement.markdown()), out));
  }

  /**
   * Overloads a server on each engine and prints what became of it; answers whether all promises
   * were kept.
   */
  public boolean overload(OverloadOptions options) {
    int needed = options.peers() + SPARE_DESCRIPTORS;
    if (ProcessFiles.descriptors() < needed) {
      throw new LabException(
          "this needs %,d descriptors and %,d may be open: raise ulimit -n, or take fewer peers"
              .formatted(needed, ProcessFiles.descriptors()));
    }
    new Workshop(home, out)
        .javaPeers().stream()
            .filter(Peer::isAbsent)
            .findFirst()
            .ifPresent(absent -> {
              throw new LabException(absent.reason());
            });
    Overload overload =
        new Overload(
            JavaPeers.command(home, "gyre-direct", "overload"),
            JavaPeers.command(home, "nio", "overload"),
            options,
            out);
    AtomicBoolean isKept = new AtomicBoolean(true);
    Interruption.tidily(
        () -> {
          int ran = 0;
          for (String engine : options.engines()) {
            Optional<Boolean> kept = overload(overload, engine, options);
            ran += kept.isPresent() ? 1 : 0;
            isKept.compareAndSet(true, kept.orElse(true));
          }
          if (ran == 0) {
            isKept.set(false);
            out.println("no engine could be tried, so no promise was kept");
          }
        },
        () -> out.println("ended early"));
    return isKept.get();
  }

  /** Whether all was kept; empty where this engine is not to be had here. */
  private Optional<Boolean> overload(Overload overload, String engine, OverloadOptions options) {
    out.printf(
        Locale.ROOT,
        "%s: %,d greedy, %,d slow and %,d resetting peers for %d s%n",
        engine,
        options.greedy(),
        options.slow(),
        options.resetting(),
        options.attack().toSeconds());
    try {
      OverloadResult result = overload.run(engine);
      out.println(result.report(options));
      return Optional.of(result.promises(options).stream().allMatch(Promise::isKept));
    } catch (PeerFailure e) {
      Interruption.check();
      boolean isAbsent = e.status() == Entry.Status.ABSENT;
      out.println((isAbsent ? "  left out: " : "  BROKEN  ") + e.getMessage());
      return isAbsent ? Optional.empty() : Optional.of(false);
    }
  }

  /** Judges a change against its base, and adds the answer to the log. */
  public void experiment(ExperimentOptions options) {
    Interruption.tidily(
        () -> judge(options), () -> out.println("ended early: nothing was entered in the log"));
  }

  private void judge(ExperimentOptions options) {
    List<Workload> workloads = Workloads.select(options.workloads());
    Roster.check(List.of(options.peer()));
    try (Trees trees = new Trees(home, options.name(), out)) {
      trees.check(options.base());
      trees.check(options.candidate());
      trees.checkDiffer(options.base(), options.candidate());
      Bench bench = bench(new Workshop(home, out).natives(), options.force());
      checkDrivable(workloads, bench);
      Home base = trees.of("base", options.base());
      Home candidate = trees.of("candidate", options.candidate());
      Workshop changed = new Workshop(candidate, out);
      Experiment experiment =
          Experiment.named(
              options.name(),
              options.what().isEmpty() ? changed.subject() : options.what(),
              new Workshop(base, out).commit(),
              changed.commit(),
              home.experiments(),
              Interruption::check);
      boolean passes = !options.gate() || changed.passesTests();
      Interruption.check();
      if (!passes) {
        out.println(
            experiment.failed("the candidate does not pass ./gyre test, or does not compile"));
        return;
      }
      Peer before = ours(new Workshop(base, out), options.peer());
      Peer after = ours(changed, options.peer());
      Plan plan = Experiment.plan(workloads, before, after);
      announce(plan, bench, Experiment.LEGS);
      out.println(
          experiment.race(
              plan,
              bench,
              progress(plan, Experiment.LEGS),
              (workload, role) ->
                  bottleneck(workload, (role.equals("base") ? before : after).named(role), bench)));
    }
  }

  /** What was measured is kept, whatever a tool has to say. */
  private String bottleneck(Workload workload, Peer peer, Bench bench) {
    try {
      return Profile.verdict(home, workload, peer, bench);
    } catch (LabException e) {
      return "unknown: " + e.getMessage();
    }
  }

  private static Peer ours(Workshop workshop, String name) {
    Peer peer = Roster.of(NativePeers.none("not raced here"), workshop.javaPeers()).named(name);
    if (peer.isAbsent()) {
      throw new LabException(name + ": " + peer.reason());
    }
    return peer;
  }

  private Progress progress(Plan plan, int times) {
    return new Progress(out, isTerminal(), plan.duration().toMillis() * times);
  }

  private Bench bench(NativePeers natives, boolean force) {
    int cores = Runtime.getRuntime().availableProcessors();
    if (cores < CORES && !force) {
      throw new LabException(
          "one core cannot hold server and generator without one disturbing the other: --force races"
              + " anyway");
    }
    if (natives.generator().isEmpty()) {
      out.println(
          "no load generator ("
              + natives.generatorReason()
              + "): only what drives itself can be raced; lab/peers/build --yes installs and builds");
    }
    Tools tools = Tools.find();
    tools.advice().forEach(out::println);
    return new Bench(natives.generator(), cores >= CORES, ProcessFiles.descriptors(), tools);
  }

  /** Without a generator, only what needs none. */
  private static List<Workload> drivable(List<Workload> workloads, Bench bench) {
    return workloads.stream()
        .filter(w -> w.kind().driver() == Kind.Driver.ITSELF || !bench.generator().isEmpty())
        .toList();
  }

  private static void checkDrivable(List<Workload> workloads, Bench bench) {
    if (drivable(workloads, bench).size() < workloads.size()) {
      throw new LabException("without the load generator only what drives itself can be measured");
    }
  }

  private static Plan plan(RaceOptions options, List<Workload> workloads, List<Peer> peers) {
    Pace pace = options.quick() ? Pace.QUICK : Pace.DEFAULT;
    if (options.seconds().isPresent()) {
      pace = pace.withRoundMillis((int) (options.seconds().get() * 1000));
    }
    Plan.Room room = Plan.Room.here();
    if (options.rounds().isPresent()) {
      return Plan.of(workloads, peers, pace.withRounds(options.rounds().get()), Plan.LONGEST, room);
    }
    Duration usual = options.quick() ? QUICK_LIMIT : DEFAULT_LIMIT;
    Duration limit =
        options.minutes().map(m -> Duration.ofSeconds((long) (m * SECONDS))).orElse(usual);
    return Plan.of(workloads, peers, pace, limit, room);
  }

  @SuppressWarnings("SystemConsoleNull") // Which JDKs answer null is not specified.
  private static boolean isTerminal() {
    Console console = System.console();
    return console != null && console.isTerminal();
  }

  private void announce(Plan plan, Bench bench, int times) {
    if (plan.heats().isEmpty()) {
      throw new LabException(
          "none of these peers can do any of this: they are not built (lab/peers/build says why), or"
              + " have nothing of the kind (lab/peers/README.md says who has)");
    }
    long seconds = plan.duration().toSeconds() * times;
    int most = plan.heats().stream().mapToInt(heat -> heat.peers().size()).max().orElse(0);
    Pace pace = plan.pace();
    out.printf(
        Locale.ROOT,
        "%s, up to %s, %s: about %d:%02d minutes%n",
        counted(plan.heats().size(), "workload"),
        counted(most, "peer"),
        pace.isAdaptive()
            ? "rounds of %d ms until ratios are known to %.0f %%"
                .formatted(pace.roundMillis(), pace.precision() * PERCENT)
            : "%s%s of %d ms"
                .formatted(
                    times == 1 ? "" : times + " times ",
                    counted(pace.rounds(), "round"),
                    pace.roundMillis()),
        seconds / 60,
        seconds % 60);
    if (!bench.pins()) {
      out.println("server and generator share their core: the figures are worth little");
    } else if (bench.sharesCore()) {
      out.println(
          "server and generator have a thread each of one core, as there is no other: they slow each"
              + " other down");
    }
    bench
        .busyWith()
        .ifPresent(busy -> out.println(busy + ": end what runs there, or the figures are of both"));
  }

  private static String counted(int count, String what) {
    return count + " " + what + (count == 1 ? "" : "s");
  }

  private static Map<String, String> versions(List<Peer> peers) {
    Map<String, String> versions = new TreeMap<>();
    peers.stream().filter(p -> !p.isAbsent()).forEach(p -> versions.put(p.name(), p.version()));
    return versions;
  }

  private static Map<String, String> absent(List<Peer> peers) {
    Map<String, String> absent = new TreeMap<>();
    peers.stream().filter(Peer::isAbsent).forEach(p -> absent.put(p.name(), p.reason()));
    return absent;
  }

  private void write(Results results, RaceOptions options) {
    out.println(TableReport.of(results));
    if (!results.complete() && results.entries().stream().noneMatch(Entry::isMeasured)) {
      out.println("nothing was measured, so no file is written");
      Interruption.over();
      return;
    }
    Map<Path, String> texts = new LinkedHashMap<>();
    options.json().ifPresent(file -> texts.put(file, JsonReport.of(results)));
    options.html().ifPresent(file -> texts.put(file, HtmlReport.of(results)));
    options.markdown().ifPresent(file -> texts.put(file, MarkdownReport.of(results)));
    options.svg().ifPresent(file -> texts.put(file, SvgReport.of(results)));
    try {
      OutputFiles.write(texts, out);
    } finally {
      Interruption.over();
    }
  }
}
