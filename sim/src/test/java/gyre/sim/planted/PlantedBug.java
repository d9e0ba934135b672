package gyre.sim.planted;

import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;

/**
 * A change of the sources that makes them wrong, and what is to come of it. Its file reads
 *
 * <pre>
 *   # what is wrong, in words
 *   hunt: SCENARIO, SCENARIO       who is to find it
 *   report: REGULAR EXPRESSION     what the report must say: above all the right handle
 *   found: SCENARIO SEED           where it was found when it was planted: there the hunt begins
 *   &#64; core/src/main/java/gyre/...  the file that changes, and below it, as in a diff:
 *    a line that stays
 *   -a line that goes
 *   +a line that comes
 * </pre>
 *
 * There may be several changes, each below an "at" of its own. The lines that stay and go must be
 * in the file together, exactly once: a bug whose place has changed must be planted anew.
 */
record PlantedBug(
    String name, List<String> scenarios, Pattern report, long seed, List<Change> changes) {
  private static final Pattern CHANGES = Pattern.compile("(?m)^(?=@ )");
  private static final Pattern LISTED = Pattern.compile("\\s*,\\s*");

  /** Of one place in one file. */
  record Change(String file, String before, String after) {
    String apply(String source) {
      int place = source.indexOf(before);
      if (place < 0 || source.indexOf(before, place + 1) >= 0) {
        throw new IllegalStateException(
            file
                + (place < 0 ? " has no longer these lines" : " has these lines more than once")
                + ", in which a bug is to be planted:\n"
                + before);
      }
      return source.substring(0, place) + after + source.substring(place + before.length());
    }
  }

  /** All of a directory, by name. */
  static List<PlantedBug> all(Path directory) throws IOException {
    List<Path> files = new ArrayList<>();
    try (DirectoryStream<Path> found = Files.newDirectoryStream(directory, "*.edit")) {
      found.forEach(files::add);
    }
    files.sort(null);
    List<PlantedBug> bugs = new ArrayList<>();
    for (Path file : files) {
      String name = file.getFileName().toString().replaceFirst("\\.edit$", "");
      bugs.add(parse(name, Files.readString(file)));
    }
    return bugs;
  }

  static PlantedBug parse(String name, String text) {
    Map<String, String> head = new LinkedHashMap<>();
    List<Change> changes = new ArrayList<>();
    for (String part : CHANGES.split(text, -1)) {
      if (part.startsWith("@ ")) {
        changes.add(change(part));
      } else {
        part.lines()
            .filter(line -> !line.isBlank() && !line.startsWith("#"))
            .map(line -> line.split(":\\s*", 2))
            .forEach(pair -> head.put(pair[0], pair[1].strip()));
      }
    }
    if (!head.keySet().equals(Map.of("hunt", 1, "report", 1, "found", 1).keySet())
        || changes.isEmpty()) {
      throw new IllegalStateException(
          name + " needs hunt, report, found and a change, and has " + head.keySet());
    }
    return new PlantedBug(
        name,
        List.of(LISTED.split(head.getOrDefault("hunt", ""))),
        Pattern.compile(head.getOrDefault("report", ""), Pattern.DOTALL),
        seed(head.getOrDefault("found", "")),
        changes);
  }

  /** The number in it. */
  private static long seed(String found) {
    String[] words = found.split("\\s+", -1);
    return words.length < 2 ? 1 : Long.parseLong(words[1]);
  }

  private static Change change(String part) {
    List<String> lines = part.lines().toList();
    StringBuilder before = new StringBuilder();
    StringBuilder after = new StringBuilder();
    for (String line : lines.subList(1, lines.size())) {
      String rest = line.isEmpty() ? "\n" : line.substring(1) + "\n";
      switch (line.isEmpty() ? ' ' : line.charAt(0)) {
        case ' ' -> {
          before.append(rest);
          after.append(rest);
        }
        case '-' -> before.append(rest);
        case '+' -> after.append(rest);
        default -> throw new IllegalStateException("neither -, + nor a blank: " + line);
      }
    }
    if (before.toString().contentEquals(after)) {
      throw new IllegalStateException("a change that changes nothing: " + part);
    }
    return new Change(lines.getFirst().substring(2).strip(), before.toString(), after.toString());
  }
}
