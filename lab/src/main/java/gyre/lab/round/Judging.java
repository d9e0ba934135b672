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
  void light() {
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
    Optional<Variant> effect = effect(variant, tree);
    if (effect.isPresent()) {
      return effect.get();
    }
    // Last, since what ran until here might have changed either.
    return measuring
        .harnessChanged(tree)
        .or(() -> context.work().changed(variant.name()))
        .map(why -> variant.with(Variant.Outcome.REFUSED, why))
        .orElseGet(() -> variant.with(Variant.Outcome.PASSED, ""));
  }

  private Optional<Variant> effect(Variant variant, Tree tree) {
    return effect(tree).map(why -> variant.with(Variant.Outcome.WITHOUT_EFFECT, why));
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
  void full() {
    Tree tree = measuring.best();
    List<GateRun.Result> results = new ArrayList<>();
    for (Target.Tier tier : Target.Tier.values()) {
      List<GateRun.Result> some =
          GateRun.run(gates(tier), tree, context.commands(), context.work().logs("full"));
      results.addAll(some);
      if (!GateRun.refusal(some).isEmpty()) {
        break;
      }
    }
    JsonObject object = new JsonObject();
    object.put("gates", GateRun.json(results));
    folder.write(Rulings.FULL, object);
    results.forEach(each ->
        context.say(
            "gate %s: %s"
                .formatted(each.gate(), each.outcome().name().toLowerCase(java.util.Locale.ROOT))));
  }
}
