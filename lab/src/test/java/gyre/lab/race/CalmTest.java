package gyre.lab.race;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.List;
import org.junit.jupiter.api.Test;

/** With a program that only says how fast its core is. */
class CalmTest {
  private static final long FOREVER = System.nanoTime() + 600_000_000_000L;

  private final ByteArrayOutputStream said = new ByteArrayOutputStream();

  /** As a race watches its cores, with answers in which {@code i} is the number of the question. */
  private Calm calm(String spinNanos) {
    String program =
        """
        i=0
        while read -r line; do echo "{\\"spinNanos\\": $((%s))}"; i=$((i + 1)); done
        """
            .formatted(spinNanos);
    return calm(List.of("bash", "-c", program));
  }

  private Calm calm(List<String> generator) {
    PrintStream out = new PrintStream(said, true, StandardCharsets.UTF_8);
    Bench bench = new Bench(generator, true, 1000, Tools.NONE);
    return Calm.watching(bench, new Progress(out, false, 1));
  }

  @Test
  void shouldSayThatNobodyDisturbed() {
    try (Calm calm = calm("1000 + i % 2")) {
      Calm.Spell spell = calm.await(true, FOREVER);
      assertThat(spell.lasted()).isTrue();
      assertThat(spell.lasted()).isTrue();
    }
  }

  @Test
  void shouldWaitUntilNobodyDisturbs() {
    // Every fifth look is at a fast core: it is waited for, and over at the next look.
    try (Calm calm = calm("i % 5 == 0 ? 1000 : 1300")) {
      Calm.Spell spell = calm.await(false, FOREVER);
      assertThat(spell.lasted()).isFalse();
      assertThat(spell.lasted()).isFalse();
    }
  }

  @Test
  void shouldNotWaitForLongerThanItIsTold() {
    try (Calm calm = calm("i == 0 ? 1000 : 2000")) {
      Calm.Spell spell = calm.await(true, System.nanoTime());
      assertThat(spell.lasted()).isFalse();
    }
  }

  @Test
  void shouldTakeEverythingForCalmWhereNobodyTells() {
    try (Calm calm = calm(List.of())) {
      assertThat(calm.await(true, FOREVER).lasted()).isTrue();
    }
    assertThat(said.toString(StandardCharsets.UTF_8)).isEmpty();
  }

  @Test
  void shouldGoOnWithoutThoseWhoTellIfTheyFail() {
    try (Calm calm = calm("i < 3 ? 1000 : 1 / 0")) {
      assertThat(calm.await(true, FOREVER).lasted()).isTrue();
    }
    assertThat(said.toString(StandardCharsets.UTF_8))
        .startsWith("cannot tell when others disturb the measuring: ");
  }
}
