package gyre.io.codec;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import gyre.io.ByteQueue;
import gyre.io.Codec;
import gyre.io.DecodeException;
import gyre.io.Decoder;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** What is wrong is told by place and reason, and what would be wrong is not written. */
@Tag("denied-native-access")
class FramingErrorTest {
  private static byte[] bytes(String text) {
    return text.getBytes(StandardCharsets.ISO_8859_1);
  }

  private static DecodeException failure(Framing framing, String input) {
    Decoder<byte[]> decoder = framing.bytes().decoder();
    try (ByteQueue queue = ByteQueue.create()) {
      queue.append(bytes(input));
      DecodeException failure =
          catchThrowableOfType(
              DecodeException.class,
              () -> {
                while (decoder.decode(queue) != null) {
                  assertThat(queue.isEmpty()).isFalse();
                }
              });
      assertThat(failure).as("none for %s", input).isNotNull();
      return failure;
    }
  }

  private static void assertMalformed(Framing framing, String input, long offset, String detail) {
    DecodeException failure = failure(framing, input);
    assertThat(failure).hasMessageContaining(detail);
    assertThat(failure.offset()).isEqualTo(offset);
    assertThat(failure.isTooLong()).isFalse();
  }

  private static void assertTooLong(Framing framing, String input, long offset, String detail) {
    DecodeException failure = failure(framing, input);
    assertThat(failure).hasMessageContaining(detail);
    assertThat(failure.offset()).isEqualTo(offset);
    assertThat(failure.isTooLong()).isTrue();
  }

  @Test
  void shouldNamePlaceAndReason() {
    assertThat(failure(Framing.netstrings(100), "2:ab,5x"))
        .hasMessage("decode netstring: byte 6: a digit or ':' expected in the length, not 'x'");
    assertMalformed(Framing.netstrings(100), ":", 0, "a digit expected");
    assertMalformed(Framing.netstrings(100), "05:", 0, "begins with a zero");
    assertMalformed(Framing.netstrings(100), "2:ab;", 4, "',' expected at the end, not ';'");
    assertMalformed(Framing.netstrings(100), "2:ab\0", 4, "not 0x0");
    assertMalformed(Framing.lengthPrefix(2, 9).countsItself(), "\0\2\0\1", 2, "at least 2");
    assertMalformed(Framing.varintPrefix(100), "\u0080\u0080\u0080\u0080\u0080", 0, "more than 5");
    assertMalformed(Framing.cobs(100), "\2a\0\2b\0\5abc\0", 6, "exceeds its frame");
  }

  @Test
  void shouldRefuseWhatIsTooLongBeforeItHasCome() {
    assertTooLong(Framing.netstrings(100), "0:,101", 3, "at least 101 exceeds the limit of 100");
    assertTooLong(Framing.lengthPrefix(4, 100), "\0\0\0\1a\0\0\0e", 5, "length 101 exceeds");
    assertTooLong(Framing.lengthPrefix(8, 100), "\u00ff".repeat(8), 0, "18446744073709551615");
    assertTooLong(Framing.lengthPrefix(8, 100).countsItself(), "\u00ff".repeat(8), 0, "exceeds");
    assertTooLong(Framing.varintPrefix(100), "e", 0, "exceeds the limit of 100 bytes");
    assertTooLong(Framing.lines(4), "abc\nabcd", 4, "no end of line within 4 bytes");
    assertTooLong(Framing.delimiter(bytes("||"), 4), "ab||abc|", 4, "no delimiter within 4 bytes");
    assertTooLong(Framing.cobs(2), "abcdef", 0, "no zero byte within 4 bytes");
    assertTooLong(
        Framing.chunked(Framing.lengthPrefix(1, 9), 3), "\1a\0\2bc\2de", 3, "limit of 3 bytes");
  }

  @Test
  void shouldThrowAgainWhenItIsAskedAgain() {
    for (Framing framing :
        new Framing[] {
          Framing.netstrings(9), Framing.lines(3), Framing.chunked(Framing.netstrings(9), 1)
        }) {
      Decoder<byte[]> decoder = framing.bytes().decoder();
      try (ByteQueue queue = ByteQueue.create()) {
        queue.append(bytes("2:ab,1:;;"));
        for (int i = 0; i < 3; i++) {
          assertThatThrownBy(
                  () -> {
                    while (decoder.decode(queue) != null) {
                      assertThat(queue.isEmpty()).isFalse();
                    }
                  })
              .isInstanceOf(DecodeException.class);
        }
        decoder.discard();
      }
    }
  }

