package gyre.lab.round;

import gyre.lab.LabException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.List;
import java.util.Locale;

/**
 * A row for each call of an agent, written by who made the call: what it took, or that nobody
 * knows.
 */
final class Ledger {
  static final String HEAD =
      "exp_id\tphase\tagent_id\tmodel\ttokens_in\ttokens_out\tcost_usd\ttimestamp\tdescription";
  private static final String UNKNOWN = "unknown";

  private final Path file;

  Ledger(Path file) {
    this.file = file;
  }

  void add(String id, String question, Agent agent, Agent.Answer answer, Instant now) {
    Agent.Usage usage = answer.usage();
    String row =
        String.join(
            "\t",
            id,
            question.replaceAll("-[a-c]$", ""),
            agent.label(),
            clean(answer.model()),
            usage.tokensIn().isPresent() ? "" + usage.tokensIn().getAsLong() : UNKNOWN,
            usage.tokensOut().isPresent() ? "" + usage.tokensOut().getAsLong() : UNKNOWN,
            usage.dollars().isPresent()
                ? String.format(Locale.ROOT, "%.4f", usage.dollars().getAsDouble())
                : UNKNOWN,
            now.truncatedTo(ChronoUnit.SECONDS).toString(),
            question);
    try {
      Files.createDirectories(file.toAbsolutePath().getParent());
      String before = Files.exists(file) ? Files.readString(file) : "";
      String head = before.isEmpty() ? HEAD + "\n" : before.endsWith("\n") ? "" : "\n";
      Files.writeString(
          file, head + row + "\n", StandardOpenOption.CREATE, StandardOpenOption.APPEND);
    } catch (IOException e) {
      throw new LabException("cannot write " + file + ": " + e.getMessage(), e);
    }
  }

  /**
   * The rows of one round. One that a full disk or a crash has cut is not counted: its answer was
   * not taken either, and was asked for again.
   */
  List<String> rows(String id) {
    return rows().stream()
        .filter(row -> row.startsWith(id + "\t"))
        .filter(row -> row.split("\t", -1).length == HEAD.split("\t", -1).length)
        .toList();
  }

  List<String> rows() {
    try {
      return Files.exists(file)
          ? Files.readAllLines(file).stream().skip(1).filter(row -> !row.isBlank()).toList()
          : List.of();
    } catch (IOException e) {
      throw new LabException("cannot read " + file + ": " + e.getMessage(), e);
    }
  }

  private static String clean(String text) {
    return text.replaceAll("\\s+", " ");
  }
}
