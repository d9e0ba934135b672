package gyre.lab.experiment;

import gyre.lab.peer.Peer;
import gyre.lab.race.Bench;
import gyre.lab.race.Pace;
import gyre.lab.race.Plan;
import gyre.lab.race.Progress;
import gyre.lab.race.Race;
import gyre.lab.result.Entry;
import gyre.lab.result.Results.Group;
import gyre.lab.workload.Kind;
import gyre.lab.workload.Workload;
import java.nio.file.Path;
import java.time.LocalDate;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** A race of a change against what it changes, and against nothing: the base runs twice. */
public final class Experiment {
  /** Always as many, so that base and candidate are measured side by side to the end. */
  public static final Pace PACE = new Pace(30, 0, 10, 40, 500, 8, 500);

  /**
   * So often everything is started anew: a JVM compiles differently each time, and rounds with the
   * same processes all see the same of that.
   */
  public static final int LEGS = 3;

  /** A profile takes ten seconds. */
  private static final int PROFILED_AT_MOST = 3;

  private static final String BASE = "base";
  private static final String AGAIN = "base-again";
  private static final String CANDIDATE = "candidate";

  /** Says in a word what limits base or candidate at a workload. */
  public interface Bottleneck {
    String of(Workload workload, String role);
  }

  private final String name;
  private final String what;
  private final String base;
  private final String candidate;
  private final Log log;
  private final Runnable checkpoint;

  private Experiment(
      String name, String what, String base, String candidate, Log log, Runnable checkpoint) {
    this.name = name;
    this.what = what;
    this.base = base;
    this.candidate = candidate;
    this.log = log;
    this.checkpoint = checkpoint;
  }

  /**
   * Fails at once where the name is taken.
   *
   * @param checkpoint called before anything is added to the log; throws where the process ends
   */
  public static Experiment named(
      String name, String what, String base, String candidate, Path folder, Runnable checkpoint) {
    Log log = new Log(folder);
    log.checkFree(name);
    return new Experiment(name, what, base, candidate, log, checkpoint);
  }

  /** The entry in the log. */
  public String failed(String why) {
    return conclude(List.of(), List.of(), why);
  }

  public static Plan plan(List<Workload> workloads, Peer base, Peer candidate) {
    return Plan.of(
        workloads,
        List.of(base.named(BASE), base.named(AGAIN), candidate.named(CANDIDATE)),
        PACE,
        Plan.LONGEST,
        Plan.Room.here());
  }

  /** Races, judges, and writes the entry that it answers with. */
  public String race(Plan plan, Bench bench, Progress progress, Bottleneck bottleneck) {
    List<Entry> entries = new ArrayList<>();
    for (int leg = 0; leg < LEGS; leg++) {
      entries = Legs.joined(entries, new Race(plan, bench, progress).run());
    }
    Map<String, List<Entry>> groups = new LinkedHashMap<>();
    entries.forEach(e -> groups.computeIfAbsent(e.label(), _ -> new ArrayList<>()).add(e));
    List<Judgement> judgements = new ArrayList<>();
    for (List<Entry> group : groups.values()) {
      Optional<Judgement> judgement = judge(new Group(group));
      if (judgement.isEmpty()) {
        return failed(group.getFirst().label() + ": " + why(group));
      }
      judgements.add(judgement.get());
    }
    return conclude(judgements, bottlenecks(plan, judgements, bottleneck), "");
  }

  /** Of the workloads that got better or worse, or of the first where none did. */
  private static List<String> bottlenecks(
      Plan plan, List<Judgement> judgements, Bottleneck bottleneck) {
    List<Workload> workloads =
        plan.heats().stream()
            .map(Plan.Heat::workload)
            .filter(workload -> workload.kind().driver() != Kind.Driver.HOLDER) // no work to see
            .toList();
    List<Workload> moved =
        workloads.stream()
            .filter(workload -> judgements.stream().anyMatch(j -> j.isMoved(workload.name())))
            .limit(PROFILED_AT_MOST)
            .toList();
    List<String> lines = new ArrayList<>();
    for (Workload workload : moved.isEmpty() ? workloads.stream().limit(1).toList() : moved) {
      for (String role : List.of(BASE, CANDIDATE)) {
        lines.add(
            "bottleneck of the %s at %s: %s"
                .formatted(role, workload, bottleneck.of(workload, role)));
      }
    }
    return lines;
  }

  private static Optional<Judgement> judge(Group group) {
    Optional<Entry> one = group.peer(BASE);
    Optional<Entry> again = group.peer(AGAIN);
    Optional<Entry> changed = group.peer(CANDIDATE);
    return one.isPresent() && again.isPresent() && changed.isPresent()
        ? Optional.of(Judgement.of(one.get(), again.get(), changed.get()))
        : Optional.empty();
  }

  private static String why(List<Entry> entries) {
    return entries.stream()
        .filter(entry -> !entry.isMeasured())
        .map(entry -> entry.peer() + ": " + entry.note().replace('\n', ' '))
        .findFirst()
        .orElse("not measured");
  }

  private String conclude(List<Judgement> judgements, List<String> bottlenecks, String failure) {
    Proposal proposal =
        new Proposal(
            name,
            what,
            LocalDate.now(ZoneOffset.UTC),
            base,
            candidate,
            judgements,
            bottlenecks,
            failure);
    checkpoint.run();
    log.add(proposal);
    return proposal.text();
  }
}
