package gyre.lab.round;

import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Pattern;

/**
 * What a round needs to know of a project: where it may be changed, what must stay as it is, and
 * the commands that build, judge, profile and measure it. Read from a file by {@link TargetFile}.
 *
 * @param file where it was read from
 * @param allow files that a diff may touch
 * @param harness files that nothing may touch: what judges and measures
 * @param artifacts files that a build leaves, which have to differ; below the build folder, or
 *     below the tree where none is there
 * @param programs files of the build folder that measure, and so have to be the same for all
 */
record Target(
    Path file,
    String name,
    Path checkout,
    Globs allow,
    Globs harness,
    Command build,
    Globs artifacts,
    Optional<Globs> programs,
    Command profile,
    Ran ran,
    List<Gate> gates,
    List<Workload> workloads,
    Criteria criteria,
    Models models) {

  /** What the set of all gates is called. */
  static final String ALL_GATES = "all";

  Target {
    gates = List.copyOf(gates);
    workloads = List.copyOf(workloads);
  }

  /** A line for {@code sh}, run in a tree. */
  record Command(String line, Duration limit) {}

  /**
   * How it is found out which methods ran.
   *
   * @param command prints a symbol a line
   * @param symbol what a line of source looks like that begins one, with a group for the name;
   *     empty for Java, where class files know
   */
  record Ran(Command command, Optional<Pattern> symbol) {}

  /** When a gate is run. */
  enum Tier {
    /** On each variant, before it is raced. */
    LIGHT,
    /** On the best one only, together with those of LIGHT. */
    FULL
  }

  /**
   * A check that a variant has to pass.
   *
   * @param probe exits with 0 where the gate can be run here; where there is none it always can
   * @param isRequired that it cannot be run here counts as not passed
   * @param sets the named sets that it belongs to, beside all of them
   */
  record Gate(
      String name,
      Tier tier,
      Optional<Command> probe,
      Command command,
      boolean isRequired,
      List<String> sets) {
    Gate {
      sets = List.copyOf(sets);
    }

    boolean isOf(String set) {
      return set.equals(ALL_GATES) || tier == Tier.LIGHT || sets.contains(set);
    }
  }

  /** What a workload is for. */
  enum Role {
    /** A change is to make it faster. */
    TARGET,
    /** A change must not make it slower. */
    GUARD,
    /** A change does not touch what it uses, so that it shows what the machine does. */
    CONTROL
  }

  /**
   * Something that is measured: less is better.
   *
   * @param sample finds the figures in what the command prints, in its group
   */
  record Workload(String name, Role role, Command command, Pattern sample) {}

  /**
   * By which a race is judged.
   *
   * @param rounds how often base, variants and base again are run in turn
   * @param acceptPercent the least gain that is accepted
   * @param parkPercent the least gain that is worth another try
   * @param regressPercent the most that anything may lose
   * @param noisePercent the most noise with which a workload says that nothing has happened to it
   */
  record Criteria(
      int rounds,
      double acceptPercent,
      double parkPercent,
      double regressPercent,
      double noisePercent) {}

  /** Whom an agent is to ask, by the name of a prompt as in {@code propose-a}; it need not say. */
  record Models(Map<String, String> byQuestion) {
    Models {
      byQuestion = Map.copyOf(byQuestion);
    }

    Optional<String> of(String question) {
      return Optional.ofNullable(byQuestion.get(question));
    }
  }

  /** With so many rounds in each race; as it is for 0. */
  Target withRounds(int rounds) {
    Criteria changed =
        rounds == 0
            ? criteria
            : new Criteria(
                rounds,
                criteria.acceptPercent(),
                criteria.parkPercent(),
                criteria.regressPercent(),
                criteria.noisePercent());
    return new Target(
        file, name, checkout, allow, harness, build, artifacts, programs, profile, ran, gates,
        workloads, changed, models);
  }

  /** With the gates of a named set alone; those of LIGHT are in each. */
  Target withGates(String set) {
    List<Gate> kept = gates.stream().filter(gate -> gate.isOf(set)).toList();
    if (kept.stream().noneMatch(gate -> gate.tier() == Tier.FULL)) {
      Set<String> known = new TreeSet<>(Set.of(ALL_GATES));
      gates.forEach(gate -> known.addAll(gate.sets()));
      throw new gyre.lab.WrongInputException(
          "--gates: no FULL gate of %s is of the set '%s'; sets: %s"
              .formatted(name, set, String.join(", ", known)));
    }
    return new Target(
        file, name, checkout, allow, harness, build, artifacts, programs, profile, ran, kept,
        workloads, criteria, models);
  }

  /** Playbook, manifest and non-starters stand in the folder that is called as the file is. */
  Path rules() {
    return file.resolveSibling(name);
  }
}
