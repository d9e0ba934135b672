package gyre.http.sse;

import gyre.io.ByteQueue;
import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * Takes a stream of events apart, in whatever pieces it comes, as the HTML standard says it
 * (9.2.6): UTF-8, a byte order mark at its beginning, lines that end with LF, CR or both. Ids that
 * no field could have are ignored.
 *
 * <p>Bounded: a line and the data of an event may have so many bytes.
 */
final class SseDecoder {
  /** How it went. */
  enum Outcome {
    /** All of the input is consumed, and there is no event in it any more. */
    MORE,
    EVENT,
    /** An event is larger than the limit. */
    TOO_LARGE
  }

  private static final byte[] MARK = {(byte) 0xEF, (byte) 0xBB, (byte) 0xBF};
  private static final int LONGEST_RETRY_DIGITS = 9;

  private final int limitBytes;
  private final ByteArrayOutputStream line = new ByteArrayOutputStream();
  private final StringBuilder data = new StringBuilder();
  private boolean hasData;
  private boolean isFirstLine = true;
  private boolean skipsFeed;
  private String type = "";
  private String idBuffer = "";
  private String lastEventId = "";
  private @Nullable Duration retry;
  private @Nullable SseEvent event;

  SseDecoder(int limitBytes) {
    this.limitBytes = limitBytes;
  }

  /** A stream begins: what was left of the one before is forgotten, but for the last id. */
  void begin() {
    line.reset();
    data.setLength(0);
    hasData = false;
    isFirstLine = true;
    skipsFeed = false;
    type = "";
    idBuffer = lastEventId;
    event = null;
  }

  /** Consumes up to the end of an event. */
  Outcome decode(ByteQueue in) {
    while (!in.isEmpty()) {
      byte next = in.readByte();
      if (skipsFeed) {
        skipsFeed = false;
        if (next == '\n') {
          continue;
        }
      }
      if (next == '\n' || next == '\r') {
        skipsFeed = next == '\r';
        if (lineEnded()) {
          return Outcome.EVENT;
        }
      } else {
        line.write(next);
      }
      if (line.size() + data.length() > limitBytes) {
        return Outcome.TOO_LARGE;
      }
    }
    return Outcome.MORE;
  }

  /** What was decoded last; its id is that of the stream so far. */
  SseEvent event() {
    SseEvent known = event;
    if (known == null) {
      throw new IllegalStateException("no event was decoded");
    }
    return known;
  }

  /** What to say when coming back; empty if nothing. */
  String lastEventId() {
    return lastEventId;
  }

  /** Takes what the stream has said; null if it said nothing since. */
  @Nullable Duration takeRetry() {
    Duration said = retry;
    retry = null;
    return said;
  }

  /** Whether an event is complete. */
  private boolean lineEnded() {
    byte[] bytes = line.toByteArray();
    line.reset();
    int from = isFirstLine && startsWithMark(bytes) ? MARK.length : 0;
    isFirstLine = false;
    if (bytes.length == from) {
      return dispatch();
    }
    field(new String(bytes, from, bytes.length - from, StandardCharsets.UTF_8));
    return false;
  }

  private static boolean startsWithMark(byte[] bytes) {
    return bytes.length >= MARK.length
        && bytes[0] == MARK[0]
        && bytes[1] == MARK[1]
        && bytes[2] == MARK[2];
  }

  private void field(String text) {
    int colon = text.indexOf(':');
    if (colon == 0) {
      return; // a comment
    }
    String name = colon < 0 ? text : text.substring(0, colon);
    String value = colon < 0 ? "" : text.substring(colon + 1);
    String bare = value.startsWith(" ") ? value.substring(1) : value;
    switch (name) {
      case "data" -> {
        data.append(bare).append('\n');
        hasData = true;
      }
      case "event" -> type = bare;
      case "id" -> {
        if (canBeSaid(bare)) {
          idBuffer = bare;
        }
      }
      case "retry" -> retry(bare);
      default -> {} // ignored, as the standard says
    }
  }

  /**
   * Whether a field can have this value. The standard ignores ids with NUL alone, but one with
   * another control character could not be said when coming back.
   */
  private static boolean canBeSaid(String id) {
    return id.chars().allMatch(c -> (c >= 0x20 && c != 0x7F) || c == '\t');
  }

  private void retry(String value) {
    boolean isNumber = !value.isEmpty() && value.chars().allMatch(c -> c >= '0' && c <= '9');
    if (isNumber && value.length() <= LONGEST_RETRY_DIGITS) {
      retry = Duration.ofMillis(Long.parseLong(value));
    }
  }

  private boolean dispatch() {
    lastEventId = idBuffer;
    String kind = type.isEmpty() || type.indexOf('\0') >= 0 ? SseEvent.MESSAGE : type;
    type = "";
    if (!hasData) {
      return false;
    }
    String text = data.substring(0, data.length() - 1);
    data.setLength(0);
    hasData = false;
    event = new SseEvent(kind, text, lastEventId.isEmpty() ? null : lastEventId, null);
    return true;
  }
}
