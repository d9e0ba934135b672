package gyre.lab.round;

import gyre.lab.WrongInputException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;

/**
 * What is known of a target and what therefore nobody may propose: the playbook of techniques, the
 * manifest of hot methods with their measured shares, and what is known not to work. They are given
 * to the agents, and enforced here, since an agent may overlook what it was told.
 */
record Rules(
    List<Technique> techniques, List<Method> hot, List<String> cold, List<NonStarter> nonStarters) {
  /** Something that may be tried, and what has to be seen for it to be worth a try. */
  record Technique(String id, int tier, String signal, String text) {}

  /** A method that matters, and its share of CPU time when the manifest was written. */
  record Method(String symbol, double percent) {}

  /**
   * Something that was tried, or thought through, and does not work.
   *
   * @param technique the technique it is about; any where empty
   * @param symbol the symbol it is about, with {@code *} for any text
   * @param words all of them in a hypothesis give it away
   */
  record NonStarter(String id, String technique, String symbol, List<String> words, String why) {
    boolean matches(Proposal proposal) {
      boolean isOfTechnique = technique.isEmpty() || technique.equals(proposal.technique());
      boolean isOfSymbol =
          symbol.isEmpty() || proposal.symbols().stream().anyMatch(each -> like(symbol, each));
      String text = proposal.hypothesis().toLowerCase(Locale.ROOT);
      boolean isSaid =
          words.isEmpty()
              || words.stream().allMatch(word -> text.contains(word.toLowerCase(Locale.ROOT)));
      return isOfTechnique && isOfSymbol && isSaid;
    }
  }

  Rules {
    techniques = List.copyOf(techniques);
    hot = List.copyOf(hot);
    cold = List.copyOf(cold);
    nonStarters = List.copyOf(nonStarters);
  }

  static Rules read(Path folder) {
    Toml playbook = toml(folder, "playbook.toml").only("technique");
    Toml manifest = toml(folder, "hot-methods.toml").only("version", "measured", "method", "cold");
    Toml refused = toml(folder, "non-starters.toml").only("non-starter");
    List<Technique> techniques = new ArrayList<>();
    for (Toml each : playbook.tables("technique")) {
      each.only("id", "tier", "signal", "text");
      techniques.add(
          new Technique(
              each.text("id"),
              (int) each.number("tier", 1),
              each.text("signal"),
              each.text("text")));
    }
    List<Method> hot = new ArrayList<>();
    for (Toml each : manifest.tables("method")) {
      each.only("symbol", "percent");
      hot.add(new Method(each.text("symbol"), each.number("percent", 0)));
    }
    List<NonStarter> nonStarters = new ArrayList<>();
    for (Toml each : refused.tables("non-starter")) {
      nonStarters.add(nonStarter(each.only("id", "technique", "symbol", "words", "why")));
    }
    return new Rules(techniques, hot, manifest.texts("cold"), nonStarters);
  }

  private static NonStarter nonStarter(Toml toml) {
    NonStarter one =
        new NonStarter(
            toml.text("id"),
            toml.optionalText("technique").orElse(""),
            toml.optionalText("symbol").orElse(""),
            toml.texts("words"),
            toml.text("why"));
    if (one.technique().isEmpty() && one.symbol().isEmpty() && one.words().isEmpty()) {
      throw toml.wrong("non-starter", "would refuse everything: technique, symbol or words");
    }
    return one;
  }

  private static Toml toml(Path folder, String name) {
    Path file = folder.resolve(name);
    if (!Files.exists(file)) {
      throw new WrongInputException("there is no " + file + ", which every target needs");
    }
    return Toml.read(file);
  }

  Optional<Technique> technique(String id) {
    return techniques.stream().filter(each -> each.id().equals(id)).findFirst();
  }

  /** Known as cold: changing it cannot be measured. */
  boolean isCold(String symbol) {
    return cold.stream().anyMatch(pattern -> like(pattern, symbol));
  }

  Optional<Method> hot(String symbol) {
    return hot.stream().filter(method -> like(method.symbol(), symbol)).findFirst();
  }

  /** Whether {@code text} is as the pattern, in which a star stands for any text. */
  static boolean like(String pattern, String text) {
    StringBuilder regex = new StringBuilder();
    for (String part : pattern.split("\\*", -1)) {
      regex.append(regex.isEmpty() ? "" : ".*").append(java.util.regex.Pattern.quote(part));
    }
    return text.matches(regex.toString());
  }
}
