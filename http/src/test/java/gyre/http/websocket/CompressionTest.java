package gyre.http.websocket;

import static org.assertj.core.api.Assertions.assertThat;

import gyre.io.ByteQueue;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.zip.DataFormatException;
import java.util.zip.Deflater;
import java.util.zip.Inflater;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class CompressionTest {
  private static final byte[] MESSAGE =
      "a message about something, and so on ".repeat(20).getBytes(StandardCharsets.US_ASCII);

  private static Deflaters deflaters(int most) {
    return new Deflaters(most, new byte[8192], new byte[8192]);
  }

  private static byte[] compress(
      Deflaters deflaters, @Nullable Object owner, int bits, byte[] bytes) {
    try (ByteQueue source = ByteQueue.create();
        ByteQueue target = ByteQueue.create()) {
      source.append(bytes);
      deflaters.compress(owner, bits, source, target);
      return target.take((int) target.size());
    }
  }

  private static byte[] inflate(Inflater inflater, byte[] bytes, int length)
      throws DataFormatException {
    inflater.setInput(Frames.join(bytes, new byte[] {0, 0, (byte) 0xFF, (byte) 0xFF}));
    byte[] out = new byte[length + 1];
    int done = 0;
    for (int n = inflater.inflate(out); n > 0; n = inflater.inflate(out, done, out.length - done)) {
      done += n;
    }
    return Arrays.copyOf(out, done);
  }

  // ---- lending

  @Test
  void shouldReferToEarlierMessagesWhileThereAreEnoughCompressors() throws DataFormatException {
    Deflaters deflaters = deflaters(2);
    Inflater inflater = new Inflater(true);
    byte[] first = compress(deflaters, "a", 15, MESSAGE);
    byte[] second = compress(deflaters, "a", 15, MESSAGE);
    assertThat(second.length).isLessThan(first.length / 2);
    assertThat(inflate(inflater, first, MESSAGE.length)).isEqualTo(MESSAGE);
    assertThat(inflate(inflater, second, MESSAGE.length)).isEqualTo(MESSAGE);
    deflaters.giveBack("a");
    byte[] third = compress(deflaters, "a", 15, MESSAGE);
    assertThat(third).as("begins anew").isEqualTo(first);
    assertThat(inflate(inflater, third, MESSAGE.length)).isEqualTo(MESSAGE);
    deflaters.giveBack("a");
    deflaters.close();
  }

  @Test
  void shouldTakeTheCompressorOfWhoHasNotSentForLongest() {
    Deflaters deflaters = deflaters(2);
    byte[] fresh = compress(deflaters, "a", 15, MESSAGE);
    byte[] ignored = compress(deflaters, "b", 15, MESSAGE);
    assertThat(compress(deflaters, "a", 15, MESSAGE)).as("a has it").isNotEqualTo(fresh);
    assertThat(compress(deflaters, "c", 15, MESSAGE)).isEqualTo(fresh);
    assertThat(compress(deflaters, "a", 15, MESSAGE)).as("a has it still").isNotEqualTo(fresh);
    assertThat(compress(deflaters, "b", 15, MESSAGE)).as("b has lost it").isEqualTo(fresh);
    assertThat(compress(deflaters, null, 15, MESSAGE)).as("for nobody").isEqualTo(fresh);
    assertThat(deflaters.all()).isEqualTo(2);
    for (String owner : List.of("a", "b", "c")) {
      deflaters.giveBack(owner);
    }
    assertThat(deflaters.lent()).isZero();
    deflaters.close();
  }

  // ---- windows

  /** Two blocks of noise that are the same would be found at once, if that were allowed. */
  @ParameterizedTest
  @ValueSource(ints = {8, 9, 10, 12, 14, 15})
  void shouldNotReferBeyondTheWindow(int bits) throws DataFormatException {
    byte[] noise = new byte[1 << bits];
    new Random(4).nextBytes(noise);
    byte[] bytes = Frames.join(noise, noise);
    Deflaters deflaters = deflaters(1);
    byte[] compressed = compress(deflaters, "a", bits, bytes);
    if (bits < 15) {
      assertThat(compressed.length).isGreaterThan(bytes.length);
    }
    assertThat(inflate(new Inflater(true), compressed, bytes.length)).isEqualTo(bytes);
    byte[] text = compress(deflaters, "a", bits, "x".repeat(5000).getBytes(StandardCharsets.UTF_8));
    assertThat(text.length).isLessThan(1000);
    deflaters.giveBack("a");
    deflaters.close();
  }

  // ---- inflating

  @Test
  void shouldInflateWhatEndsWithAFinalBlock() {
    Deflater deflater = new Deflater(6, true);
    deflater.setInput(MESSAGE);
    deflater.finish();
    byte[] out = new byte[1000];
    int length = deflater.deflate(out);
    deflater.end();
    byte[] whole = Frames.join(Arrays.copyOf(out, length), new byte[] {0});
    assertThat(inflate(whole, 1 << 16, 100)).isEqualTo(MESSAGE);
    assertThat(inflate(Frames.join(Arrays.copyOf(out, length), whole), 1 << 16, 100))
        .as("twice")
        .isEqualTo(Frames.join(MESSAGE, MESSAGE));
  }

  @Test
  void shouldInflateAnythingUpToTheLimitAndNoMore() {
    byte[] zeros = new byte[1 << 16];
    assertThat(inflate(Frames.deflated(zeros), 1 << 16, 1)).isEqualTo(zeros);
    assertThat(problem(Frames.deflated(new byte[(1 << 16) + 1]), 1 << 16))
        .isEqualTo(FrameProblem.INFLATES_TOO_MUCH);
    assertThat(problem(new byte[] {7, 7, 7}, 1 << 16)).isEqualTo(FrameProblem.INVALID_COMPRESSION);
  }

  @Test
  void shouldNotTakeAPartOfAMessageForTheWhole() {
    byte[] noise = new byte[300];
    new Random(7).nextBytes(noise); // which is stored as it is
    for (byte[] message : List.of(MESSAGE, noise, Frames.join(noise, MESSAGE))) {
      byte[] whole = Frames.deflated(message);
      assertThat(inflate(whole, 1 << 16, 100)).isEqualTo(message);
      for (int length = 0; length < whole.length; length++) {
        byte[] part = Arrays.copyOf(whole, length);
        if (Arrays.equals(part, new byte[] {0})) {
          continue; // which is a whole message, an empty one
        }
        assertThat(problem(part, 1 << 16))
            .as(length + " of " + whole.length + " bytes")
            .isEqualTo(FrameProblem.INVALID_COMPRESSION);
      }
    }
    assertThat(inflate(new byte[] {0}, 1 << 16, 1)).as("an empty one").isEmpty();
  }

  private static byte[] inflate(byte[] bytes, long limit, int ratio) {
    try (ByteQueue source = ByteQueue.create();
        ByteQueue target = ByteQueue.create()) {
      source.append(bytes);
      Inflating inflating = new Inflating(new byte[8192], new byte[8192]);
      assertThat(inflating.inflate(source, target, limit, ratio)).isNull();
      inflating.close();
      return target.take((int) target.size());
    }
  }

  private static @Nullable FrameProblem problem(byte[] bytes, long limit) {
    try (ByteQueue source = ByteQueue.create();
        ByteQueue target = ByteQueue.create()) {
      source.append(bytes);
      Inflating inflating = new Inflating(new byte[8192], new byte[8192]);
      FrameProblem problem = inflating.inflate(source, target, limit, 2000);
      inflating.close();
      return problem;
    }
  }

  // ---- agreeing: RFC 7692, 7.1

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      nullValues = "none",
      textBlock =
          """
          permessage-deflate | permessage-deflate; client_no_context_takeover
          permessage-deflate; client_max_window_bits | permessage-deflate; client_no_context_takeover
          permessage-deflate; client_max_window_bits=9 | permessage-deflate; client_no_context_takeover
          PerMessage-Deflate; SERVER_NO_CONTEXT_TAKEOVER | permessage-deflate; client_no_context_takeover; server_no_context_takeover
          permessage-deflate; server_max_window_bits=8 | permessage-deflate; client_no_context_takeover; server_max_window_bits=8
          permessage-deflate; server_max_window_bits="10" | permessage-deflate; client_no_context_takeover; server_max_window_bits=10
          permessage-deflate; server_max_window_bits=15 | permessage-deflate; client_no_context_takeover
          permessage-deflate; server_max_window_bits=7 | none
          permessage-deflate; server_max_window_bits=08 | none
          permessage-deflate; server_max_window_bits | none
          permessage-deflate; mystery, permessage-deflate | permessage-deflate; client_no_context_takeover
          permessage-deflate; server_no_context_takeover; server_no_context_takeover | none
          permessage-bzip2 | none
          permessage-deflate;; | none
          """)
  void shouldTakeTheFirstOfferThatItCanKeep(String offers, @Nullable String answer) {
    Compression agreed = Compression.accept(ExtensionList.parse(List.of(offers)), true);
    assertThat(agreed == null ? null : agreed.answer()).isEqualTo(answer);
  }
}