  @Test
  void shouldFindTheNextCobsFrameBehindABrokenOne() {
    Decoder<String> decoder = Framing.cobs(100).text(StandardCharsets.UTF_8).decoder();
    try (ByteQueue queue = ByteQueue.create()) {
      queue.append(bytes("lost\0\0\3ok\0"));
      assertThatThrownBy(() -> decoder.decode(queue)).isInstanceOf(DecodeException.class);
      assertThat(decoder.decode(queue)).isEqualTo("ok");
    }
  }

  @Test
  void shouldNotWriteWhatWouldBeReadOtherwise() {
    assertRefused(Framing.lines(10), "a\nb", "line feed");
    assertRefused(Framing.lines(10), "a\r", "carriage return");
    assertRefused(Framing.lines(3), "abc", "exceeds the limit of 3");
    assertRefused(Framing.delimiter(bytes("||"), 10), "a||b", "delimiter in it");
    assertRefused(Framing.delimiter(bytes("||"), 10), "a|", "delimiter in it");
    assertRefused(Framing.fixed(3), "ab", "all have 3");
    assertRefused(Framing.lengthPrefix(1, 300), "x".repeat(256), "unsigned number of 1 bytes");
    assertRefused(Framing.lengthPrefix(1, 300).adjustment(2), "a", "the length -1");
    assertRefused(Framing.netstrings(2), "abc", "exceeds the limit of 2");
    assertRefused(Framing.chunked(Framing.netstrings(2), 3), "abcd", "exceeds the limit of 3");
  }

  private static void assertRefused(Framing framing, String message, String reason) {
    try (ByteQueue queue = ByteQueue.create()) {
      queue.append("before");
      assertThatThrownBy(
              () -> framing.text(StandardCharsets.UTF_8).encoder().encode(message, queue))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessageContaining(reason);
      assertThat(queue.take((int) queue.size())).isEqualTo(bytes("before"));
    }
  }

  @Test
  void shouldRefuseOptionsThatMakeNoSense() {
    assertThatThrownBy(() -> Framing.lines(0)).isInstanceOf(IllegalArgumentException.class);
    assertThatThrownBy(() -> Framing.lengthPrefix(9, 1))
        .isInstanceOf(IllegalArgumentException.class);
    assertThatThrownBy(() -> Framing.delimiter(new byte[0], 1))
        .isInstanceOf(IllegalArgumentException.class);
    assertThatThrownBy(() -> Framing.chunked(Framing.fixed(3), 9))
        .isInstanceOf(IllegalArgumentException.class);
  }

  @Test
  void shouldGoOnBehindABodyThatThrows() {
    Codec<Integer, Integer> numbers =
        Framing.lines(20).text(StandardCharsets.UTF_8).map(Integer::valueOf, Object::toString);
    Decoder<Integer> decoder = numbers.decoder();
    Decoder<String> failing =
        Framing.lines(20)
            .decoder((input, bytes) -> {
              if (input.readByte() == 'x') {
                throw new IllegalStateException("x");
              }
              return "fine";
            });
    try (ByteQueue queue = ByteQueue.create()) {
      queue.append("1\nx\r\n3\n");
      assertThat(decoder.decode(queue)).isEqualTo(1);
      assertThatThrownBy(() -> decoder.decode(queue)).isInstanceOf(NumberFormatException.class);
      assertThat(decoder.decode(queue)).isEqualTo(3);
      queue.append("x1\r\nabcd\n");
      assertThatThrownBy(() -> failing.decode(queue)).hasMessage("x");
      assertThat(failing.decode(queue)).isEqualTo("fine");
      assertThat(queue.isEmpty()).isTrue();
    }
  }

  @Test
  void shouldTellABodyThatConsumesTooMuch() {
    Decoder<byte[]> greedy = Framing.lines(20).decoder((input, bytes) -> input.take(bytes + 2));
    try (ByteQueue queue = ByteQueue.create()) {
      queue.append("one\ntwo\n");
      assertThatThrownBy(() -> greedy.decode(queue))
          .isInstanceOf(IllegalStateException.class)
          .hasMessageContaining("2 bytes beyond its frame");
    }
  }
}
