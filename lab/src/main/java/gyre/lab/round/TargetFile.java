package gyre.lab.round;

import gyre.lab.WrongInputException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Function;
import java.util.regex.Pattern;
import java.util.regex.PatternSyntaxException;

/** Reads {@code targets/NAME.toml}. */
final class TargetFile {
  private static final int BUILD_SECONDS = 900;
  private static final int RUN_SECONDS = 300;
  private static final int PROBE_SECONDS = 20;
  static final int LEAST_ROUNDS = 3;
  private static final int DEFAULT_ROUNDS = 7;
  private static final double ACCEPT_PERCENT = 2;
  private static final double OTHER_PERCENT = 1;
  private static final double NOISE_PERCENT = 3;

  private TargetFile() {}

  /**
   * Of the file of that name.
   *
   * @param checkout in place of what the file says
   */
  static Target read(Path folder, String name, Optional<Path> checkout) {
    Path file = folder.resolve(name + ".toml");
    if (!name.matches("[a-z0-9-]+") || !Files.exists(file)) {
      throw new WrongInputException("there is no target '" + name + "' in " + folder);
    }
    Toml toml = Toml.read(file);
    toml.only(
        "checkout",
        "allow",
        "harness",
        "artifacts",
        "programs",
        "build",
        "profile",
        "ran",
        "gate",
        "workload",
        "criteria",
        "models");
    List<Target.Workload> workloads =
        toml.tables("workload").stream().map(TargetFile::workload).toList();
    List<Target.Gate> gates = toml.tables("gate").stream().map(TargetFile::gate).toList();
    Path at =
        checkout
            .or(() -> toml.optionalText("checkout").map(file.toAbsolutePath()::resolveSibling))
            .orElseThrow(() ->
                new WrongInputException(
                    name + " is no part of this repository: --checkout DIR says where it is"));
    Target target =
        new Target(
            file,
            name,
            at.toAbsolutePath().normalize(),
            globs(toml, "allow"),
            globs(toml, "harness"),
            command(toml.table("build").only("command", "limit-seconds"), BUILD_SECONDS),
            globs(toml, "artifacts"),
            toml.texts("programs").isEmpty()
                ? Optional.empty()
                : Optional.of(globs(toml, "programs")),
            command(toml.table("profile").only("command", "limit-seconds"), RUN_SECONDS),
            ran(toml.table("ran").only("command", "limit-seconds", "symbol")),
            gates,
            workloads,
            criteria(toml.optionalTable("criteria")),
            models(toml.optionalTable("models")));
    check(toml, target);
    return target;
  }

  private static void check(Toml toml, Target target) {
    for (Target.Role role : List.of(Target.Role.TARGET, Target.Role.CONTROL)) {
      if (target.workloads().stream().noneMatch(each -> each.role() == role)) {
        throw toml.wrong("workload", "none of the role " + role.name().toLowerCase(Locale.ROOT));
      }
    }
    for (Target.Tier tier : Target.Tier.values()) {
      if (target.gates().stream().noneMatch(gate -> gate.tier() == tier)) {
        throw toml.wrong("gate", "none of the tier " + tier.name().toLowerCase(Locale.ROOT));
      }
    }
    unique(toml, "gate", target.gates().stream().map(Target.Gate::name).toList());
    unique(toml, "workload", target.workloads().stream().map(Target.Workload::name).toList());
    if (target.criteria().acceptPercent() < target.criteria().parkPercent()) {
      throw toml.wrong("criteria", "what is accepted has to gain more than what is parked");
    }
  }

  private static void unique(Toml toml, String what, List<String> names) {
    Set<String> seen = new HashSet<>();
    for (String name : names) {
      if (!name.matches("[A-Za-z0-9._-]+")) {
        throw toml.wrong(what, "'" + name + "' is no name: letters, digits, dots and dashes");
      }
      if (!seen.add(name)) {
        throw toml.wrong(what, "two are called '" + name + "'");
      }
    }
  }

  private static Globs globs(Toml toml, String key) {
    List<String> patterns = toml.texts(key);
    if (patterns.isEmpty()) {
      throw toml.wrong(key, "is missing: a list of paths with **");
    }
    return new Globs(patterns);
  }

  private static Target.Command command(Toml toml, int seconds) {
    return new Target.Command(toml.text("command"), toml.limit(seconds));
  }

  private static Target.Ran ran(Toml toml) {
    String symbol = toml.text("symbol");
    return new Target.Ran(
        command(toml, RUN_SECONDS),
        symbol.equals("java") ? Optional.empty() : Optional.of(pattern(toml, "symbol")));
  }

  /** One that has a group, for what is to be found. */
  private static Pattern pattern(Toml toml, String key) {
    try {
      Pattern pattern = Pattern.compile(toml.text(key), Pattern.MULTILINE);
      if (pattern.matcher("").groupCount() != 1) {
        throw toml.wrong(key, "needs exactly one group, in parentheses");
      }
      return pattern;
    } catch (PatternSyntaxException e) {
      throw toml.wrong(key, String.valueOf(e.getMessage()));
    }
  }

  private static Target.Gate gate(Toml toml) {
    toml.only("name", "tier", "probe", "command", "limit-seconds", "required", "sets");
    return new Target.Gate(
        toml.text("name"),
        oneOf(toml, "tier", Target.Tier.values()),
        toml.optionalText("probe")
            .map(line -> new Target.Command(line, java.time.Duration.ofSeconds(PROBE_SECONDS))),
        command(toml, RUN_SECONDS),
        toml.flag("required"),
        toml.texts("sets"));
  }

  private static Target.Workload workload(Toml toml) {
    toml.only("name", "role", "command", "limit-seconds", "sample");
    return new Target.Workload(
        toml.text("name"),
        oneOf(toml, "role", Target.Role.values()),
        command(toml, RUN_SECONDS),
        pattern(toml, "sample"));
  }

  private static <E extends Enum<E>> E oneOf(Toml toml, String key, E[] all) {
    Function<E, String> label = each -> each.name().toLowerCase(Locale.ROOT);
    String word = toml.text(key);
    List<String> labels = new ArrayList<>();
    for (E each : all) {
      if (label.apply(each).equals(word)) {
        return each;
      }
      labels.add(label.apply(each));
    }
    throw toml.wrong(key, "is one of: " + String.join(", ", labels));
  }

  private static Target.Criteria criteria(Optional<Toml> table) {
    if (table.isEmpty()) {
      return new Target.Criteria(
          DEFAULT_ROUNDS, ACCEPT_PERCENT, OTHER_PERCENT, OTHER_PERCENT, NOISE_PERCENT);
    }
    Toml toml =
        table
            .get()
            .only("rounds", "accept-percent", "park-percent", "regress-percent", "noise-percent");
    int rounds = (int) toml.number("rounds", DEFAULT_ROUNDS);
    if (rounds < LEAST_ROUNDS) {
      throw toml.wrong("rounds", "have to be " + LEAST_ROUNDS + " at least, to know the noise");
    }
    return new Target.Criteria(
        rounds,
        toml.number("accept-percent", ACCEPT_PERCENT),
        toml.number("park-percent", OTHER_PERCENT),
        toml.number("regress-percent", OTHER_PERCENT),
        toml.number("noise-percent", NOISE_PERCENT));
  }

  private static Target.Models models(Optional<Toml> table) {
    Map<String, String> models = new LinkedHashMap<>();
    table.ifPresent(toml -> toml.keys().forEach(key -> models.put(key, toml.text(key))));
    return new Target.Models(models);
  }
}
