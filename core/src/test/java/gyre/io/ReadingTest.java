package gyre.io;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.charset.StandardCharsets;
import java.util.SplittableRandom;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Lines, delimiters and numbers, against a plain search. {@code -Dgyre.test.seed=N} repeats one
 * run.
 */
@Timeout(value = 60, unit = TimeUnit.SECONDS)
class ReadingTest {
  private static final int SEEDS = Integer.getInteger("gyre.test.seeds", 2_000);
  private static final int STEPS = 100;

  @Test
  void shouldReadWhatAPlainSearchFinds() {
    for (long seed = 0; seed < SEEDS; seed++) {
      run(seed);
    }
  }

  @Test
  void shouldRepeatTheSeedAskedFor() {
    run(Long.getLong("gyre.test.seed", 4711));
  }

  private static void run(long seed) {
    ReadingModel model = new ReadingModel(new SplittableRandom(seed)::nextInt);
    try {
      for (int step = 0; step < STEPS; step++) {
        model.step();
      }
      model.finish();
    } catch (AssertionError failure) {
      throw new AssertionError("seed " + seed, failure);
    }
  }

  /** What was looked at becomes a delimiter behind the reader's back, and must not be noticed. */
  @Test
  void shouldLookAtEachByteOnce() {
    ScriptedSource source = new ScriptedSource(1000);
    source.beforeEach(() -> {
      int seen = (int) source.input.size();
      source.input.clear();
      source.input.append("\n".repeat(seen));
    });
    for (byte one : "a line\n".getBytes(StandardCharsets.US_ASCII)) {
      source.add(new byte[] {one});
    }
    assertThat(source.awaitIndexOf((byte) '\n', 1000)).isEqualTo(6);
  }

  @Test
  void shouldLookAtABeginningOfALongDelimiterAgainAndAtNothingElse() {
    ScriptedSource source = new ScriptedSource(1000);
    source.beforeEach(() -> {
      int seen = (int) source.input.size();
      if (seen > 1) {
        byte last = source.input.byteAt(seen - 1);
        source.input.clear();
        source.input.append("\n".repeat(seen - 1));
        source.input.appendByte(last);
      }
    });
    for (byte one : "a\r line\r\n".getBytes(StandardCharsets.US_ASCII)) {
      source.add(new byte[] {one});
    }
    byte[] end = {'\r', '\n'};
    assertThat(source.awaitIndexOf(end, 1000)).isEqualTo(7);
  }

  @Test
  void shouldRefuseAnEmptyDelimiterAndNegativeSizes() {
    ScriptedSource source = new ScriptedSource(10);
    assertThatThrownBy(() -> source.readUntil(new byte[0], 5))
        .isInstanceOf(IllegalArgumentException.class);
    assertThatThrownBy(() -> source.readExactly(-1)).isInstanceOf(IllegalArgumentException.class);
  }

  @ParameterizedTest
  @ValueSource(
      longs = {
        0,
        1,
        -1,
        9,
        10,
        -10,
        99,
        100,
        Integer.MIN_VALUE,
        Long.MAX_VALUE,
        Long.MAX_VALUE - 1,
        Long.MIN_VALUE,
        Long.MIN_VALUE + 1
      })
  void shouldWriteAndReadNumbers(long value) {
    try (ByteQueue queue = ByteQueue.create()) {
      queue.append("x".repeat(1024 - 5)); // the digits cross the border of a block
      queue.appendDecimal(value);
      String text = Long.toString(value);
      assertThat(queue.decimalAt(1019, text.length())).isEqualTo(value);
      queue.drain(1019);
      assertThat(queue.size()).isEqualTo(text.length());
      assertThat(queue.readDecimal(text.length())).isEqualTo(value);
    }
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"", "-", "+1", "1-", " 1", "1 ", "9223372036854775808", "-9223372036854775809"})
  void shouldRefuseWhatIsNoNumber(String text) {
    try (ByteQueue queue = ByteQueue.create()) {
      queue.append(text);
      assertThatThrownBy(() -> queue.readDecimal(text.length()))
          .isInstanceOf(NumberFormatException.class)
          .hasMessageContaining("\"" + text + "\"");
      assertThat(queue.size()).isEqualTo(text.length());
      assertThatThrownBy(() -> queue.readDecimal(text.length() + 1))
          .isInstanceOf(IndexOutOfBoundsException.class);
    }
  }

  @Test
  void shouldReadANumberWithManyZerosInFront() {
    try (ByteQueue queue = ByteQueue.create()) {
      queue.append("-" + "0".repeat(3000) + "42");
      assertThat(queue.readDecimal(3003)).isEqualTo(-42);
    }
  }
}
