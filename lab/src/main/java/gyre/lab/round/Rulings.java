package gyre.lab.round;

import com.grack.nanojson.JsonArray;
import com.grack.nanojson.JsonObject;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;

/**
 * How a step ends a round, from the files that it left and nothing else. A round is judged by this
 * while it runs, and counted again by it when it is over, so an entry cannot say what its figures
 * do not.
 */
final class Rulings {
  static final String FULL = "full.json";
  private static final Set<String> DECISION =
      Set.of("winner", "hypothesis", "reasoning", "runner-up", "parked");

  private final RoundFolder folder;
  private final Evidence evidence;

  private Rulings(RoundFolder folder, Evidence evidence) {
    this.folder = folder;
    this.evidence = evidence;
  }

  /** How {@code step}, which was done, ends the round; empty where it goes on. */
  static Optional<Ruling> after(Step step, RoundFolder folder, Evidence evidence) {
    return new Rulings(folder, evidence).after(step);
  }

  /** How a round ended, counted again; empty where its files end it nowhere. */
  static Optional<Ruling> again(RoundFolder folder) {
    Rulings rulings = new Rulings(folder, Evidence.read(folder));
    for (Step step = Step.BASELINE; step != Step.LOG; step = step.next()) {
      Optional<Ruling> ruling = rulings.after(step);
      if (ruling.isPresent()) {
        return ruling;
      }
    }
    return Optional.empty();
  }

  private Optional<Ruling> after(Step step) {
    return evidence
        .broken(step)
        .map(why -> new Ruling(Verdict.REJECTED, why))
        .or(() ->
            switch (step) {
              case BASELINE, PROFILE, REPROFILE, LOG, DONE -> Optional.empty();
              case PROPOSE -> proposals();
              case CHAIR -> chair();
              case IMPLEMENT -> implementations();
              case LIGHT -> light();
              case RACE -> race();
              case FULL -> full();
              case CONFIRM -> figures(Measuring.CONFIRM);
              case DECIDE -> Optional.of(decision());
            });
  }

  private Optional<Ruling> proposals() {
    List<String> all = new ArrayList<>();
    for (Map.Entry<String, String> each : refusals().entrySet()) {
      if (each.getValue().isEmpty()) {
        return Optional.empty();
      }
      all.add(each.getKey() + ": " + each.getValue());
    }
    return Optional.of(
        new Ruling(Verdict.NONE, "all proposals were refused: " + String.join("; ", all)));
  }

  /** By proposer; empty for one that stands. */
  private Map<String, String> refusals() {
    Map<String, String> refusals = new TreeMap<>();
    for (Object each : folder.json("proposals.json").getArray("proposals", new JsonArray())) {
      JsonObject object = (JsonObject) each;
      refusals.put(object.getString("proposer", ""), object.getString("refusal", ""));
    }
    return refusals;
  }

  /** What the chair said. */
  static Fields chairs(RoundFolder folder) {
    return Fields.parse(folder.read(Asking.answer("chair")), DECISION);
  }

  static String winner(Fields decision) {
    return decision.text("winner").toLowerCase(Locale.ROOT).replaceAll("[^a-z].*$", "").strip();
  }

  private Optional<Ruling> chair() {
    Fields decision = chairs(folder);
    String winner = winner(decision);
    if (winner.equals("none")) {
      return none("the chair chose none: " + decision.text("reasoning"));
    }
    Optional<String> refusal = Optional.ofNullable(refusals().get(winner));
    if (refusal.isEmpty()) {
      return none("the chair named no proposal: '" + winner + "'");
    }
    return refusal.get().isEmpty()
        ? Optional.empty()
        : none("the chair chose %s, which was refused: %s".formatted(winner, refusal.get()));
  }

  private static Optional<Ruling> none(String reason) {
    return Optional.of(new Ruling(Verdict.NONE, reason));
  }

  private Optional<Ruling> implementations() {
    boolean isAny =
        Variant.read(folder).stream().anyMatch(v -> v.outcome() != Variant.Outcome.NO_DIFF);
    return isAny
        ? Optional.empty()
        : Optional.of(new Ruling(Verdict.REJECTED, "no implementer gave a diff"));
  }

