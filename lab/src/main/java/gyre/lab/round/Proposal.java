package gyre.lab.round;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;

/** An idea of a proposer. */
record Proposal(
    String proposer,
    String technique,
    List<String> symbols,
    String hypothesis,
    String expected,
    List<String> files,
    String confidence,
    String reasoning) {
  private static final Set<String> FIELDS =
      Set.of(
          "tier",
          "technique",
          "symbol",
          "hypothesis",
          "expected",
          "files",
          "confidence",
          "reasoning");

  static Proposal parse(String proposer, String answer) {
    Fields fields = Fields.parse(answer, FIELDS);
    return new Proposal(
        proposer,
        fields.text("technique"),
        words(fields.text("symbol")),
        fields.text("hypothesis"),
        fields.text("expected"),
        words(fields.text("files")),
        fields.text("confidence").toLowerCase(Locale.ROOT),
        fields.text("reasoning"));
  }

  private static List<String> words(String list) {
    return Arrays.stream(list.split("[,\\s]+", -1))
        .map(word -> word.replace("`", ""))
        .filter(word -> !word.isEmpty())
        .toList();
  }

  /** What a later round must not propose again. */
  String key() {
    return technique + " " + String.join(" ", symbols.stream().sorted().toList());
  }

  /** Why it may not be tried; empty where it may. */
  Optional<String> refusal(Target target, Rules rules, Profile profile, Set<String> tried) {
    List<String> reasons = new ArrayList<>();
    if (technique.isEmpty() || symbols.isEmpty() || hypothesis.isEmpty() || files.isEmpty()) {
      return Optional.of("it does not say technique, symbol, hypothesis and files");
    }
    if (rules.technique(technique).isEmpty()) {
      reasons.add("the technique '" + technique + "' is not in the playbook");
    }
    for (String symbol : symbols) {
      if (rules.isCold(symbol)) {
        reasons.add(symbol + " is known to be cold");
      } else if (rules.hot(symbol).isEmpty() && profile.share(symbol).isEmpty()) {
        reasons.add(symbol + " is neither in the manifest nor in the profile");
      }
    }
    rules.nonStarters().stream()
        .filter(each -> each.matches(this))
        .forEach(each -> reasons.add("non-starter " + each.id() + ": " + each.why()));
    if (tried.contains(key())) {
      reasons.add("the same technique at the same place was tried before");
    }
    files.stream()
        .filter(file -> !isAllowed(target, file))
        .forEach(file -> reasons.add(file + " is outside of what may be changed"));
    if (confidence.equals("high")
        && symbols.stream().noneMatch(symbol -> profile.share(symbol).isPresent())) {
      reasons.add("high confidence needs a symbol that the profile shows");
    }
    return reasons.isEmpty() ? Optional.empty() : Optional.of(String.join("; ", reasons));
  }

  private static boolean isAllowed(Target target, String file) {
    Path path = Path.of(file);
    return path.equals(path.normalize())
        && !path.isAbsolute()
        && target.allow().matches(path)
        && !target.harness().matches(path);
  }
}
