package gyre.queue;

import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Why an entry was given up: what stands in {@code failed/NAME.error}.
 *
 * @param error for a person
 * @param attempts how often it was tried
 */
record Failure(String id, String error, int attempts, Instant time) {
  static final String SUFFIX = ".error";

  String toJson() {
    Map<String, @Nullable Object> fields = new LinkedHashMap<>();
    fields.put("id", id);
    fields.put("error", error);
    fields.put("attempts", attempts);
    fields.put("failed_at", time.toString());
    return Json.write(fields);
  }
}
