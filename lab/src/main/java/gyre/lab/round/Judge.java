package gyre.lab.round;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;

/** The criteria, as code: what a race is worth. */
final class Judge {
  private static final int PERCENT = 100;

  private Judge() {}

  /** How the best variant ends by its figures; empty where they are good enough to go on. */
  static Optional<Ruling> rule(List<RaceResult.Row> rows, Target.Criteria criteria) {
    Optional<RaceResult.Row> worse =
        rows.stream()
            .filter(row -> row.role() != Target.Role.CONTROL)
            .filter(row -> row.isWorse(criteria.regressPercent() / PERCENT))
            .findFirst();
    if (worse.isPresent()) {
      return ruling(
          Verdict.REJECTED,
          "%s got worse by %s, with a noise of %s"
              .formatted(
                  worse.get().workload(),
                  percent(worse.get().loss()),
                  percent(worse.get().floor())));
    }
    RaceResult.Row best = best(rows);
    boolean isWorthIt = best.gain() * PERCENT >= criteria.parkPercent();
    if (!best.isBetter()) {
      // Where even a gain that is accepted would not be seen, nothing was found out.
      boolean isBlind = !(best.floor() * PERCENT <= criteria.acceptPercent());
      return ruling(
          isWorthIt || isBlind ? Verdict.PARKED : Verdict.REJECTED,
          "not measurable: %s gained %s, with a noise of %s"
              .formatted(best.workload(), percent(best.gain()), percent(best.floor())));
    }
    Optional<RaceResult.Row> blind =
        rows.stream()
            .filter(row -> row.role() == Target.Role.CONTROL || !row.isBetter())
            .filter(row -> !(row.floor() * PERCENT <= criteria.noisePercent()))
            .findFirst();
    if (blind.isPresent()) {
      return ruling(
          Verdict.PARKED,
          "not measurable: %s has a noise of %s, more than the %s with which it could say that nothing happened to it; %s gained %s"
              .formatted(
                  blind.get().workload(),
                  percent(blind.get().floor()),
                  percent(criteria.noisePercent() / PERCENT),
                  best.workload(),
                  percent(best.gain())));
    }
    Optional<RaceResult.Row> moved =
        rows.stream().filter(row -> row.role() == Target.Role.CONTROL && row.isMoved()).findFirst();
    if (moved.isPresent()) {
      return ruling(
          Verdict.PARKED,
          "the control %s moved by %s, which the change cannot have done: a gain of %s means nothing"
              .formatted(
                  moved.get().workload(),
                  percent(Math.max(moved.get().gain(), moved.get().loss())),
                  percent(best.gain())));
    }
    if (best.gain() * PERCENT < criteria.acceptPercent()) {
      return ruling(
          isWorthIt ? Verdict.PARKED : Verdict.REJECTED,
          "%s gained %s, less than the %s that is accepted"
              .formatted(
                  best.workload(),
                  percent(best.gain()),
                  percent(criteria.acceptPercent() / PERCENT)));
    }
    return Optional.empty();
  }

  /** Of those that the change is for, the one that gained most beyond its noise. */
  static RaceResult.Row best(List<RaceResult.Row> rows) {
    List<RaceResult.Row> targets = new ArrayList<>();
    for (RaceResult.Row row : rows) {
      if (row.role() == Target.Role.TARGET) {
        targets.add(row);
      }
    }
    return targets.stream()
        .max((one, other) -> Double.compare(one.gain() - one.floor(), other.gain() - other.floor()))
        .orElseThrow();
  }

  /** For ranking variants: the middle of all workloads that are for something, not of one. */
  static double score(List<RaceResult.Row> rows) {
    return rows.stream()
        .filter(row -> row.role() == Target.Role.TARGET)
        .mapToDouble(row -> Math.log(1 + row.loss() - row.gain()))
        .average()
        .orElse(0);
  }

  static String percent(double part) {
    return String.format(Locale.ROOT, "%.1f %%", part * PERCENT);
  }

  private static Optional<Ruling> ruling(Verdict verdict, String reason) {
    return Optional.of(new Ruling(verdict, reason));
  }
}
