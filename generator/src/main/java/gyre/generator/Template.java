package gyre.generator;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * The files of one program for one target, as they lie among the resources: {@code
 * templates/PROGRAM/TARGET/}. Its {@code files.txt} lists them, one a line; {@code PATH < OTHER}
 * takes the text from elsewhere below {@code templates/}.
 *
 * <p>In texts and paths, <code>{{word}}</code> stands for a value, and <code>{{> PATH}}</code> for
 * another text below {@code templates/}. There is nothing else to learn, and a word that has no
 * value is an error.
 */
final class Template {
  private static final String ROOT = "templates/";
  private static final String LIST = "files.txt";
  private static final Pattern MARK = Pattern.compile("\\{\\{(> *[\\w./-]+|\\w+)\\}\\}");

  private final ProgramKind program;
  private final Target target;
  private final String list;

  private Template(ProgramKind program, Target target, String list) {
    this.program = program;
    this.target = target;
    this.list = list;
  }

  /** Null if this program is not offered for that target. */
  static @Nullable Template find(ProgramKind program, Target target) {
    String list = read(directory(program, target) + LIST);
    return list == null ? null : new Template(program, target, list);
  }

  private static String directory(ProgramKind program, Target target) {
    return program.label() + "/" + target.label() + "/";
  }

  /** The texts by path, in the order of the list. */
  Map<String, String> render(Map<String, String> values) {
    Map<String, String> files = new LinkedHashMap<>();
    for (String line : list.lines().map(String::strip).filter(s -> !s.isEmpty()).toList()) {
      String[] parts = line.split("\\s+<\\s+", 2);
      String from = parts.length == 2 ? parts[1] : directory(program, target) + parts[0];
      files.put(fill(parts[0], values), fill(text(from), values));
    }
    return files;
  }

  private static String fill(String text, Map<String, String> values) {
    return MARK.matcher(text)
        .replaceAll(mark -> java.util.regex.Matcher.quoteReplacement(value(mark, values)));
  }

  private static String value(MatchResult mark, Map<String, String> values) {
    String word = mark.group(1);
    if (word.startsWith(">")) {
      return fill(text(word.substring(1).strip()), values).stripTrailing();
    }
    String value = values.get(word);
    if (value == null) {
      throw new GeneratorException("a template asks for " + word + ", which has no value");
    }
    return value;
  }

  private static String text(String path) {
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
