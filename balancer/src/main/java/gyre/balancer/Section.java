package gyre.balancer;

import com.electronwill.nightconfig.core.Config;
import com.electronwill.nightconfig.core.UnmodifiableConfig;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Function;
import java.util.regex.Pattern;

/**
 * A table of a configuration, which gives values that were checked. What is wrong is told with
 * file, line and key.
 */
final class Section {
  private static final int MAX_SECONDS = 365 * 86_400;

  private final Path file;
  private final List<String> lines;
  private final String path;

  /** The last part of the path, which may have dots itself. */
  private final String name;

  private final UnmodifiableConfig table;

  Section(Path file, List<String> lines, UnmodifiableConfig root) {
    this(file, lines, "", "", root);
  }

  private Section(
      Path file, List<String> lines, String path, String name, UnmodifiableConfig table) {
    this.file = file;
    this.lines = lines;
    this.path = path;
    this.name = name;
    this.table = table;
  }

  String name() {
    return name;
  }

  boolean has(String key) {
    return table.contains(List.of(key));
  }

  void known(String... keys) {
    Set<String> known = new TreeSet<>(List.of(keys));
    for (String key : keys()) {
      if (!known.contains(key)) {
        throw wrong(key, "is not known; known are: " + String.join(", ", known));
      }
    }
  }

  private List<String> keys() {
    List<String> keys = new ArrayList<>();
    table.entrySet().forEach(each -> keys.add(each.getKey()));
    return keys;
  }

  /** The table below; an empty one if there is none. */
  Section section(String key) {
    Object value = table.get(List.of(key));
    String below = path.isEmpty() ? key : path + "." + key;
    if (value == null) {
      return new Section(file, lines, below, key, Config.inMemory());
    }
    if (value instanceof UnmodifiableConfig config) {
      return new Section(file, lines, below, key, config);
    }
    throw wrong(key, "must be a table: [" + below + "]");
  }

  /** The tables below one, in the order of the file. */
  List<Section> sections(String key) {
    Section all = section(key);
    List<String> names = all.keys();
    names.sort(Comparator.comparingInt(all::line));
    return names.stream().map(all::section).toList();
  }

  // ---- values

  String text(String key) {
    Object value = table.get(List.of(key));
    if (value instanceof String text && !text.isBlank()) {
      return text;
    }
    throw wrong(key, value == null ? "is missing" : "must be a string that is not empty");
  }

  String text(String key, String otherwise) {
    return has(key) ? text(key) : otherwise;
  }

  int number(String key, int otherwise, int least, int most) {
    Object value = table.get(List.of(key));
    if (value == null) {
      return otherwise;
    }
    if (value instanceof Integer number && number >= least && number <= most) {
      return number;
    }
    throw wrong(key, value + " is not a whole number from " + least + " to " + most);
  }

  boolean flag(String key, boolean otherwise) {
    Object value = table.get(List.of(key));
    if (value == null) {
      return otherwise;
    }
    if (value instanceof Boolean flag) {
      return flag;
    }
    throw wrong(key, value + " is neither true nor false");
  }

  Duration seconds(String key, Duration otherwise) {
    Object value = table.get(List.of(key));
    if (value == null) {
      return otherwise;
    }
    if (value instanceof Number number
        && number.doubleValue() >= 0
        && number.doubleValue() <= MAX_SECONDS) {
      return Duration.ofNanos((long) (number.doubleValue() * 1e9));
    }
    throw wrong(key, value + " is not a number from 0 to " + MAX_SECONDS);
  }

  Duration positiveSeconds(String key, Duration otherwise) {
    Duration value = seconds(key, otherwise);
    if (value.isZero()) {
      throw wrong(key, "must be above 0");
    }
    return value;
  }

  /** A constant of an enum, in lower case. */
  <E extends Enum<E>> E choice(String key, E otherwise) {
    if (!has(key)) {
      return otherwise;
    }
    String text = text(key);
    List<String> known = new ArrayList<>();
    for (E each : otherwise.getDeclaringClass().getEnumConstants()) {
      String label = each.name().toLowerCase(Locale.ROOT);
      if (label.equals(text)) {
        return each;
      }
      known.add(label);
    }
    throw wrong(key, "\"" + text + "\" is none of: " + String.join(", ", known));
  }

  /** A list of strings; empty if it is not there. */
  List<String> strings(String key) {
    Object value = table.get(List.of(key));
    if (value == null) {
      return List.of();
    }
    List<String> strings = new ArrayList<>();
    if (value instanceof List<?> list) {
      for (Object each : list) {
        if (!(each instanceof String text)) {
          throw wrong(key, "must be a list of strings: " + each + " is none");
        }
        strings.add(text);
      }
      return List.copyOf(strings);
    }
    throw wrong(key, "must be a list of strings");
  }

  List<String> needed(String key) {
    List<String> strings = strings(key);
    if (strings.isEmpty()) {
      throw wrong(key, has(key) ? "is empty" : "is missing");
    }
    return strings;
  }

  List<Integer> numbers(String key, int least, int most) {
    Object value = table.get(List.of(key));
    List<Integer> numbers = new ArrayList<>();
    if (value instanceof List<?> list) {
      for (Object each : list) {
        if (!(each instanceof Integer number) || number < least || number > most) {
          throw wrong(key, each + " is not a whole number from " + least + " to " + most);
        }
        numbers.add(number);
      }
    } else if (value != null) {
      throw wrong(key, "must be a list of numbers");
    }
    return List.copyOf(numbers);
  }

  /** All keys with their strings. */
  Map<String, String> texts() {
    Map<String, String> texts = new LinkedHashMap<>();
    keys().forEach(key -> texts.put(key, text(key)));
    return texts;
  }

  /** What a conversion makes of a value; what it refuses is told with the key. */
  <V, R> R convert(String key, V value, Function<V, R> conversion) {
    try {
      return conversion.apply(value);
    } catch (IllegalArgumentException e) {
      throw wrong(key, String.valueOf(e.getMessage()));
    }
  }

  // ---- errors

  /**
   * @param key empty: it is about the section itself
   */
  BalancerFileException wrong(String key, String what) {
    int line = line(key);
    return new BalancerFileException(
        file
            + (line > 0 ? ":" + line : "")
            + ": "
            + (path.isEmpty() || key.isEmpty() ? path : path + ".")
            + key
            + " "
            + what,
        null);
  }

  /** The line of a key, or that of its section if it is missing; 0 if neither is found. */
  private int line(String key) {
    Pattern own = Pattern.compile(Pattern.quote(key) + "\\s*=.*");
    String below = path.isEmpty() ? key : path + "." + key;
    String current = "";
    int ofSection = 0;
    for (int i = 0; i < lines.size(); i++) {
      String line = lines.get(i).strip();
      if (line.startsWith("[")) {
        current = line.replaceAll("#.*", "").replaceAll("[\\[\\]\"' ]", "");
        if (current.equals(path) || current.equals(below)) {
          ofSection = i + 1;
        }
      } else if (current.equals(path) && own.matcher(line.replace("\"", "")).matches()) {
        return i + 1;
      }
    }
    return ofSection;
  }
}
