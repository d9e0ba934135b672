package gyre.lab.round;

import gyre.lab.Home;
import gyre.lab.LabException;
import java.io.PrintStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.InstantSource;
import java.time.LocalDate;
import java.time.ZoneOffset;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Supplier;

/** Rounds of experiments, as the command line sees them. */
public final class Rounds {
  private static final String CHECKOUT = "checkout.txt";

  private final RoundLog log;
  private final Path home;
  private final Path work;
  private final Map<String, String> environment;
  private final Commands commands;
  private final InstantSource clock;
  private final PrintStream out;

  /**
   * Opens a log.
   *
   * @param home with skills, targets and log
   * @param work where trees and builds may be
   * @param environment which says who is asked
   * @param commands what runs the commands of targets
   */
  Rounds(
      Path home,
      Path work,
      Map<String, String> environment,
      Commands commands,
      InstantSource clock,
      PrintStream out) {
    this.commands = commands;
    this.home = home.toAbsolutePath().normalize();
    this.log = new RoundLog(this.home);
    this.work = work.toAbsolutePath().normalize();
    this.environment = Map.copyOf(environment);
    this.clock = clock;
    this.out = out;
  }

  /** That of the work tree that we are in. */
  public static Rounds open(PrintStream out) {
    Path root = Home.find().root();
    return new Rounds(
        root.resolve("lab/rounds"),
        root.resolve("lab/target/rounds"),
        System.getenv(),
        Commands.real(root.resolve("lab/rounds/targets")),
        InstantSource.system(),
        out);
  }

  /**
   * Begins a round and takes it as far as it gets; answers its id.
   *
   * @param target by name
   * @param checkout in place of what the target's file says
   * @param base revision that is to be made better
   * @param replay folder of answers, in place of what the environment says
   * @param rounds of each race; as the target's file says for 0
   * @param gates the set of FULL gates; of any but all nothing is accepted
   * @param note what readers of the entry have to know; may be empty
   * @param last step to stop after
   */
  public String start(
      String target,
      Optional<Path> checkout,
      String base,
      Optional<Path> replay,
      int rounds,
      String gates,
      String note,
      Step last) {
    if (rounds != 0 && rounds < TargetFile.LEAST_ROUNDS) {
      throw new gyre.lab.WrongInputException(
          "--rounds: %d at least, to know the noise".formatted(TargetFile.LEAST_ROUNDS));
    }
    Target read =
        TargetFile.read(log.targets(), target, checkout).withRounds(rounds).withGates(gates);
    Rules.read(read.rules()); // whatever is wrong with it is told before anything is made
    Agent unused = agent(replay, work.resolve("agent"));
    String commit = Tree.commit(read.checkout(), base);
    RoundFolder folder = log.create();
    new RoundState(
            target,
            commit,
            settings(read),
            LocalDate.ofInstant(clock.instant(), ZoneOffset.UTC).toString(),
            read.criteria().rounds(),
            gates,
            Step.BASELINE,
            Optional.empty())
        .write(folder);
    // Not in the log, which other machines read.
    new RoundFolder(work.resolve(folder.id())).write(CHECKOUT, read.checkout().toString());
    if (!note.isBlank()) {
      folder.write("note.md", note.strip() + "\n");
    }
    out.println(
        "%s: %s at %.12s, asking %s".formatted(folder.id(), target, commit, unused.label()));
    go(folder, read, replay, last);
    return folder.id();
  }

  /** Goes on with a round where it was left. */
  public void resume(String id, Optional<Path> checkout, Optional<Path> replay, Step last) {
    RoundFolder folder = log.folder(id);
    if (!RoundState.isThere(folder)) {
      throw new LabException(id + " never began: start another one");
    }
    RoundState state = RoundState.read(folder);
    if (state.next() == Step.DONE) {
      throw new LabException(id + " is over: " + folder.file(RoundLog.ENTRY));
    }
    Optional<Path> at =
        checkout.or(() ->
            new RoundFolder(work.resolve(id))
                .readIfThere(CHECKOUT)
                .map(String::strip)
                .map(Path::of));
    Target target =
        TargetFile.read(log.targets(), state.target(), at)
            .withRounds(state.rounds())
            .withGates(state.gates());
    if (!settings(target).equals(state.settings())) {
      throw new LabException(
          "the files of target %s are not those that %s began with: put them back, or start another one"
              .formatted(state.target(), id));
    }
    go(folder, target, replay, last);
  }

