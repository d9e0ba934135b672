package gyre.insight;

import static org.assertj.core.api.Assertions.assertThat;

import gyre.insight.Observation.Look;
import gyre.insight.StallReport.Cause;
import gyre.insight.TopText.Order;
import gyre.insight.Verdict.Disease;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import org.junit.jupiter.api.Test;

class TopTextTest {
  private static final long MILLI = 1_000_000;
  private static final long NOW = 1_000_000 * MILLI;
  private static final String PLACE = "Shop.expire(Shop.java:17)";

  private static StallReport stall(Cause cause, long millis, long ageMillis, String... stack) {
    long ended = NOW - ageMillis * MILLI;
    return new StallReport(
        "shop",
        1,
        "timer",
        "the callback of timer-9",
        List.of(),
        ended - millis * MILLI,
        ended,
        ended,
        cause,
        "",
        List.of(stack));
  }

  private static List<String> lines(List<StallReport> stalls, Verdict... verdicts) {
    ProcessSnapshot snapshot = new ProcessSnapshot(1, Instant.EPOCH, 25 * MILLI, 0, List.of());
    Facts facts =
        new Facts(
            0,
            OptionalLong.empty(),
            OptionalLong.empty(),
            OptionalLong.empty(),
            0,
            0,
            Listening.UNKNOWN,
            Map.of());
    Look look = new Look(1, "shop", snapshot, snapshot, 1, facts, stalls, List.of(verdicts));
    return TopText.lines(look, Order.BUSY, NOW);
  }

  /** A callback that is slow now and then is in few of the seconds that somebody looks at. */
  @Test
  void shouldTellOfStallsBeforeTheLook() {
    List<String> lines =
        lines(
            List.of(
                stall(Cause.JAVA, 45, 9_000, PLACE),
                stall(Cause.JAVA, 41, 5_000, PLACE),
                stall(Cause.PREEMPTED, 60, 1_000, PLACE)));
    assertThat(lines.get(1))
        .matches("- 5 s ago  shop: 2 stalls of up to 45 ms: .*timer-9 runs Java code");
    assertThat(lines.get(2)).isEqualTo("    at " + PLACE);
    assertThat(lines.get(3)).contains("- 1 s ago", "a stall of 60 ms", "scheduler");
    assertThat(lines.get(4)).isEmpty();
  }

  /** It is asked in a turn of the loop, and asks itself. */
  @Test
  void shouldNotTakeItsOwnQuestionForALineOfTheProgram() {
    String own = "gyre.insight.TreeAnswer.lambda$new$0(TreeAnswer.java:36)";
    assertThat(stall(Cause.JAVA, 45, 1, own).place()).isEmpty();
    assertThat(stall(Cause.JAVA, 45, 1, own, PLACE).place()).isEqualTo(PLACE);
  }

  @Test
  void shouldTellNothingTwice() {
    Verdict verdict = new Verdict(Disease.SLOW_CALLBACK, "shop", "1 callback", "25 ms", PLACE);
    assertThat(lines(List.of(stall(Cause.JAVA, 45, 100, PLACE)), verdict))
        .filteredOn(line -> line.contains(PLACE))
        .hasSize(1);
  }

  @Test
  void shouldForgetWhatIsLongOver() {
    assertThat(lines(List.of(stall(Cause.JAVA, 45, 301_000, PLACE))))
        .noneMatch(line -> line.contains(PLACE));
  }

  @Test
  void shouldKeepWhatMattersMostOnANarrowScreen() {
    List<String> loop =
        List.of("shop", "io_uring", "14 %", "0 %", "10.5", "12.5", "3", "4", "45 ms", "45 ms", "7");
    List<String> narrow = TopText.fitting(List.of(TopText.HEADS, loop), 60).getFirst();
    assertThat(narrow).contains("loop", "busy", "cbs/s", "cb p99", "cb max", "stalls");
    assertThat(TopText.fitting(List.of(TopText.HEADS, loop), 100).getFirst())
        .isEqualTo(TopText.HEADS);
  }
}
