package gyre.io;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowable;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.function.IntUnaryOperator;
import org.jspecify.annotations.Nullable;

/**
 * Reads random bytes in random units from a source that has them in random pieces, and compares
 * with what a plain search of the whole array says.
 */
final class ReadingModel {
  private static final int LIMIT_BYTES = 200;

  /** Few different bytes, so that delimiters are frequent and begin where they don't go on. */
  private static final byte[] LETTERS = {'a', '1', '-', '\r', '\n', ';'};

  private final IntUnaryOperator below;
  private final byte[] all;
  private final ScriptedSource source = new ScriptedSource(LIMIT_BYTES);
  private int at;

  /**
   * @param below gives a number from 0 to one less than what it is given
   */
  ReadingModel(IntUnaryOperator below) {
    this.below = below;
    this.all = letters(below(1000));
    for (int from = 0; from < all.length; ) {
      int to = Math.min(all.length, from + 1 + below(below(3) == 0 ? 100 : 4));
      source.add(Arrays.copyOfRange(all, from, to));
      from = to;
    }
  }

  private int below(int bound) {
    return below.applyAsInt(bound);
  }

  private byte[] letters(int length) {
    byte[] bytes = new byte[length];
    int kinds = 1 + below(LETTERS.length);
    for (int i = 0; i < length; i++) {
      bytes[i] = LETTERS[below(kinds)];
    }
    return bytes;
  }

  void step() {
    int limit = 1 + below(LIMIT_BYTES);
    switch (below(6)) {
      case 0, 1 -> line(limit);
      case 2 -> until(new byte[] {LETTERS[below(LETTERS.length)]}, limit, true);
      case 3 -> until(letters(1 + below(4)), limit, false);
      case 4 -> exactly(below(LIMIT_BYTES));
      default -> number(below(25));
    }
  }

  private void line(int limit) {
    if (!reads(new byte[] {'\n'}, limit, () -> source.readLine(limit))) {
      return;
    }
    int feed = find(new byte[] {'\n'});
    String line = source.readLine(limit, StandardCharsets.ISO_8859_1);
    if (feed < 0) {
      assertThat(line).isNull();
      return;
    }
    int end = feed > at && all[feed - 1] == '\r' ? feed - 1 : feed;
    assertThat(line).isEqualTo(new String(all, at, end - at, StandardCharsets.ISO_8859_1));
    at = feed + 1;
  }

  private void until(byte[] delimiter, int limit, boolean single) {
    if (!reads(delimiter, limit, () -> read(delimiter, limit, single))) {
      return;
    }
    int found = find(delimiter);
    int index =
        single ? source.awaitIndexOf(delimiter[0], limit) : source.awaitIndexOf(delimiter, limit);
    assertThat(index).isEqualTo(found < 0 ? -1 : found - at);
    byte[] read = read(delimiter, limit, single);
    if (found < 0) {
      assertThat(read).isNull();
      return;
    }
    assertThat(read).isEqualTo(Arrays.copyOfRange(all, at, found));
    at = found + delimiter.length;
  }

  private byte @Nullable [] read(byte[] delimiter, int limit, boolean single) {
    return single ? source.readUntil(delimiter[0], limit) : source.readUntil(delimiter, limit);
  }

  /** Whether reading up to the delimiter should work; if not it is seen to fail as it should. */
  private boolean reads(byte[] delimiter, int limit, Runnable read) {
    int found = find(delimiter);
    int rest = all.length - at;
    if (found >= 0 ? found - at + delimiter.length <= limit : rest == 0) {
      return true;
    }
    int blamed = source.blamed;
    Throwable thrown = catchThrowable(read::run);
    if (found < 0 && rest < limit) {
      assertThat(thrown).isInstanceOf(EndOfStreamException.class);
    } else {
      assertThat(thrown).isInstanceOf(LimitExceededException.class);
    }
    assertThat(source.blamed).isEqualTo(blamed + 1);
    return false;
  }

  private int find(byte[] delimiter) {
    for (int i = at; i + delimiter.length <= all.length; i++) {
      if (Arrays.equals(all, i, i + delimiter.length, delimiter, 0, delimiter.length)) {
        return i;
      }
    }
    return -1;
  }

  private void exactly(int bytes) {
    if (bytes <= all.length - at) {
      assertThat(source.readExactly(bytes)).isEqualTo(Arrays.copyOfRange(all, at, at + bytes));
      at += bytes;
    } else {
      assertThatThrownBy(() -> source.readExactly(bytes)).isInstanceOf(EndOfStreamException.class);
    }
  }

  private void number(int bytes) {
    if (bytes > all.length - at) {
      return;
    }
    assertThat(source.await(bytes)).isTrue();
    String text = new String(all, at, bytes, StandardCharsets.ISO_8859_1);
    Long expected = parse(text);
    if (expected == null) {
      long size = source.input.size();
      assertThatThrownBy(() -> source.input.readDecimal(bytes))
          .isInstanceOf(NumberFormatException.class);
      assertThat(source.input.size()).isEqualTo(size);
    } else {
      assertThat(source.input.decimalAt(0, bytes)).isEqualTo(expected);
      assertThat(source.input.readDecimal(bytes)).isEqualTo(expected);
      at += bytes;
    }
  }

  private static @Nullable Long parse(String text) {
    if (text.startsWith("+")) {
      return null;
    }
    try {
      return Long.valueOf(text);
    } catch (NumberFormatException e) {
      return null;
    }
  }

  /** What was not consumed is still there. */
  void finish() {
    assertThat(source.await(0)).isTrue();
    byte[] rest = new byte[all.length - at];
    source.readFully(ByteBuffer.wrap(rest));
    assertThat(rest).isEqualTo(Arrays.copyOfRange(all, at, all.length));
    assertThat(source.await(1)).isFalse();
    source.input.close();
  }
}
