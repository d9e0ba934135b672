package gyre.lab.round;

import gyre.lab.LabException;
import java.io.IOException;
import java.lang.classfile.Attributes;
import java.lang.classfile.ClassFile;
import java.lang.classfile.ClassModel;
import java.lang.classfile.MethodModel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/**
 * The methods that a diff changes, so that it can be asked whether they ran: what is never entered
 * makes nothing faster, whatever a race says. Java's are found by the line numbers of class files,
 * others by the nearest line above that begins one.
 */
final class ChangedSymbols {
  private static final Pattern FILE = Pattern.compile("^\\+\\+\\+ b/(.+?)\\t?$");
  private static final Pattern HUNK =
      Pattern.compile("^@@ -[0-9]+(?:,[0-9]+)? \\+([0-9]+)(?:,([0-9]+))? @@.*$");

  private final Target target;
  private final Tree tree;

  private ChangedSymbols(Target target, Tree tree) {
    this.target = target;
    this.tree = tree;
  }

  /** In a tree that is built. */
  static Set<String> of(Target target, Tree tree) {
    Map<Path, Set<Integer>> lines = lines(tree.diff(0));
    ChangedSymbols symbols = new ChangedSymbols(target, tree);
    Optional<Pattern> begin = target.ran().symbol();
    try {
      return begin.isPresent() ? byText(tree, lines, begin.get()) : symbols.byClass(lines);
    } catch (IOException e) {
      throw new LabException("cannot read what was changed: " + e.getMessage(), e);
    }
  }

  /** The numbers of changed lines, as they are after the change. */
  static Map<Path, Set<Integer>> lines(String diff) {
    Map<Path, Set<Integer>> lines = new LinkedHashMap<>();
    Set<Integer> current = new TreeSet<>();
    for (String line : diff.lines().toList()) {
      Matcher file = FILE.matcher(line);
      Matcher hunk = HUNK.matcher(line);
      if (file.matches()) {
        current = lines.computeIfAbsent(Path.of(file.group(1)), _ -> new TreeSet<>());
      } else if (hunk.matches()) {
        int from = Integer.parseInt(hunk.group(1));
        int count = hunk.group(2) == null ? 1 : Integer.parseInt(hunk.group(2));
        // Where lines are only gone, both neighbours count.
        int to = count == 0 ? from + 1 : from + count - 1;
        for (int number = from; number <= to; number++) {
          current.add(number);
        }
      }
    }
    return lines;
  }

  private static Set<String> byText(Tree tree, Map<Path, Set<Integer>> lines, Pattern begin)
      throws IOException {
    Set<String> symbols = new TreeSet<>();
    for (Map.Entry<Path, Set<Integer>> entry : lines.entrySet()) {
      List<String> text = Files.readAllLines(tree.root().resolve(entry.getKey()));
      for (int number : entry.getValue()) {
        for (int at = Math.min(number, text.size()); at > 0; at--) {
          Matcher matcher = begin.matcher(text.get(at - 1));
          if (matcher.find()) {
            symbols.add(matcher.group(1));
            break;
          }
        }
      }
    }
    return symbols;
  }

  private Set<String> byClass(Map<Path, Set<Integer>> lines) throws IOException {
    Set<String> symbols = new TreeSet<>();
    for (Path file : classFiles()) {
      ClassModel model = ClassFile.of().parse(file);
      for (Map.Entry<Path, Set<Integer>> entry : lines.entrySet()) {
        if (isFrom(model, entry.getKey())) {
          symbols.addAll(methods(model, entry.getValue()));
        }
      }
    }
    return symbols;
  }

  private List<Path> classFiles() throws IOException {
    List<Path> files = new ArrayList<>();
    for (Path root : List.of(tree.root(), tree.build())) {
      try (Stream<Path> all = Files.walk(root)) {
        all.filter(file -> file.toString().endsWith(".class"))
            .filter(file -> target.artifacts().matches(root.relativize(file)))
            .forEach(files::add);
      }
    }
    return files;
  }

  private static boolean isFrom(ClassModel model, Path source) {
    String name = model.thisClass().asInternalName();
    int slash = name.lastIndexOf('/');
    Path folder = Path.of(slash < 0 ? "" : name.substring(0, slash));
    return model
        .findAttribute(Attributes.sourceFile())
        .map(attribute -> folder.resolve(attribute.sourceFile().stringValue()))
        .filter(source::endsWith)
        .isPresent();
  }

  private static Set<String> methods(ClassModel model, Set<Integer> changed) {
    Set<String> names = new TreeSet<>();
    String type = model.thisClass().asInternalName().replace('/', '.');
    for (MethodModel method : model.methods()) {
      List<Integer> numbers =
          method
              .code()
              .flatMap(code -> code.findAttribute(Attributes.lineNumberTable()))
              .map(table -> table.lineNumbers().stream().map(each -> each.lineNumber()).toList())
              .orElse(List.of());
      if (numbers.isEmpty()) {
        continue;
      }
      int first = numbers.stream().mapToInt(Integer::intValue).min().orElse(0);
      int last = numbers.stream().mapToInt(Integer::intValue).max().orElse(0);
      if (changed.stream().anyMatch(line -> line >= first && line <= last)) {
        names.add(type + "::" + method.methodName().stringValue());
      }
    }
    return names;
  }
}
