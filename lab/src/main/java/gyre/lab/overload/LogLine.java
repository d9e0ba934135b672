package gyre.lab.overload;

import java.util.List;

/**
 * What a server has logged.
 *
 * @param millis since its start
 */
public record LogLine(long millis, String text) {
  private static final long MINUTE_MILLIS = 60_000;

  /** The most lines within any minute. */
  static int mostAMinute(List<LogLine> lines) {
    int most = 0;
    for (LogLine first : lines) {
      int count = 0;
      for (LogLine line : lines) {
        long later = line.millis - first.millis;
        count += later >= 0 && later < MINUTE_MILLIS ? 1 : 0;
      }
      most = Math.max(most, count);
    }
    return most;
  }
}
