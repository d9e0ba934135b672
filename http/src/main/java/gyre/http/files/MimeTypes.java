package gyre.http.files;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.Locale;
import java.util.Map;

/** Content types by the end of a name: the table {@code mime.types}. */
final class MimeTypes {
  private static final String UNKNOWN = "application/octet-stream";
  private static final Map<String, String> BY_ENDING = read();

  private MimeTypes() {}

  private static Map<String, String> read() {
    Map<String, String> types = new HashMap<>();
    try (InputStream table = MimeTypes.class.getResourceAsStream("mime.types")) {
      if (table == null) {
        throw new IllegalStateException("mime.types is missing beside " + MimeTypes.class);
      }
      String text = new String(table.readAllBytes(), StandardCharsets.UTF_8);
      text.lines()
          .filter(line -> !line.isEmpty() && line.charAt(0) != '#')
          .forEach(line -> {
            String[] parts = line.split("\\s+", -1);
            boolean isText = parts[0].startsWith("text/");
            for (int i = 1; i < parts.length; i++) {
              types.put(parts[i], isText ? parts[0] + "; charset=utf-8" : parts[0]);
            }
          });
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return types;
  }

  static String of(String name) {
    int dot = name.lastIndexOf('.');
    if (dot < name.lastIndexOf('/') + 1) {
      return UNKNOWN;
    }
    return BY_ENDING.getOrDefault(name.substring(dot + 1).toLowerCase(Locale.ROOT), UNKNOWN);
  }
}
