package gyre.lab.round;

import com.grack.nanojson.JsonObject;
import java.util.List;
import java.util.Locale;
import java.util.Optional;

/** Writes what a round was, for those who read the log. */
final class EntryWriter {
  private final RoundContext context;
  private final RoundFolder folder;
  private final StringBuilder text = new StringBuilder();

  EntryWriter(RoundContext context) {
    this.context = context;
    this.folder = context.folder();
  }

  String text(RoundState state, Ruling ruling) {
    text.append(RoundLog.heading(folder.id(), state, ruling)).append("\n\n");
    text.append(line(ruling.reason())).append("\n\n");
    text.append(
        "Base `%.12s` of %s, measured on %s.%n"
            .formatted(state.base(), context.target().name(), machine()));
    noise();
    proposals();
    variants();
    race("Race", Measuring.RACE);
    race("Race of the best alone", Measuring.CONFIRM);
    gates();
    profile();
    ledger();
    evidence();
    return text.toString();
  }

  /** In one line: the summary takes the first. */
  static String line(String words) {
    return words.replaceAll("\\s+", " ").strip();
  }

  private static String machine() {
    return String.format(
        Locale.ROOT,
        "%d processors of %s",
        Runtime.getRuntime().availableProcessors(),
        System.getProperty("os.name") + " " + System.getProperty("os.version"));
  }

  private void title(String title) {
    text.append("\n## ").append(title).append("\n\n");
  }

  private void noise() {
    folder
        .readIfThere("note.md")
        .ifPresent(note -> text.append('\n').append(note.strip()).append('\n'));
    if (folder.has(Measuring.BASELINE)) {
      title("Noise: the base against itself");
      text.append(new Measuring(context).floors());
    }
  }

  private void proposals() {
    if (!folder.has("proposals.json")) {
      return;
    }
    title("Proposals");
    for (Object each : folder.json("proposals.json").getArray("proposals")) {
      JsonObject object = (JsonObject) each;
      String name = object.getString("proposer", "");
      Proposal proposal = Proposal.parse(name, folder.read(Asking.answer("propose-" + name)));
      String refusal = object.getString("refusal", "");
      text.append(
          "- %s: %s at %s. %s%s%n"
              .formatted(
                  name,
                  proposal.technique(),
                  String.join(", ", proposal.symbols()),
                  line(proposal.hypothesis()),
                  refusal.isEmpty() ? "" : " **Refused**: " + line(refusal) + "."));
    }
    if (folder.has("decision.json")) {
      JsonObject decision = folder.json("decision.json");
      text.append(
          "%nThe chair chose %s. %s%n"
              .formatted(
                  decision.getString("winner", ""), line(decision.getString("reasoning", ""))));
    }
  }

  private void variants() {
    if (!folder.has("variants.json")) {
      return;
    }
    title("Variants");
    for (Variant variant : Variant.read(folder)) {
      text.append(
          "- %s: %s. %s%s%n"
              .formatted(
                  variant.name(),
                  variant.outcome().label(),
                  line(variant.summary()),
                  variant.note().isEmpty() ? "" : " (" + line(variant.note()) + ")"));
    }
  }

  private void race(String title, String file) {
    if (!folder.has(file)) {
      return;
    }
    title(title);
    Measuring measuring = new Measuring(context);
    text.append("| workload | role | variant ÷ base | noise | |\n|---|---|---:|---:|---|\n");
    String best = measuring.bestName();
    Terms.read(folder)
        .rows(folder, file, best)
        .forEach(row -> text.append(row.text()).append('\n'));
    text.append("\nVariant ").append(best).append("; less is better.\n");
  }

  private void gates() {
    if (!folder.has(Rulings.FULL)) {
      return;
    }
    String set = Terms.read(folder).gateSet();
    title(set.equals(Target.ALL_GATES) ? "FULL gate" : "FULL gate, of which the set '" + set + "'");
    for (Object each : folder.json(Rulings.FULL).getArray("gates")) {
      JsonObject object = (JsonObject) each;
      String note = object.getString("note", "");
      text.append(
          "- %s: %s%s%n"
              .formatted(
                  object.getString("gate", ""),
                  object.getString("outcome", ""),
                  note.isEmpty() ? "" : " (" + line(note) + ")"));
    }
  }

  private void profile() {
    if (!folder.has(Measuring.PROFILE)) {
      return;
    }
    title("Profile");
    Profile before = context.profile(Measuring.PROFILE);
    text.append("Before: ").append(before.bottleneck()).append(".\n");
    if (folder.has(Measuring.PROFILE_AFTER)) {
      Profile after = context.profile(Measuring.PROFILE_AFTER);
      List<String> shift = before.shift(after, Asking.chosen(folder).symbols());
      text.append("After: ").append(after.bottleneck()).append("; ");
      text.append(shift.isEmpty() ? "no shift" : String.join(", ", shift)).append(".\n");
    }
  }

  private void ledger() {
    List<String> rows = context.log().ledger().rows(folder.id());
    if (rows.isEmpty()) {
      return;
    }
    title("Calls");
    text.append(
        "| question | agent | model | tokens in | out | dollars |\n|---|---|---|---:|---:|---:|\n");
    for (String row : rows) {
      List<String> cells = List.of(row.split("\t", -1));
      text.append(
          "| %s | %s | %s | %s | %s | %s |%n"
              .formatted(
                  cells.get(8),
                  cells.get(2),
                  cells.get(3),
                  cells.get(4),
                  cells.get(5),
                  cells.get(6)));
    }
  }

  /** Which idea, diff and artifact the figures are of. */
  private void evidence() {
    Evidence evidence = Evidence.read(folder);
    title("Evidence");
    text.append("By SHA-256; `evidence.json` has all of them, step by step.\n\n");
    if (folder.has("decision.json")) {
      row("proposal", folder.json("decision.json").getString("proposal", ""));
    }
    evidence.built(RaceResult.BASE).ifPresent(hash -> row("base, as built", hash));
    if (folder.has(Measuring.BEST)) {
      String best = folder.read(Measuring.BEST).strip();
      row("diff of " + best, evidence.files().getOrDefault(Variant.diff(best), ""));
      evidence.built(best).ifPresent(hash -> row(best + ", as built, gated and raced", hash));
    }
    for (String file : List.of(Measuring.RACE, Rulings.FULL, Measuring.CONFIRM)) {
      String hash = evidence.files().getOrDefault(file, "");
      if (!hash.isEmpty()) {
        row(file, hash);
      }
    }
  }

  private void row(String what, String hash) {
    text.append("- ").append(what).append(": `").append(hash).append("`\n");
  }

  /** What the memory keeps of it. */
  static Optional<String> lesson(RoundFolder folder) {
    return folder.has("decision.json")
        ? Optional.of(folder.json("decision.json").getString("key", ""))
        : Optional.empty();
  }
}
