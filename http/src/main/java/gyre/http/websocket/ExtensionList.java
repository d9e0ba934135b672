package gyre.http.websocket;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * The value of {@code Sec-WebSocket-Extensions}: RFC 6455, 9.1. One that is malformed has no
 * extensions.
 */
record ExtensionList(List<Extension> extensions, boolean isValid) {
  /** More than this is not looked at. */
  private static final int MOST = 16;

  record Extension(String name, List<Parameter> parameters) {}

  record Parameter(String name, @Nullable String value) {}

  static ExtensionList parse(List<String> values) {
    List<Extension> found = new ArrayList<>();
    for (String one : String.join(",", values).split(",", -1)) {
      if (one.isBlank()) {
        continue;
      }
      Extension extension = found.size() < MOST ? extension(one) : null;
      if (extension == null) {
        return new ExtensionList(List.of(), false);
      }
      found.add(extension);
    }
    return new ExtensionList(List.copyOf(found), true);
  }

  private static @Nullable Extension extension(String text) {
    String[] parts = text.split(";", -1);
    List<Parameter> parameters = new ArrayList<>();
    String name = parts[0].strip();
    boolean isValid = isToken(name) && parts.length <= MOST;
    for (int i = 1; i < parts.length && isValid; i++) {
      int equals = parts[i].indexOf('=');
      String key = (equals < 0 ? parts[i] : parts[i].substring(0, equals)).strip();
      String value = equals < 0 ? null : unquoted(parts[i].substring(equals + 1).strip());
      isValid = isToken(key) && (value == null || isToken(value));
      parameters.add(new Parameter(key.toLowerCase(Locale.ROOT), value));
    }
    return isValid ? new Extension(name.toLowerCase(Locale.ROOT), parameters) : null;
  }

  /** A quoted value must be a token too: RFC 6455, 9.1. */
  private static String unquoted(String value) {
    boolean isQuoted = value.length() >= 2 && value.startsWith("\"") && value.endsWith("\"");
    return isQuoted ? value.substring(1, value.length() - 1) : value;
  }

  static boolean isToken(String text) {
    return text.matches("[!#$%&'*+\\-.^_`|~0-9A-Za-z]+");
  }
}
