package gyre.http;

import java.time.DateTimeException;
import java.time.DayOfWeek;
import java.time.Instant;
import java.time.LocalDateTime;
import java.time.ZoneOffset;
import java.time.format.TextStyle;
import java.util.List;
import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** Dates in fields, as RFC 9110, 5.6.7 has them: three forms are read, one is written. */
public final class HttpDate {
  private static final List<String> MONTHS =
      List.of("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec");
  private static final String TIME = "(\\d\\d):(\\d\\d):(\\d\\d)";

  /** {@code Sun, 06 Nov 1994 08:49:37 GMT}. */
  private static final Pattern FIXED =
      Pattern.compile("[A-Z][a-z]{2}, (\\d\\d) ([A-Z][a-z]{2}) (\\d{4}) " + TIME + " GMT");

  /** {@code Sunday, 06-Nov-94 08:49:37 GMT}. */
  private static final Pattern RFC_850 =
      Pattern.compile("[A-Z][a-z]{5,8}, (\\d\\d)-([A-Z][a-z]{2})-(\\d\\d) " + TIME + " GMT");

  /** {@code Sun Nov 6 08:49:37 1994}. */
  private static final Pattern ASCTIME =
      Pattern.compile("[A-Z][a-z]{2} ([A-Z][a-z]{2}) ([ \\d]\\d) " + TIME + " (\\d{4})");

  private static final int LONGEST = 40;

  private HttpDate() {}

  /** To the second, rounded down. */
  public static String format(Instant time) {
    LocalDateTime date = LocalDateTime.ofEpochSecond(time.getEpochSecond(), 0, ZoneOffset.UTC);
    return String.format(
        Locale.ROOT,
        "%s, %02d %s %04d %02d:%02d:%02d GMT",
        shortName(date.getDayOfWeek()),
        date.getDayOfMonth(),
        MONTHS.get(date.getMonthValue() - 1),
        date.getYear(),
        date.getHour(),
        date.getMinute(),
        date.getSecond());
  }

  private static String shortName(DayOfWeek day) {
    return day.getDisplayName(TextStyle.SHORT, Locale.ENGLISH);
  }

  /**
   * Reads any of the three forms; null if it is none of them. A year of two digits is the one of
   * the last 50 years or the next 50.
   *
   * @param now for years of two digits
   */
  public static @Nullable Instant parse(String text, Instant now) {
    if (text.length() > LONGEST) {
      return null;
    }
    Matcher at = FIXED.matcher(text);
    if (at.matches()) {
      return instant(at.group(3), at.group(2), at.group(1), at, 4);
    }
    at = RFC_850.matcher(text);
    if (at.matches()) {
      int thisYear = now.atOffset(ZoneOffset.UTC).getYear();
      int year = thisYear - thisYear % 100 + Integer.parseInt(at.group(3));
      year += year > thisYear + 50 ? -100 : year < thisYear - 50 ? 100 : 0;
      return instant(String.valueOf(year), at.group(2), at.group(1), at, 4);
    }
    at = ASCTIME.matcher(text);
    return at.matches() ? instant(at.group(6), at.group(1), at.group(2).strip(), at, 3) : null;
  }

  private static @Nullable Instant instant(
      String year, String month, String day, Matcher at, int hour) {
    try {
      return LocalDateTime.of(
              Integer.parseInt(year),
              MONTHS.indexOf(month) + 1,
              Integer.parseInt(day),
              Integer.parseInt(at.group(hour)),
              Integer.parseInt(at.group(hour + 1)),
              Integer.parseInt(at.group(hour + 2)))
          .toInstant(ZoneOffset.UTC);
    } catch (DateTimeException e) {
      return null; // no such day, month or hour
    }
  }
}
