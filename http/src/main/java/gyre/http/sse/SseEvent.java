package gyre.http.sse;

import java.nio.charset.StandardCharsets;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * An event of a stream of server-sent events. Immutable. What is put in is checked: no text of a
 * user can end a field or begin another event.
 *
 * <pre>{@code
 * SseEvent.of("price 42").type("trade").id("17")
 * }</pre>
 *
 * @param type what it is about; {@code message} unless said otherwise
 * @param data any text; its lines may end with LF, CR or both, and arrive ended by LF
 * @param id what a client that comes back says it has seen last; null leaves that as it is
 * @param retry how long a client waits before it comes back; null leaves that as it is
 */
public record SseEvent(String type, String data, @Nullable String id, @Nullable Duration retry) {
  /** What an event is about if nothing is said. */
  public static final String MESSAGE = "message";

  /**
   * @throws IllegalArgumentException if type or id has a line end or NUL, or the type is empty
   */
  public SseEvent {
    checkField("type", type);
    if (type.isEmpty()) {
      throw new IllegalArgumentException("type must not be empty");
    }
    if (id != null) {
      checkField("id", id);
    }
    if (retry != null && retry.isNegative()) {
      throw new IllegalArgumentException("retry is " + retry + ": must not be negative");
    }
  }

  private static void checkField(String name, String value) {
    for (int i = 0; i < value.length(); i++) {
      char at = value.charAt(i);
      if (at == '\n' || at == '\r' || at == 0) {
        throw new IllegalArgumentException(name + " has a line end or NUL, which ends a field");
      }
    }
  }

  /** An event with this data, of type {@code message}, without id. */
  public static SseEvent of(String data) {
    return new SseEvent(MESSAGE, data, null, null);
  }

  public SseEvent type(String value) {
    return new SseEvent(value, data, id, retry);
  }

  public SseEvent id(String value) {
    return new SseEvent(type, data, value, retry);
  }

  public SseEvent retry(Duration value) {
    return new SseEvent(type, data, id, value);
  }

  /** As it is sent. */
  byte[] encode() {
    StringBuilder out = new StringBuilder(data.length() + 32);
    if (!type.equals(MESSAGE)) {
      out.append("event: ").append(type).append('\n');
    }
    if (id != null) {
      out.append("id: ").append(id).append('\n');
    }
    if (retry != null) {
      out.append("retry: ").append(retry.toMillis()).append('\n');
    }
    appendData(out);
    return out.append('\n').toString().getBytes(StandardCharsets.UTF_8);
  }

  /** A field for each line, so that what looks like a field in it is none. */
  private void appendData(StringBuilder out) {
    int from = 0;
    while (true) {
      int end = from;
      while (end < data.length() && data.charAt(end) != '\n' && data.charAt(end) != '\r') {
        end++;
      }
      out.append("data: ").append(data, from, end).append('\n');
      if (end == data.length()) {
        return;
      }
      boolean isBoth = data.startsWith("\r\n", end);
      from = end + (isBoth ? 2 : 1);
    }
  }
}
