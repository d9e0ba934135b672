package gyre.lab.experiment;

import gyre.lab.WrongInputException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** The log of all experiments: only ever added to. The summary is made from it anew each time. */
final class Log {
  private static final Pattern HEADING =
      Pattern.compile("^## (\\S+) · (\\S+) · (accepted|rejected|failed)$");

  private static final String TITLE =
      """
      # Experiments

      Every experiment that was run, in order, the failed ones too. Entries are added by
      `./gyre lab experiment` and never changed.

      """;

  private final Path log;
  private final Path summary;

  Log(Path folder) {
    log = folder.resolve("EXPERIMENTS.md");
    summary = folder.resolve("SUMMARY.md");
  }

  /** A name is given once. */
  void checkFree(String name) {
    if (!name.matches("[A-Za-z0-9][A-Za-z0-9._-]*")) {
      throw new WrongInputException("'" + name + "' is no name: letters, digits, dots and dashes");
    }
    if (entries(read()).stream().anyMatch(entry -> entry.name().equals(name))) {
      throw new WrongInputException(name + " is in " + log + " already: take another name");
    }
  }

  void add(Proposal proposal) {
    try {
      Files.createDirectories(log.getParent());
      String before = Files.exists(log) ? "\n" : TITLE;
      Files.writeString(
          log, before + proposal.text(), StandardOpenOption.CREATE, StandardOpenOption.APPEND);
      Files.writeString(summary, summary(entries(read())));
    } catch (IOException e) {
      throw new UncheckedIOException("cannot write " + log, e);
    }
  }

  private List<String> read() {
    try {
      return Files.exists(log) ? Files.readAllLines(log) : List.of();
    } catch (IOException e) {
      throw new UncheckedIOException("cannot read " + log, e);
    }
  }

  record Heading(String name, String date, Proposal.Decision decision) {}

  static List<Heading> entries(List<String> lines) {
    List<Heading> entries = new ArrayList<>();
    for (String line : lines) {
      Matcher matcher = HEADING.matcher(line);
      if (matcher.matches()) {
        String decision = matcher.group(3).toUpperCase(Locale.ROOT);
        entries.add(
            new Heading(matcher.group(1), matcher.group(2), Proposal.Decision.valueOf(decision)));
      }
    }
    return entries;
  }

  static String summary(List<Heading> entries) {
    StringBuilder text = new StringBuilder("# Summary of the experiments\n\n");
    text.append(
        "%d run: %d accepted, %d rejected, %d failed. Details: [EXPERIMENTS.md](EXPERIMENTS.md).%n"
            .formatted(
                entries.size(),
                count(entries, Proposal.Decision.ACCEPTED),
                count(entries, Proposal.Decision.REJECTED),
                count(entries, Proposal.Decision.FAILED)));
    list(text, "Accepted", entries, Proposal.Decision.ACCEPTED);
    list(text, "Dead ends: measured, no better", entries, Proposal.Decision.REJECTED);
    list(text, "Dead ends: did not work", entries, Proposal.Decision.FAILED);
    return text.toString();
  }

  private static long count(List<Heading> entries, Proposal.Decision decision) {
    return entries.stream().filter(entry -> entry.decision() == decision).count();
  }

  private static void list(
      StringBuilder text, String title, List<Heading> entries, Proposal.Decision decision) {
    if (count(entries, decision) == 0) {
      return;
    }
    text.append("\n## ").append(title).append("\n\n");
    entries.stream()
        .filter(entry -> entry.decision() == decision)
        .forEach(entry ->
            text.append("- ").append(entry.name()).append(" (").append(entry.date()).append(")\n"));
  }
}
