package gyre.http.files;

import gyre.http.HttpDate;
import gyre.http.Request;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Conditional requests: RFC 9110, 13, in the order of 13.2.2. */
final class Conditions {
  private static final int PROCEED = 0;
  private static final int NOT_MODIFIED = 304;
  private static final int FAILED = 412;

  /** Before that a file may have changed twice within the second that its date names. */
  private static final Duration DATE_IS_STRONG_AFTER = Duration.ofSeconds(60);

  private Conditions() {}

  /** 0 to go on, or the status to answer. */
  static int check(Request request, String tag, Instant modified, Instant now) {
    Instant second = modified.truncatedTo(ChronoUnit.SECONDS);
    List<String> match = request.headers("If-Match");
    if (!match.isEmpty()) {
      if (!matches(match, tag, false)) {
        return FAILED;
      }
    } else {
      Instant since = date(request, "If-Unmodified-Since", now);
      if (since != null && second.isAfter(since)) {
        return FAILED;
      }
    }
    List<String> noneMatch = request.headers("If-None-Match");
    if (!noneMatch.isEmpty()) {
      return matches(noneMatch, tag, true) ? NOT_MODIFIED : PROCEED;
    }
    Instant since = date(request, "If-Modified-Since", now);
    return since != null && !second.isAfter(since) ? NOT_MODIFIED : PROCEED;
  }

  /** Whether a range may be sent: If-Range names just what is here, or there is none. */
  static boolean isRangeWanted(Request request, String tag, Instant modified, Instant now) {
    String condition = request.header("If-Range");
    if (condition == null) {
      return true;
    }
    if (condition.startsWith("\"") || condition.startsWith("W/")) {
      return condition.equals(tag); // a weak one never matches
    }
    Instant date = HttpDate.parse(condition, now);
    return date != null
        && date.equals(modified.truncatedTo(ChronoUnit.SECONDS))
        && !modified.plus(DATE_IS_STRONG_AFTER).isAfter(now);
  }

  private static @Nullable Instant date(Request request, String name, Instant now) {
    String text = request.header(name);
    return text == null ? null : HttpDate.parse(text, now);
  }

  /** Whether a list of tags has this one. Our tags are strong, and have neither comma nor quote. */
  private static boolean matches(List<String> fields, String tag, boolean weakly) {
    for (String field : fields) {
      for (String each : field.split(",", -1)) {
        String one = each.strip();
        if (one.equals("*") || one.equals(tag) || (weakly && one.equals("W/" + tag))) {
          return true;
        }
      }
    }
    return false;
  }
}
