package gyre.lab.round;

import com.grack.nanojson.JsonObject;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;

/** The steps that judge. */
final class Judging {
  private final RoundContext context;
  private final RoundFolder folder;
  private final Measuring measuring;

  Judging(RoundContext context) {
    this.context = context;
    this.folder = context.folder();
    this.measuring = new Measuring(context);
  }

  /** Which of the variants may be raced. */
  Optional<Ruling> light() {
    List<Variant> judged = new ArrayList<>();
    for (Variant variant : Variant.read(folder)) {
      Variant now = variant.outcome() == Variant.Outcome.WRITTEN ? light(variant) : variant;
      judged.add(now);
      context.say(
          "variant %s: %s%s"
              .formatted(
                  now.name(),
                  now.outcome().label(),
                  now.note().isEmpty() ? "" : ": " + now.note()));
    }
    Variant.write(folder, judged);
    if (judged.stream().anyMatch(each -> each.outcome() == Variant.Outcome.PASSED)) {
      return Optional.empty();
    }
    List<String> notes =
        judged.stream().map(each -> "%s: %s".formatted(each.name(), each.note())).toList();
    boolean isParked =
        judged.stream().anyMatch(each -> each.outcome() == Variant.Outcome.WITHOUT_EFFECT);
    return Optional.of(
        new Ruling(
            isParked ? Verdict.PARKED : Verdict.REJECTED,
            "no variant may be raced; " + String.join("; ", notes)));
  }

  private Variant light(Variant variant) {
    Tree tree;
    try {
      tree = context.work().variant(variant.name(), folder.file(variant.diff()));
    } catch (Workplace.Unusable e) {
      return variant.with(Variant.Outcome.REFUSED, String.valueOf(e.getMessage()));
    }
    Optional<String> harness = measuring.harnessChanged(tree);
    if (harness.isPresent()) {
      return variant.with(Variant.Outcome.REFUSED, harness.get());
    }
    List<GateRun.Result> results =
        GateRun.run(
            gates(Target.Tier.LIGHT),
            tree,
            context.commands(),
            context.work().logs(variant.name()));
    String refusal = GateRun.refusal(results);
    if (!refusal.isEmpty()) {
      return variant.with(Variant.Outcome.INCORRECT, refusal);
    }
    return effect(tree)
        .map(why -> variant.with(Variant.Outcome.WITHOUT_EFFECT, why))
        .orElseGet(() -> variant.with(Variant.Outcome.PASSED, ""));
  }

  /** Why it can have no effect; empty where it can. */
  private Optional<String> effect(Tree tree) {
    Seal before = context.work().artifacts(context.work().base());
    if (before.differences(context.work().artifacts(tree)).isEmpty()) {
      return Optional.of("what is built is the same as of the base");
    }
    Set<String> changed = ChangedSymbols.of(context.target(), tree);
    Optional<String> cold = changed.stream().filter(context.rules()::isCold).findFirst();
    if (cold.isPresent()) {
      return Optional.of("it changes " + cold.get() + ", which is known to be cold");
    }
    Shell.Result ran =
        context
            .commands()
            .run(
                context.target().ran().command(),
                tree,
                Map.of(),
                context.work().logs("ran").resolve("ran.txt"));
    if (!ran.isGood()) {
      return Optional.of("which methods ran cannot be told: " + ran.failure());
    }
    Set<String> seen = new TreeSet<>(ran.output().lines().map(String::strip).toList());
    return changed.stream().anyMatch(seen::contains)
        ? Optional.empty()
        : Optional.of("none of what it changes ran: " + String.join(", ", changed));
  }

  private List<Target.Gate> gates(Target.Tier tier) {
    return context.target().gates().stream().filter(gate -> gate.tier() == tier).toList();
  }

  /** All gates, on the best variant. */
  Optional<Ruling> full() {
    Tree tree = measuring.best();
    List<GateRun.Result> results = new ArrayList<>();
    String refusal = "";
    for (Target.Tier tier : Target.Tier.values()) {
      List<GateRun.Result> some =
          GateRun.run(gates(tier), tree, context.commands(), context.work().logs("full"));
      results.addAll(some);
      refusal = GateRun.refusal(some);
      if (!refusal.isEmpty()) {
        break;
      }
    }
    JsonObject object = new JsonObject();
    object.put("gates", GateRun.json(results));
    object.put("isGreen", refusal.isEmpty());
    folder.write("full.json", object);
    results.forEach(each ->
        context.say(
            "gate %s: %s"
                .formatted(each.gate(), each.outcome().name().toLowerCase(java.util.Locale.ROOT))));
    String why = refusal;
    return measuring
        .harnessChanged(tree)
        .or(() -> why.isEmpty() ? Optional.empty() : Optional.of(why))
        .map(reason -> new Ruling(Verdict.REJECTED, reason));
  }

  /**
   * The last word. It trusts no earlier step to have looked: each condition is read from its file.
   */
  Optional<Ruling> decide() {
    if (!folder.has("full.json") || !folder.json("full.json").getBoolean("isGreen", false)) {
      return Optional.of(new Ruling(Verdict.REJECTED, "the FULL gate is not green"));
    }
    String best = measuring.bestName();
    for (String file : List.of(Measuring.RACE, Measuring.CONFIRM)) {
      Optional<Ruling> ruling =
          Judge.rule(
              measuring.rows(RaceResult.of(folder.json(file)), best), context.target().criteria());
      if (ruling.isPresent()) {
        return ruling;
      }
    }
    Profile before = context.profile(Measuring.PROFILE);
    Profile after = context.profile(Measuring.PROFILE_AFTER);
    if (!before.isKnown() || !after.isKnown()) {
      return Optional.of(
          new Ruling(Verdict.PARKED, "there is no profile of both, so the gain is not explained"));
    }
    List<String> shift = before.shift(after, Asking.chosen(folder).symbols());
    if (shift.isEmpty()) {
      return Optional.of(
          new Ruling(Verdict.PARKED, "the profile shows no shift, so the gain is not explained"));
    }
    RaceResult.Row row =
        Judge.best(measuring.rows(RaceResult.of(folder.json(Measuring.CONFIRM)), best));
    return Optional.of(
        new Ruling(
            Verdict.ACCEPTED,
            "%s gained %s, with a noise of %s; %s"
                .formatted(
                    row.workload(),
                    Judge.percent(row.gain()),
                    Judge.percent(row.floor()),
                    String.join(", ", shift))));
  }
}
