package gyre.lab.round;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/** What rounds have taught: a file each, and an index that agents are given. */
final class Memory {
  private static final String INDEX = "MEMORY.md";
  private static final Pattern LINE = Pattern.compile("^- \\[([^\\]]+)\\]\\(([^)]+)\\): (.*)$");
  private static final String TITLE =
      """
      # What rounds have taught

      A line for each file beside this one. `./gyre lab round check` holds the two against each other.

      """;

  private final Path folder;

  Memory(Path folder) {
    this.folder = folder;
  }

  /** Adds what a round has taught, or replaces what it is known for. */
  void put(String id, String line, String text) {
    RoundFolder files = new RoundFolder(folder);
    files.write(id + ".md", "# " + id + "\n\n" + text.strip() + "\n");
    TreeMap<String, String> lines = new TreeMap<>();
    for (String each : index().lines().toList()) {
      Matcher matcher = LINE.matcher(each);
      if (matcher.matches()) {
        lines.put(matcher.group(1), each);
      }
    }
    lines.put(id, "- [%s](%s.md): %s".formatted(id, id, line.replaceAll("\\s+", " ").strip()));
    files.write(INDEX, TITLE + String.join("\n", lines.values()) + "\n");
  }

  String index() {
    return new RoundFolder(folder).readIfThere(INDEX).orElse(TITLE);
  }

  /** Files that are not listed, and lines that lead nowhere. */
  List<String> problems() {
    TreeSet<String> listed = new TreeSet<>();
    List<String> problems = new ArrayList<>();
    for (String line : index().lines().toList()) {
      Matcher matcher = LINE.matcher(line);
      if (matcher.matches()) {
        listed.add(matcher.group(2));
        if (!Files.exists(folder.resolve(matcher.group(2)))) {
          problems.add(INDEX + " names " + matcher.group(2) + ", which is not there");
        }
      }
    }
    for (String file : files()) {
      if (!file.equals(INDEX) && !listed.contains(file)) {
        problems.add(file + " is not in " + INDEX);
      }
    }
    return problems;
  }

  List<String> files() {
    if (!Files.isDirectory(folder)) {
      return List.of();
    }
    try (Stream<Path> all = Files.list(folder)) {
      return all.map(file -> String.valueOf(file.getFileName()))
          .filter(name -> name.endsWith(".md"))
          .sorted()
          .toList();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
