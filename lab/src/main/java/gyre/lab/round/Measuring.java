package gyre.lab.round;

import gyre.lab.LabException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;

/** The steps that measure. */
final class Measuring {
  static final String BASELINE = "baseline.json";
  static final String PROFILE = "profile.txt";
  static final String PROFILE_AFTER = "profile-after.txt";
  static final String RACE = "race.json";
  static final String CONFIRM = "confirm.json";
  static final String BEST = "best.txt";
  private static final String HARNESS = "harness.json";

  private final RoundContext context;
  private final RoundFolder folder;

  Measuring(RoundContext context) {
    this.context = context;
    this.folder = context.folder();
  }

  void baseline() {
    RoundState state = RoundState.read(folder);
    Terms.of(context.target(), state.base(), state.gates()).write(folder);
    Tree base = context.work().base();
    Seal harness = context.work().harness(base);
    if (harness.isEmpty()) {
      throw new LabException(
          "%s: harness matches no file of the target, so nothing would guard it"
              .formatted(context.target().file()));
    }
    if (context.work().artifacts(base).isEmpty()) {
      throw new LabException(
          "%s: artifacts match nothing that the build has left".formatted(context.target().file()));
    }
    folder.write(HARNESS, harness.json());
    RaceResult result = race(Map.of(), "baseline");
    folder.write(BASELINE, result.json());
    for (Target.Workload workload : context.target().workloads()) {
      context.say(
          "noise of %s: ±%s"
              .formatted(workload.name(), Judge.percent(result.floor(workload.name()))));
    }
  }

  /** The noise of all workloads, for people. */
  String floors() {
    RaceResult baseline = RaceResult.of(folder.json(BASELINE));
    StringBuilder text = new StringBuilder();
    for (Target.Workload workload : context.target().workloads()) {
      text.append(
          String.format(
              Locale.ROOT,
              "- %s (%s): ±%s; a gain below that cannot be told%n",
              workload.name(),
              workload.role().name().toLowerCase(Locale.ROOT),
              Judge.percent(baseline.floor(workload.name()))));
    }
    return text.toString();
  }

  void profile() {
    Optional<String> earlier = context.log().profileOf(folder, RoundState.read(folder));
    folder.write(PROFILE, earlier.orElseGet(() -> look(context.work().base(), "profile")));
    context.say("profile: " + context.profile(PROFILE).bottleneck());
  }

  void profileAgain() {
    folder.write(PROFILE_AFTER, look(best(), "profile-after"));
  }

  private String look(Tree tree, String name) {
    Shell.Result result =
        context
            .commands()
            .run(
                context.target().profile(),
                tree,
                Map.of(),
                context.work().logs(name).resolve("profile.txt"));
    // Without one a round can go on, but nothing can be accepted.
    return result.isGood() ? result.output() : "no profile: " + result.failure() + "\n";
  }

  /** Base, all variants that passed, and the base again. */
  void race() {
    List<Variant> variants = new ArrayList<>(Variant.read(folder));
    while (true) {
      Map<String, Tree> racing = new LinkedHashMap<>();
      for (Variant variant : variants) {
        if (variant.outcome() == Variant.Outcome.PASSED) {
          racing.put(variant.name(), built(variant.name()));
        }
      }
      if (racing.isEmpty()) {
        return;
      }
      try {
        first(racing, raceWith(racing, "race"));
        return;
      } catch (RoundRace.NoFigure e) {
        leaveOut(variants, e);
      }
    }
  }

  private void leaveOut(List<Variant> variants, RoundRace.NoFigure failure) {
    String name = failure.participant();
    String why = String.valueOf(failure.getMessage());
    if (!Variant.NAMES.contains(name)) {
      throw new LabException("the base cannot be measured: " + why);
    }
    variants.replaceAll(variant ->
        variant.name().equals(name) ? variant.with(Variant.Outcome.NOT_RACED, why) : variant);
    Variant.write(folder, variants);
    context.say("variant " + name + " is left out: " + why);
  }

  private void first(Map<String, Tree> racing, RaceResult result) {
    folder.write(RACE, result.json());
    String best = Rulings.best(folder, List.copyOf(racing.keySet()));
    folder.write(BEST, best);
    context.say("best: variant " + best);
  }

  /** The best variant alone. */
  void confirm() {
    String best = bestName();
    folder.write(CONFIRM, race(Map.of(best, best()), "confirm").json());
  }

  /**
   * What a step has changed that must not change: what measures, or what was built, of the base or
   * of the variant that it all comes down to. Of the others nothing comes, whatever they did.
   */
  String broken() {
    for (Map.Entry<String, Tree> each : context.work().used().entrySet()) {
      String name = each.getKey();
      if (name.equals(RaceResult.BASE) || (folder.has(BEST) && name.equals(bestName()))) {
        Optional<String> why =
            harnessChanged(each.getValue()).or(() -> context.work().changed(name));
        if (why.isPresent()) {
          return why.get();
        }
      }
    }
    return "";
  }

  /** What of the harness is not as it was when the round began. */
  Optional<String> harnessChanged(Tree tree) {
    Seal before = Seal.of(folder.json(HARNESS));
    var differing = before.differences(context.work().harness(tree));
    return differing.isEmpty()
        ? Optional.empty()
        : Optional.of("the harness was changed: " + String.join(", ", differing));
  }

  String bestName() {
    return folder.read(BEST).strip();
  }

  Tree best() {
    return built(bestName());
  }

  Tree built(String name) {
    try {
      return context.work().variant(name, folder.file(Variant.diff(name)));
    } catch (Workplace.Unusable e) {
      throw new LabException(
          "variant %s is as it was no more: %s".formatted(name, e.getMessage()), e);
    }
  }

  private RaceResult race(Map<String, Tree> others, String name) {
    try {
      return raceWith(others, name);
    } catch (RoundRace.NoFigure e) {
      throw new LabException(
          "%s cannot be measured: %s".formatted(e.participant(), e.getMessage()), e);
    }
  }

  private RaceResult raceWith(Map<String, Tree> others, String name) throws RoundRace.NoFigure {
    Map<String, Tree> all = new LinkedHashMap<>();
    all.put(RaceResult.BASE, context.work().base());
    all.putAll(others);
    all.put(RaceResult.AGAIN, context.work().base());
    context.say(name + ": " + String.join(", ", all.keySet()));
    return new RoundRace(context.target(), context.commands(), context.work().logs(name))
        .run(all, context.target().criteria().rounds());
  }
}
