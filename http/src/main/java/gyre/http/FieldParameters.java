package gyre.http;

import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** A field such as {@code form-data; name="a"; filename="b"}: a value and parameters. */
final class FieldParameters {
  private final String value;
  private final Map<String, String> parameters = new LinkedHashMap<>();

  private FieldParameters(String value) {
    this.value = value;
  }

  String value() {
    return value;
  }

  @Nullable String get(String lowerCaseName) {
    return parameters.get(lowerCaseName);
  }

  /** Null if it is malformed, or a parameter is repeated. */
  static @Nullable FieldParameters parse(String text) {
    int at = text.indexOf(';');
    FieldParameters parsed = new FieldParameters((at < 0 ? text : text.substring(0, at)).strip());
    while (at >= 0 && at < text.length()) {
      int from = at + 1;
      int equals = text.indexOf('=', from);
      if (equals < 0) {
        return text.substring(from).isBlank() ? parsed : null;
      }
      String name = text.substring(from, equals).strip().toLowerCase(Locale.ROOT);
      StringBuilder content = new StringBuilder();
      at = value(text, equals + 1, content);
      boolean isNew = parsed.parameters.putIfAbsent(name, content.toString()) == null;
      if (at == MALFORMED || name.isEmpty() || !isNew) {
        return null;
      }
    }
    return parsed;
  }

  private static final int MALFORMED = -2;

  /** Index of the semicolon behind it, or the end. */
  private static int value(String text, int from, StringBuilder content) {
    if (from >= text.length() || text.charAt(from) != '"') {
      int semicolon = text.indexOf(';', from);
      int to = semicolon < 0 ? text.length() : semicolon;
      content.append(text.substring(from, to).strip());
      return content.isEmpty() || content.indexOf("\"") >= 0 ? MALFORMED : to;
    }
    int at = from + 1;
    while (at < text.length() && text.charAt(at) != '"') {
      if (text.charAt(at) == '\\'
          && at + 1 < text.length()
          && "\"\\".indexOf(text.charAt(at + 1)) >= 0) {
        at++; // browsers leave other backslashes as they are
      }
      content.append(text.charAt(at++));
    }
    if (at == text.length()) {
      return MALFORMED; // the quote is not closed
    }
    at++;
    while (at < text.length() && text.charAt(at) == ' ') {
      at++;
    }
    return at == text.length() || text.charAt(at) == ';' ? at : MALFORMED;
  }
}
