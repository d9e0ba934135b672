package gyre.http;

import gyre.Loop;
import java.nio.charset.StandardCharsets;
import java.time.DayOfWeek;
import java.time.LocalDateTime;
import java.time.ZoneOffset;
import java.time.format.TextStyle;
import java.util.Locale;

/** The line with the date, made once a second for each loop. */
final class DateCache {
  private static final long SECOND_NANOS = 1_000_000_000;
  private static final long MILLI_NANOS = 1_000_000;

  private final Loop loop;
  private byte[] line = {};
  private long staleNanos;

  DateCache(Loop loop) {
    this.loop = loop;
  }

  /** With its end. */
  byte[] line() {
    long now = loop.nanoTime();
    if (line.length == 0 || now - staleNanos >= 0) {
      long millis = loop.clock().millis();
      line =
          ("Date: " + format(Math.floorDiv(millis, 1000)) + "\r\n")
              .getBytes(StandardCharsets.ISO_8859_1);
      staleNanos = now + SECOND_NANOS - Math.floorMod(millis, 1000) * MILLI_NANOS;
    }
    return line;
  }

  /** RFC 9110, 5.6.7. */
  static String format(long epochSecond) {
    LocalDateTime date = LocalDateTime.ofEpochSecond(epochSecond, 0, ZoneOffset.UTC);
    return String.format(
        Locale.ROOT,
        "%s, %02d %s %04d %02d:%02d:%02d GMT",
        shortName(date.getDayOfWeek()),
        date.getDayOfMonth(),
        date.getMonth().getDisplayName(TextStyle.SHORT, Locale.ENGLISH),
        date.getYear(),
        date.getHour(),
        date.getMinute(),
        date.getSecond());
  }

  private static String shortName(DayOfWeek day) {
    return day.getDisplayName(TextStyle.SHORT, Locale.ENGLISH);
  }
}
