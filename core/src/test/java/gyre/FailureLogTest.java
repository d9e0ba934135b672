package gyre;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class FailureLogTest {
  private final List<String> lines = new ArrayList<>();
  private int periods;

  private final FailureLog log =
      new FailureLog(
          (level, message, failure) ->
              lines.add(level + " " + message + (failure == null ? "" : " with " + failure)),
          () -> periods++);

  /** The stack is the same for each of these. */
  private void failOften(int times) {
    for (int i = 0; i < times; i++) {
      log.failed("stream-" + i, new IllegalStateException("bug " + i));
    }
  }

  @Test
  void shouldLogTheFirstInFullAndCountTheOthers() {
    failOften(1000);
    assertThat(lines)
        .containsExactly("ERROR stream-0 failed with java.lang.IllegalStateException: bug 0");
    assertThat(periods).isOne();
    lines.clear();
    log.endPeriod();
    assertThat(lines)
        .containsExactly(
            "ERROR 999 more failures like one before, the last: stream-999 failed:"
                + " java.lang.IllegalStateException: bug 999");
  }

  @Test
  void shouldLogOneLineAPeriodWhileAFailureGoesOn() {
    for (int i = 0; i < 5; i++) {
      failOften(100);
      log.endPeriod();
    }
    assertThat(lines).hasSize(6);
    assertThat(lines.getLast()).startsWith("ERROR 100 more");
    assertThat(periods).isEqualTo(6);
  }

  @Test
  void shouldShowInFullWhatComesBackAfterAQuietPeriod() {
    failOften(2);
    log.endPeriod();
    log.endPeriod();
    assertThat(periods).isEqualTo(2);
    lines.clear();
    failOften(1);
    assertThat(lines)
        .containsExactly("ERROR stream-0 failed with java.lang.IllegalStateException: bug 0");
  }

  @Test
  void shouldTellKindsApart() {
    log.failed("a", new IllegalStateException("one"));
    log.failed("b", new IllegalArgumentException("two"));
    log.failed("c", new IllegalStateException("three, from another line"));
    assertThat(lines).hasSize(3);
  }

  @Test
  void shouldLogNoMoreThanSoManyKindsInAPeriod() {
    for (int depth = 0; depth < 2 * FailureLog.KINDS_LIMIT; depth++) {
      failDeep(depth);
    }
    assertThat(lines).hasSize(FailureLog.KINDS_LIMIT);
    log.endPeriod();
    assertThat(lines).hasSize(FailureLog.KINDS_LIMIT + 1);
    assertThat(lines.getLast()).startsWith("ERROR " + FailureLog.KINDS_LIMIT + " more failures");
  }

  private void failDeep(int depth) {
    if (depth == 0) {
      log.failed("deep", new IllegalStateException());
    } else {
      failDeep(depth - 1);
    }
  }

  @Test
  void shouldTellAtTheEndWhatWasOnlyCounted() {
    failOften(3);
    log.close();
    assertThat(lines).hasSize(2);
    assertThat(lines.getLast()).startsWith("ERROR 2 more");
  }
}
