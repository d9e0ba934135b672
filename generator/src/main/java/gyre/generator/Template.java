package gyre.generator;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.regex.MatchResult;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * The files of one program for one target, as they lie among the resources: {@code
 * templates/PROGRAM/TARGET/}. Its {@code files.txt} lists them, one a line; {@code PATH < OTHER}
 * takes the text from elsewhere below {@code templates/}.
 *
 * <p>In texts and paths, <code>{{word}}</code> stands for a value, and <code>{{> PATH}}</code> for
 * another text below {@code templates/}. Lines between <code>{{#word}}</code> and <code>{{/word}}
 * </code>, each on a line of its own, stay only if that is asked for; those between <code>{{^word}}
 * </code> and <code>{{/word}}</code> only if it is not; several words with {@code |} mean any of
 * them. There is nothing else to learn, and a word that is not known is an error.
 */
final class Template {
  private static final String ROOT = "templates/";
  private static final String LIST = "files.txt";
  private static final Pattern MARK = Pattern.compile("\\{\\{(> *[\\w./-]+|\\w+)\\}\\}");
  private static final Pattern SECTION = Pattern.compile("\\{\\{([#^/])([\\w|]+)\\}\\}");

  private final String directory;
  private final String list;
  private final Map<String, String> values;
  private final Map<String, Boolean> conditions;

  private Template(
      String directory, String list, Map<String, String> values, Map<String, Boolean> conditions) {
    this.directory = directory;
    this.list = list;
    this.values = values;
    this.conditions = conditions;
  }

  /**
   * Of one cell.
   *
   * @param values of the words that may stand in texts
   * @param conditions of the words that may begin a section
   */
  static Template of(
      ProgramKind program,
      Target target,
      Map<String, String> values,
      Map<String, Boolean> conditions) {
    String directory = program.label() + "/" + target.label() + "/";
    return new Template(directory, text(directory + LIST), values, conditions);
  }

  static boolean isThere(ProgramKind program, Target target) {
    return read(program.label() + "/" + target.label() + "/" + LIST) != null;
  }

  /** The texts by path, in the order of the list. */
  Map<String, String> render() {
    Map<String, String> files = new LinkedHashMap<>();
    for (String line : fill(list).lines().map(String::strip).filter(s -> !s.isEmpty()).toList()) {
      String[] parts = line.split("\\s+<\\s+", 2);
      String from = parts.length == 2 ? parts[1] : directory + parts[0];
      files.put(parts[0], fill(text(from)));
    }
    return files;
  }

  private String fill(String text) {
    return MARK.matcher(choose(text)).replaceAll(mark -> Matcher.quoteReplacement(value(mark)));
  }

  /** The text without the sections that are not asked for. */
  private String choose(String text) {
    StringBuilder chosen = new StringBuilder();
    Deque<String> open = new ArrayDeque<>();
    int hiddenFrom = Integer.MAX_VALUE; // the depth of the outermost section that is left out
    for (String line : text.lines().toList()) {
      Matcher section = SECTION.matcher(line.strip());
      if (!section.matches()) {
        if (open.size() < hiddenFrom) {
          chosen.append(line).append('\n');
        }
      } else if (section.group(1).equals("/")) {
        if (open.isEmpty() || !open.pop().equals(section.group(2))) {
          throw new GeneratorException("a template ends a section out of turn: " + line.strip());
        }
        hiddenFrom = open.size() < hiddenFrom ? Integer.MAX_VALUE : hiddenFrom;
      } else {
        open.push(section.group(2));
        boolean isShown = isAny(section.group(2)) == section.group(1).equals("#");
        hiddenFrom = isShown ? hiddenFrom : Math.min(hiddenFrom, open.size());
      }
    }
    if (!open.isEmpty()) {
      throw new GeneratorException("a template does not end its section " + open.peek());
    }
    return chosen.toString();
  }

  private boolean isAny(String words) {
    boolean isAny = false;
    for (String word : words.split("\\|", -1)) {
      Boolean holds = conditions.get(word);
      if (holds == null) {
        throw new GeneratorException("a template asks for " + word + ", which is no condition");
      }
      isAny |= holds;
    }
    return isAny;
  }

  private String value(MatchResult mark) {
    String word = mark.group(1);
    if (word.startsWith(">")) {
      return fill(text(word.substring(1).strip())).stripTrailing();
    }
    String value = values.get(word);
    if (value == null) {
      throw new GeneratorException("a template asks for " + word + ", which has no value");
    }
    return value;
  }

  static String text(String path) {
    String text = read(path);
    if (text == null) {
      throw new GeneratorException("there is no template " + path);
    }
    return text;
  }

  private static @Nullable String read(String path) {
    try (InputStream in = Template.class.getResourceAsStream(ROOT + path)) {
      return in == null ? null : new String(in.readAllBytes(), StandardCharsets.UTF_8);
    } catch (IOException e) {
      throw new GeneratorException("the template " + path + " cannot be read", e);
    }
  }
}
