package gyre.lab.round;

import java.util.List;
import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** The counts of the log, and its dead ends: always made from the log, never kept by hand. */
record Summary(List<RoundLog.Entry> entries, int rounds) {
  private static final Pattern PLACE =
      Pattern.compile("(<!-- counts: [^>]*-->\n)(.*?)(<!-- end of counts -->)", Pattern.DOTALL);

  static Summary of(List<RoundLog.Entry> entries, int rounds) {
    return new Summary(List.copyOf(entries), rounds);
  }

  String counts() {
    return "%d rounds: %d accepted, %d rejected, %d parked, %d revoked, %d without a proposal worth a try, %d in progress."
        .formatted(
            rounds,
            count(Verdict.ACCEPTED),
            count(Verdict.REJECTED),
            count(Verdict.PARKED),
            count(Verdict.REVOKED),
            count(Verdict.NONE),
            rounds - entries.size());
  }

  private long count(Verdict verdict) {
    return entries.stream().filter(entry -> entry.verdict() == verdict).count();
  }

  String text() {
    StringBuilder text = new StringBuilder("# Summary of the rounds\n\n");
    text.append("Made from the log by `./gyre lab round summary`; not to be edited.\n\n");
    text.append(counts()).append('\n');
    for (Verdict verdict : Verdict.values()) {
      if (count(verdict) > 0) {
        String title = verdict.label();
        text.append("\n## ").append(title.substring(0, 1).toUpperCase(Locale.ROOT));
        text.append(title.substring(1)).append("\n\n");
        entries.stream()
            .filter(entry -> entry.verdict() == verdict)
            .forEach(entry ->
                text.append(
                    "- [%s](log/%s/entry.md), %s, %s: %s\n"
                        .formatted(
                            entry.id(), entry.id(), entry.target(), entry.date(), entry.reason())));
      }
    }
    return text.toString();
  }

  /** A text with the counts where its marks are; as it is where it has none. */
  String into(String text) {
    return PLACE.matcher(text).replaceAll("$1" + Matcher.quoteReplacement(counts()) + "\n$3");
  }
}
