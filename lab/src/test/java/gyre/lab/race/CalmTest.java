package gyre.lab.race;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

/** With a program that only says what it is to have seen. */
class CalmTest {
  private static final String CALM = seen("0", "0", "0");

  private final ByteArrayOutputStream said = new ByteArrayOutputStream();

  /**
   * How many of 20 looks at each core were disturbed, and whether the cores were far from each
   * other; all in terms of {@code i}, which is the number of the question.
   */
  private static String seen(String first, String second, String far) {
    return "{'cores': [%s, %s], 'meetings': 1, 'isFar': ${is[$((%s))]}}"
        .formatted(core(first), core(second), far);
  }

  private static String core(String disturbed) {
    return "{'looks': 20, 'disturbed': $((%s)), 'isDisturbed': ${is[$(((%s) == 20))]}}"
        .formatted(disturbed, disturbed);
  }

  private Calm calm(String answer) {
    String program =
        """
        echo ready; i=0; is=(false true)
        while read -r line; do echo "%s"; i=$((i + 1)); done
        """
            .formatted(answer.replace("'", "\\\""));
    return calm(List.of("bash", "-c", program));
  }

  private Calm calm(List<String> generator) {
    PrintStream out = new PrintStream(said, true, StandardCharsets.UTF_8);
    Bench bench = new Bench(generator, true, 1000, Tools.NONE);
    return Calm.watching(bench, new Progress(out, false, 1));
  }

  /** Only a hang lasts so long. */
  private static long forever() {
    return System.nanoTime() + TimeUnit.MINUTES.toNanos(5);
  }

  @Test
  void shouldSayThatNobodyDisturbed() {
    try (Calm calm = calm(CALM)) {
      Calm.Spell spell = calm.await(true, forever());
      assertThat(spell.disturbed()).isZero();
      assertThat(spell.disturbed()).isZero();
    }
  }

  @Test
  void shouldSayThatSomebodyDisturbed() {
    try (Calm calm = calm(seen("i == 2 ? 1 : 0", "0", "0"))) {
      Calm.Spell spell = calm.await(false, forever());
      assertThat(spell.disturbed()).isZero();
      assertThat(spell.disturbed()).isPositive();
      assertThat(spell.disturbed()).isZero(); // each answer is about its own time
    }
  }

  @Test
  void shouldMindTheSecondCoreWhereItMatters() {
    try (Calm calm = calm(seen("0", "i > 3 ? 1 : 0", "0"))) {
      assertThat(calm.await(false, forever()).disturbed()).isZero();
      assertThat(calm.await(true, forever()).disturbed()).isPositive();
    }
  }

  @Test
  void shouldMindTheDistanceWhereItMatters() {
    try (Calm calm = calm(seen("0", "0", "i > 1"))) {
      assertThat(calm.areCoresFar()).isFalse();
      assertThat(calm.areCoresFar()).isTrue();
      assertThat(calm.await(false, forever()).disturbed()).isZero();
      assertThat(calm.await(true, System.nanoTime()).disturbed()).isPositive();
    }
  }

  @Test
  void shouldWaitUntilNobodyDisturbs() {
    try (Calm calm = calm(seen("i < 5 || i > 6 ? 20 : 0", "0", "0"))) {
      Calm.Spell spell = calm.await(false, forever());
      assertThat(spell.disturbed()).isZero();
      assertThat(spell.disturbed()).isPositive();
    }
  }

  @Test
  void shouldNotWaitForLongerThanItIsTold() {
    try (Calm calm = calm(seen("20", "20", "1"))) {
      Calm.Spell spell = calm.await(true, System.nanoTime());
      assertThat(spell.disturbed()).isPositive();
    }
  }

  @Test
  void shouldWaitForAMeetingBeforeItTellsHowFarTheyAre() {
    String late = seen("0", "0", "i > 3").replace("'meetings': 1", "'meetings': $((i > 3))");
    try (Calm calm = calm(late)) {
      assertThat(calm.await(false, forever()).disturbed()).isZero();
      assertThat(calm.wereCoresFar()).isFalse();
      assertThat(calm.areCoresFar()).isTrue();
      assertThat(calm.wereCoresFar()).isTrue();
    }
  }

  /** The answer to that question alone says so, whatever its number. */
  @Test
  void shouldBringCoresTogetherThatAreFarFromEachOther() {
    String gathered =
        seen("0", "0", "1").replace("$((1))", "$([ $line != gather ]; echo $((1 - $?)))");
    try (Calm calm = calm(gathered)) {
      assertThat(calm.areCoresFar()).isFalse();
      calm.await(true, System.nanoTime()); // too late to do anything
      assertThat(calm.wereCoresFar()).isTrue();
      calm.await(true, forever());
      assertThat(calm.wereCoresFar()).isFalse();
    }
  }

  @Test
  void shouldTellHowTheCoresAreKeptAwake() {
    try (Calm calm = calm(CALM.replace("'meetings'", "'awake': 'polling', 'meetings'"))) {
      assertThat(calm.awake()).isEmpty();
      calm.await(true, forever());
      assertThat(calm.awake()).isEqualTo("polling");
    }
  }

  @Test
  void shouldTakeEverythingForCalmWhereNobodyTells() {
    try (Calm calm = calm(List.of())) {
      assertThat(calm.await(true, forever()).disturbed()).isZero();
      assertThat(calm.areCoresFar()).isFalse();
    }
    assertThat(said.toString(StandardCharsets.UTF_8)).isEmpty();
  }

  @Test
  void shouldGoOnWithoutThoseWhoTellIfTheyFail() {
    try (Calm calm = calm(seen("i < 3 ? 20 : 1 / 0", "0", "0"))) {
      assertThat(calm.wasWatching()).isTrue();
      assertThat(calm.await(true, forever()).disturbed()).isZero();
      assertThat(calm.wasWatching()).isFalse();
    }
    assertThat(said.toString(StandardCharsets.UTF_8))
        .startsWith("cannot tell when others disturb the measuring: ");
  }
}