  private Optional<Ruling> light() {
    List<Variant> variants = Variant.read(folder);
    if (variants.stream().anyMatch(each -> each.outcome().isRaceable())) {
      return Optional.empty();
    }
    List<String> notes =
        variants.stream().map(each -> "%s: %s".formatted(each.name(), each.note())).toList();
    boolean isParked =
        variants.stream().anyMatch(each -> each.outcome() == Variant.Outcome.WITHOUT_EFFECT);
    return Optional.of(
        new Ruling(
            isParked ? Verdict.PARKED : Verdict.REJECTED,
            "no variant may be raced; " + String.join("; ", notes)));
  }

  private Optional<Ruling> race() {
    List<String> raced = raced(folder);
    if (raced.isEmpty()) {
      return Optional.of(new Ruling(Verdict.REJECTED, "no variant could be raced"));
    }
    String best = best(folder, raced);
    if (!folder.read(Measuring.BEST).strip().equals(best)) {
      return Optional.of(
          new Ruling(
              Verdict.REJECTED,
              "by its figures variant %s is the best, and another one was taken".formatted(best)));
    }
    return figures(Measuring.RACE);
  }

  private static List<String> raced(RoundFolder folder) {
    return Variant.read(folder).stream()
        .filter(each -> each.outcome() == Variant.Outcome.PASSED)
        .map(Variant::name)
        .toList();
  }

  /** The one of these that gained most. */
  static String best(RoundFolder folder, List<String> raced) {
    Terms terms = Terms.read(folder);
    return raced.stream()
        .min((one, other) ->
            Double.compare(
                Judge.score(terms.rows(folder, Measuring.RACE, one)),
                Judge.score(terms.rows(folder, Measuring.RACE, other))))
        .orElseThrow();
  }

  private Optional<Ruling> figures(String race) {
    Terms terms = Terms.read(folder);
    return Judge.rule(
        terms.rows(folder, race, folder.read(Measuring.BEST).strip()), terms.criteria());
  }

  private Optional<Ruling> full() {
    List<GateRun.Result> results = GateRun.of(folder.json(FULL).getArray("gates", new JsonArray()));
    String refusal = GateRun.refusal(results);
    List<String> left = new ArrayList<>(Terms.read(folder).gates());
    left.removeAll(results.stream().map(GateRun.Result::gate).toList());
    if (refusal.isEmpty() && !left.isEmpty()) {
      refusal = "gates were left out: " + String.join(", ", left);
    }
    return refusal.isEmpty()
        ? Optional.empty()
        : Optional.of(new Ruling(Verdict.REJECTED, refusal));
  }

  /** The last word. It trusts no earlier step to have looked: each condition is read again. */
  private Ruling decision() {
    if (!folder.has(FULL) || full().isPresent()) {
      return new Ruling(Verdict.REJECTED, "the FULL gate is not green");
    }
    String best = folder.read(Measuring.BEST).strip();
    Optional<String> gap = evidence.gap(best);
    if (gap.isPresent()) {
      return new Ruling(Verdict.REJECTED, gap.get());
    }
    for (String race : List.of(Measuring.RACE, Measuring.CONFIRM)) {
      Optional<Ruling> ruling = figures(race);
      if (ruling.isPresent()) {
        return ruling.get();
      }
    }
    Profile before = Profile.parse(folder.readIfThere(Measuring.PROFILE).orElse(""));
    Profile after = Profile.parse(folder.readIfThere(Measuring.PROFILE_AFTER).orElse(""));
    if (!before.isKnown() || !after.isKnown()) {
      return new Ruling(
          Verdict.PARKED, "there is no profile of both, so the gain is not explained");
    }
    List<String> shift = before.shift(after, Asking.chosen(folder).symbols());
    if (shift.isEmpty()) {
      return new Ruling(Verdict.PARKED, "the profile shows no shift, so the gain is not explained");
    }
    String set = Terms.read(folder).gateSet();
    if (!set.equals(Target.ALL_GATES)) {
      return new Ruling(
          Verdict.PARKED,
          "it would be accepted, but of the FULL gate only the set '%s' was run: start it again with all"
              .formatted(set));
    }
    RaceResult.Row row = Judge.best(Terms.read(folder).rows(folder, Measuring.CONFIRM, best));
    return new Ruling(
        Verdict.ACCEPTED,
        "%s gained %s, with a noise of %s; %s"
            .formatted(
                row.workload(),
                Judge.percent(row.gain()),
                Judge.percent(row.floor()),
                String.join(", ", shift)));
  }
}
