package gyre.generator;

import java.util.ArrayList;
import java.util.EnumSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Pattern;

/**
 * Which program is offered for which target with which options, and why the rest is not: {@code
 * templates/matrix.txt}, whose head tells the two kinds of lines.
 */
final class Matrix {
  private static final Pattern WORDS = Pattern.compile("\\s+");

  private static final String ANY = "*";
  private static final String PROGRAM_ITSELF = "program";

  private final Map<Cell, Set<Feature>> offers = new LinkedHashMap<>();
  private final List<Refusal> refusals = new ArrayList<>();

  private record Cell(ProgramKind program, Target target) {}

  /** Empty parts stand for any. */
  private record Refusal(
      Optional<Feature> feature,
      Optional<ProgramKind> program,
      Set<Target> targets,
      String reason) {
    boolean covers(Optional<Feature> asked, ProgramKind kind, Target target) {
      return feature.equals(asked)
          && (program.isEmpty() || program.get() == kind)
          && (targets.isEmpty() || targets.contains(target));
    }
  }

  private Matrix() {}

  static Matrix parse(String text) {
    Matrix matrix = new Matrix();
    text.lines()
        .map(String::strip)
        .filter(line -> !line.isEmpty() && !line.startsWith("#"))
        .forEach(matrix::add);
    return matrix;
  }

  private void add(String line) {
    String[] parts = line.split(":", 2);
    String[] words = parts[0].strip().split("\\s+");
    switch (words[0]) {
      case "offer" -> addOffer(line, words, parts.length == 2 ? parts[1] : "");
      case "refuse" -> addRefusal(line, words, parts.length == 2 ? parts[1].strip() : "");
      default -> throw wrong(line);
    }
  }

  private void addOffer(String line, String[] words, String features) {
    if (words.length != 3) {
      throw wrong(line);
    }
    Set<Feature> set = EnumSet.noneOf(Feature.class);
    for (String word : WORDS.split(features.strip(), -1)) {
      if (!word.isEmpty()) {
        set.add(Feature.of(word).orElseThrow(() -> wrong(line)));
      }
    }
    Cell cell = new Cell(program(line, words[1]), target(line, words[2]));
    if (offers.put(cell, set) != null) {
      throw wrong(line);
    }
  }

  private void addRefusal(String line, String[] words, String reason) {
    if (words.length != 4 || reason.isEmpty()) {
      throw wrong(line);
    }
    Optional<Feature> feature =
        words[1].equals(PROGRAM_ITSELF)
            ? Optional.empty()
            : Optional.of(Feature.of(words[1]).orElseThrow(() -> wrong(line)));
    Optional<ProgramKind> kind =
        words[2].equals(ANY) ? Optional.empty() : Optional.of(program(line, words[2]));
    Set<Target> targets = EnumSet.noneOf(Target.class);
    if (!words[3].equals(ANY)) {
      for (String word : words[3].split(",", -1)) {
        targets.add(target(line, word));
      }
    }
    refusals.add(new Refusal(feature, kind, targets, reason));
  }

  private static ProgramKind program(String line, String label) {
    return ProgramKind.of(label).orElseThrow(() -> wrong(line));
  }

  private static Target target(String line, String label) {
    return Target.of(label).orElseThrow(() -> wrong(line));
  }

  private static GeneratorException wrong(String line) {
    return new GeneratorException("matrix.txt: cannot be read: " + line);
  }

  boolean offers(ProgramKind program, Target target) {
    return offers.containsKey(new Cell(program, target));
  }

  /** The options of a cell; none where it is not offered. */
  Set<Feature> features(ProgramKind program, Target target) {
    return Set.copyOf(offers.getOrDefault(new Cell(program, target), Set.of()));
  }

  /**
   * Why something is not offered.
   *
   * @param feature empty for the program itself
   */
  String reason(Optional<Feature> feature, ProgramKind program, Target target) {
    return refusals.stream()
        .filter(refusal -> refusal.covers(feature, program, target))
        .map(Refusal::reason)
        .findFirst()
        .orElse("nobody has written it yet");
  }
}