  private void go(RoundFolder folder, Target target, Optional<Path> replay, Step last) {
    Path place = work.resolve(folder.id());
    RoundState before = RoundState.read(folder);
    Supplier<Agent> agent = () -> agent(replay, place.resolve("agent"));
    RoundContext context =
        new RoundContext(
            target,
            Rules.read(target.rules()),
            folder,
            new Workplace(target, before.base(), commands, place),
            commands,
            log,
            agent,
            out,
            clock);
    RoundState after;
    try {
      after = new Round(context).run(last);
    } catch (LabException e) {
      // What went wrong is told by whoever takes it; that nothing is lost, only here.
      out.println(
          "%s: cut off in step %s; what is done stays: ./gyre lab round resume %s"
              .formatted(folder.id(), RoundState.read(folder).next().label(), folder.id()));
      throw e;
    }
    if (after.next() == Step.DONE) {
      out.println(folder.id() + ": " + after.ruling().map(Ruling::toString).orElse(""));
      after
          .ruling()
          .filter(ruling -> ruling.verdict() == Verdict.ACCEPTED)
          .ifPresent(_ ->
              out.println(
                  "%s: to take it: git apply %s"
                      .formatted(
                          folder.id(),
                          folder.file(Variant.diff(folder.read(Measuring.BEST).strip())))));
    } else {
      out.println(
          "%s: stopped before %s; ./gyre lab round resume %s"
              .formatted(folder.id(), after.next().label(), folder.id()));
    }
  }

  private Agent agent(Optional<Path> replay, Path folder) {
    Map<String, String> all = new HashMap<>(environment);
    replay.ifPresent(answers -> {
      all.put(Agents.REPLAY, answers.toString());
      all.putIfAbsent(Agents.VARIABLE, "replay");
    });
    return Agents.choose(all, folder);
  }

  /** The hash of all that says how a round of this target is run. */
  private String settings(Target target) {
    Map<String, String> all =
        new HashMap<>(Seal.of(target.rules(), new Globs(List.of("**"))).hashes());
    all.putAll(Seal.of(home.resolve("skills"), new Globs(List.of("**"))).hashes());
    String file = new RoundFolder(log.targets()).read(target.name() + ".toml");
    String text = new java.util.TreeMap<>(all) + "\n" + file;
    return Seal.hash(text.getBytes(java.nio.charset.StandardCharsets.UTF_8));
  }

  /** Prints all rounds. */
  public void list() {
    for (RoundFolder folder : log.folders()) {
      Optional<RoundLog.Entry> entry = RoundLog.entry(folder);
      if (entry.isPresent()) {
        out.println(
            "%s  %-9s %-9s %s"
                .formatted(
                    folder.id(),
                    entry.get().target(),
                    entry.get().verdict().label(),
                    entry.get().reason()));
      } else if (RoundState.isThere(folder)) {
        RoundState state = RoundState.read(folder);
        out.println(
            "%s  %-9s before %s".formatted(folder.id(), state.target(), state.next().label()));
      }
    }
    out.println(Summary.of(log.entries(), log.folders().size()).counts());
  }

  /** An acceptance was a mistake. */
  public void revoke(String id, String why) {
    log.revoke(id, why, LocalDate.ofInstant(clock.instant(), ZoneOffset.UTC));
  }

  /** Writes summary and counts anew. */
  public void summarize() {
    log.refresh();
  }

  /** Prints what does not agree with the log; answers whether all does. */
  public boolean check() {
    List<String> problems = log.problems();
    problems.forEach(out::println);
    return problems.isEmpty() && Files.isDirectory(home);
  }
}
