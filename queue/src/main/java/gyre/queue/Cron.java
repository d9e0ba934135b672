package gyre.queue;

import java.time.Duration;
import java.time.Instant;
import java.time.ZoneId;
import java.time.ZonedDateTime;
import java.time.temporal.ChronoUnit;
import java.util.BitSet;
import java.util.List;
import java.util.Locale;
import java.util.Optional;

/**
 * Times that come again: {@code minute hour day-of-month month day-of-week}, in a time zone. As in
 * every cron, where both days are restricted one of them is enough.
 *
 * <p>A local time that a change of the clock leaves out comes at the end of the gap; one that comes
 * twice counts the first time only, unless the hours are all meant ({@code *}).
 */
final class Cron {
  private static final List<String> MONTHS =
      List.of("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec");
  private static final List<String> DAYS = List.of("sun", "mon", "tue", "wed", "thu", "fri", "sat");

  /** The 29th of February on a Monday comes within 40 years. */
  private static final int YEARS_LIMIT = 41;

  private final String text;
  private final ZoneId zone;
  private final BitSet minutes;
  private final BitSet hours;
  private final BitSet days;
  private final BitSet months;
  private final BitSet weekdays;
  private final boolean isAnyDay;
  private final boolean isAnyWeekday;
  private final boolean isAnyHour;

  private Cron(String text, ZoneId zone) {
    this.text = text;
    this.zone = zone;
    String[] fields = expanded(text).trim().split("\\s+", -1);
    if (fields.length != 5) {
      throw new IllegalArgumentException(
          "\"" + text + "\" must have 5 fields: minute hour day month weekday");
    }
    minutes = field("minute", fields[0], 0, 59, List.of());
    hours = field("hour", fields[1], 0, 23, List.of());
    days = field("day", fields[2], 1, 31, List.of());
    months = field("month", fields[3], 1, 12, MONTHS);
    weekdays = field("weekday", fields[4], 0, 7, DAYS);
    if (weekdays.get(7)) {
      weekdays.set(0);
    }
    isAnyDay = fields[2].startsWith("*");
    isAnyWeekday = fields[4].startsWith("*");
    isAnyHour = fields[1].startsWith("*");
  }

  /**
   * @throws IllegalArgumentException that says which field is wrong
   */
  static Cron parse(String text, ZoneId zone) {
    return new Cron(text, zone);
  }

  private static String expanded(String text) {
    return switch (text.trim().toLowerCase(Locale.ROOT)) {
      case "@yearly" -> "0 0 1 1 *";
      case "@monthly" -> "0 0 1 * *";
      case "@weekly" -> "0 0 * * 0";
      case "@daily", "@midnight" -> "0 0 * * *";
      case "@hourly" -> "0 * * * *";
      default -> text;
    };
  }

  private static BitSet field(String name, String text, int least, int most, List<String> names) {
    BitSet set = new BitSet();
    for (String part : text.split(",", -1)) {
      String[] step = part.split("/", -1);
      String[] range = step[0].split("-", -1);
      if (step.length > 2 || range.length > 2) {
        throw wrong(name, part, least, most);
      }
      boolean isAny = step[0].equals("*");
      int from = isAny ? least : value(name, range[0], least, most, names);
      int to =
          isAny || (step.length == 2 && range.length == 1)
              ? (name.equals("weekday") ? 6 : most)
              : range.length == 2 ? value(name, range[1], least, most, names) : from;
      int by = step.length == 2 ? value(name, step[1], 1, most, List.of()) : 1;
      if (from > to) {
        throw wrong(name, part, least, most);
      }
      for (int i = from; i <= to; i += by) {
        set.set(i);
      }
    }
    return set;
  }

  private static int value(String name, String text, int least, int most, List<String> names) {
    int named = names.indexOf(text.toLowerCase(Locale.ROOT));
    if (named >= 0) {
      return named + (name.equals("month") ? 1 : 0);
    }
    if (!text.matches("[0-9]{1,2}")) {
      throw wrong(name, text, least, most);
    }
    int value = Integer.parseInt(text);
    if (value < least || value > most) {
      throw wrong(name, text, least, most);
    }
    return value;
  }

  private static IllegalArgumentException wrong(String name, String text, int least, int most) {
    return new IllegalArgumentException(
        name + " \"" + text + "\" is not from " + least + " to " + most + ", a range or a list");
  }

  /** The first time after {@code after}; empty if there is none, as for the 31st of February. */
  Optional<Instant> next(Instant after) {
    ZonedDateTime at = after.atZone(zone).truncatedTo(ChronoUnit.MINUTES).plusMinutes(1);
    int lastYear = at.getYear() + YEARS_LIMIT;
    while (at.getYear() <= lastYear) {
      if (!months.get(at.getMonthValue()) || !isDay(at)) {
        at = nextDay(at);
      } else if (isTime(at)) {
        return Optional.of(at.toInstant());
      } else {
        // By the hour where none of it fits, else by the minute; both on the line of instants.
        at =
            hours.get(at.getHour()) || isInFrontOfGap(at)
                ? at.plusMinutes(1)
                : at.plusHours(1).truncatedTo(ChronoUnit.HOURS);
      }
    }
    return Optional.empty();
  }

  private static ZonedDateTime nextDay(ZonedDateTime at) {
    return at.toLocalDate().plusDays(1).atStartOfDay(at.getZone());
  }

  private boolean isDay(ZonedDateTime at) {
    boolean day = days.get(at.getDayOfMonth());
    boolean weekday = weekdays.get(at.getDayOfWeek().getValue() % 7);
    return (isAnyDay || isAnyWeekday) ? (day && weekday) : (day || weekday);
  }

  private boolean isTime(ZonedDateTime at) {
    if (hours.get(at.getHour()) && minutes.get(at.getMinute())) {
      return isAnyHour || at.withEarlierOffsetAtOverlap().equals(at);
    }
    return isEndOfGapThatHidAnother(at);
  }

  private boolean isInFrontOfGap(ZonedDateTime at) {
    return !zone.getRules()
        .getOffset(at.toInstant())
        .equals(zone.getRules().getOffset(at.plusHours(1).toInstant()));
  }

  /** A local time within a gap is told once, when the gap is over. */
  private boolean isEndOfGapThatHidAnother(ZonedDateTime at) {
    ZonedDateTime before = at.minusMinutes(1);
    Duration gap =
        Duration.ofSeconds(at.getOffset().getTotalSeconds() - before.getOffset().getTotalSeconds());
    if (isAnyHour || gap.isNegative() || gap.isZero()) {
      return false;
    }
    var local = before.toLocalDateTime().plusMinutes(1);
    for (long i = 0; i < gap.toMinutes(); i++, local = local.plusMinutes(1)) {
      if (hours.get(local.getHour()) && minutes.get(local.getMinute())) {
        return true;
      }
    }
    return false;
  }

  @Override
  public String toString() {
    return text + " (" + zone + ")";
  }
}
