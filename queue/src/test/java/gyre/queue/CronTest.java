package gyre.queue;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Instant;
import java.time.ZoneId;
import java.time.ZonedDateTime;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class CronTest {
  private static final ZoneId BERLIN = ZoneId.of("Europe/Berlin");

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "* * * * *          | 2026-01-01T00:00:00Z | 2026-01-01T00:01:00Z",
        "*/15 * * * *       | 2026-01-01T00:07:30Z | 2026-01-01T00:15:00Z",
        "0 3 * * *          | 2026-01-01T03:00:00Z | 2026-01-02T03:00:00Z",
        "30 6 * * mon-fri   | 2026-01-02T07:00:00Z | 2026-01-05T06:30:00Z",
        "0 0 29 2 *         | 2026-01-01T00:00:00Z | 2028-02-29T00:00:00Z",
        "0 0 13 * fri       | 2026-01-01T00:00:00Z | 2026-01-02T00:00:00Z",
        "0 0 31 * *         | 2026-01-31T00:00:00Z | 2026-03-31T00:00:00Z",
        "5,10 1-3/2 * * *   | 2026-01-01T01:10:00Z | 2026-01-01T03:05:00Z",
        "0 0 * * 7          | 2026-01-01T00:00:00Z | 2026-01-04T00:00:00Z",
        "@hourly            | 2026-01-01T00:00:00Z | 2026-01-01T01:00:00Z",
        "@yearly            | 2026-01-01T00:00:00Z | 2027-01-01T00:00:00Z",
      })
  void shouldFindTheNextTime(String text, Instant after, Instant next) {
    assertThat(Cron.parse(text, ZoneId.of("UTC")).next(after)).contains(next);
  }

  @Test
  void shouldComeOnceWhenTheHourIsTwice() {
    Cron cron = Cron.parse("30 2 * * *", BERLIN);
    Instant first = ZonedDateTime.parse("2026-10-25T02:30+02:00[Europe/Berlin]").toInstant();
    assertThat(cron.next(first.minusSeconds(60))).contains(first);
    assertThat(cron.next(first)).contains(Instant.parse("2026-10-26T01:30:00Z"));
  }

  @Test
  void shouldComeAtTheEndOfTheGapWhenTheHourIsMissing() {
    Cron cron = Cron.parse("30 2 * * *", BERLIN);
    assertThat(cron.next(Instant.parse("2026-03-29T00:00:00Z")))
        .contains(Instant.parse("2026-03-29T01:00:00Z")); // 03:00 in summer time
    assertThat(cron.next(Instant.parse("2026-03-29T01:00:00Z")))
        .contains(Instant.parse("2026-03-30T00:30:00Z"));
  }

  @Test
  void shouldGoOnEachHourWhileTheClockChanges() {
    Cron cron = Cron.parse("0 * * * *", BERLIN);
    Instant at = Instant.parse("2026-10-24T23:00:00Z");
    for (int i = 1; i <= 4; i++) {
      at = cron.next(at).orElseThrow();
      assertThat(at).isEqualTo(Instant.parse("2026-10-24T23:00:00Z").plusSeconds(3600L * i));
    }
  }

  @Test
  void shouldSayThatThereIsNone() {
    assertThat(Cron.parse("0 0 31 2 *", BERLIN).next(Instant.EPOCH)).isEmpty();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "* * * *",
        "60 * * * *",
        "* 24 * * *",
        "* * 0 * *",
        "* * * 13 *",
        "* * * * 8",
        "5-1 * * * *",
        "a * * * *",
        "*/0 * * * *",
        "1//2 * * * *"
      })
  void shouldRefuseWhatIsNone(String text) {
    assertThatThrownBy(() -> Cron.parse(text, BERLIN)).isInstanceOf(IllegalArgumentException.class);
  }
}
