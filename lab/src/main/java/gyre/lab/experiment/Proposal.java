package gyre.lab.experiment;

import gyre.lab.experiment.Judgement.Outcome;
import java.time.LocalDate;
import java.util.List;
import java.util.Locale;

/**
 * What became of an experiment, as it stands in the log for good.
 *
 * @param what the change in words
 * @param failure why nothing could be raced; empty where it could
 * @param bottlenecks the verdict of the profile before and after
 */
record Proposal(
    String name,
    String what,
    LocalDate date,
    String base,
    String candidate,
    List<Judgement> judgements,
    List<String> bottlenecks,
    String failure) {

  enum Decision {
    ACCEPTED,
    REJECTED,
    FAILED
  }

  Proposal {
    judgements = List.copyOf(judgements);
    bottlenecks = List.copyOf(bottlenecks);
  }

  /** Something has to improve, and nothing may regress. */
  Decision decision() {
    if (!failure.isEmpty()) {
      return Decision.FAILED;
    }
    boolean regressed = any(Outcome.REGRESSED) || any(Outcome.UNKNOWN);
    return any(Outcome.IMPROVED) && !regressed ? Decision.ACCEPTED : Decision.REJECTED;
  }

  private boolean any(Outcome outcome) {
    return judgements.stream().anyMatch(j -> j.outcome() == outcome);
  }

  /** The entry in the log. */
  String text() {
    StringBuilder text = new StringBuilder();
    text.append(
        "## %s · %s · %s%n%n".formatted(name, date, decision().name().toLowerCase(Locale.ROOT)));
    text.append("%s%n%n".formatted(what));
    text.append("Base `%s`, candidate `%s`.%n".formatted(base, candidate));
    if (!failure.isEmpty()) {
      return text.append("\nNot raced: ").append(failure).append('\n').toString();
    }
    text.append(
        """

        | workload | candidate ÷ base (min–max) | noise | outcome | user ns/op | calls/op |
        |---|---:|---:|---|---:|---:|
        """);
    judgements.forEach(judgement -> text.append(row(judgement)));
    bottlenecks.forEach(line -> text.append("\n- ").append(line));
    return text.append(bottlenecks.isEmpty() ? "" : "\n").toString();
  }

  private static String row(Judgement j) {
    return String.format(
        Locale.ROOT,
        "| %s | %.3f (%.3f–%.3f) | ±%.1f %% | %s | %s → %s | %s → %s |%n",
        j.workload(),
        j.ratio().median(),
        j.ratio().least(),
        j.ratio().greatest(),
        j.noise() * 100,
        j.outcome().name().toLowerCase(Locale.ROOT),
        known("%.0f", j.baseUserNanos()),
        known("%.0f", j.candidateUserNanos()),
        known("%.2f", j.baseCalls()),
        known("%.2f", j.candidateCalls()));
  }

  private static String known(String format, double figure) {
    return Double.isNaN(figure) ? "–" : String.format(Locale.ROOT, format, figure);
  }
}
