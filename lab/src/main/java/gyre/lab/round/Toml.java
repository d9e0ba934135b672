package gyre.lab.round;

import com.electronwill.nightconfig.core.UnmodifiableConfig;
import com.electronwill.nightconfig.core.io.ParsingException;
import com.electronwill.nightconfig.toml.TomlParser;
import gyre.lab.WrongInputException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/** A table of a TOML file, whose errors name file and key, and in which nothing is misspelt. */
final class Toml {
  private final Path file;
  private final String where;
  private final UnmodifiableConfig table;

  private Toml(Path file, String where, UnmodifiableConfig table) {
    this.file = file;
    this.where = where;
    this.table = table;
  }

  static Toml read(Path file) {
    try {
      return new Toml(file, "", new TomlParser().parse(Files.readString(file)).unmodifiable());
    } catch (IOException e) {
      throw new WrongInputException("cannot read " + file + ": " + e.getMessage(), e);
    } catch (ParsingException e) {
      throw new WrongInputException(file + ": " + e.getMessage(), e);
    }
  }

  /** Fails for a key that nobody reads. */
  Toml only(String... known) {
    Set<String> all = Set.of(known);
    for (UnmodifiableConfig.Entry entry : table.entrySet()) {
      if (!all.contains(entry.getKey())) {
        throw wrong(entry.getKey(), "is not known; known are " + new java.util.TreeSet<>(all));
      }
    }
    return this;
  }

  String text(String key) {
    return optionalText(key).orElseThrow(() -> wrong(key, "is missing"));
  }

  Optional<String> optionalText(String key) {
    Object value = table.get(List.of(key));
    if (value != null && !(value instanceof String)) {
      throw wrong(key, "has to be a text");
    }
    return Optional.ofNullable((String) value);
  }

  double number(String key, double otherwise) {
    Object value = table.get(List.of(key));
    if (value == null) {
      return otherwise;
    }
    if (value instanceof Number number && number.doubleValue() >= 0) {
      return number.doubleValue();
    }
    throw wrong(key, "has to be a number that is not negative");
  }

  boolean flag(String key) {
    Object value = table.get(List.of(key));
    if (value != null && !(value instanceof Boolean)) {
      throw wrong(key, "has to be true or false");
    }
    return Boolean.TRUE.equals(value);
  }

  /** {@code limit-seconds}. */
  Duration limit(int otherwiseSeconds) {
    return Duration.ofMillis(Math.round(number("limit-seconds", otherwiseSeconds) * 1_000));
  }

  List<String> texts(String key) {
    List<String> texts = new ArrayList<>();
    for (Object each : list(key)) {
      if (!(each instanceof String text)) {
        throw wrong(key, "has to be a list of texts");
      }
      texts.add(text);
    }
    return texts;
  }

  /** A table that has to be there. */
  Toml table(String key) {
    if (table.get(List.of(key)) instanceof UnmodifiableConfig config) {
      return new Toml(file, key + ".", config);
    }
    throw wrong(key, "is missing: a table");
  }

  Optional<Toml> optionalTable(String key) {
    return table.contains(List.of(key)) ? Optional.of(table(key)) : Optional.empty();
  }

  /** Tables in {@code [[key]]}. */
  List<Toml> tables(String key) {
    List<Toml> tables = new ArrayList<>();
    for (Object each : list(key)) {
      if (!(each instanceof UnmodifiableConfig config)) {
        throw wrong(key, "has to be tables");
      }
      tables.add(new Toml(file, "%s %d: ".formatted(key, tables.size() + 1), config));
    }
    return tables;
  }

  List<String> keys() {
    return table.entrySet().stream().map(UnmodifiableConfig.Entry::getKey).toList();
  }

  private List<?> list(String key) {
    Object value = table.get(List.of(key));
    if (value == null) {
      return List.of();
    }
    if (value instanceof List<?> list) {
      return list;
    }
    throw wrong(key, "has to be a list");
  }

  WrongInputException wrong(String key, String what) {
    return new WrongInputException("%s: %s%s %s".formatted(file, where, key, what));
  }
}
