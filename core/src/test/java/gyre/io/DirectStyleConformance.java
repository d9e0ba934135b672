package gyre.io;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import gyre.Fiber;
import gyre.Scope;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.NoSuchElementException;
import org.junit.jupiter.api.Test;

/** Reading and writing in direct style, in units, and by an appender. */
abstract class DirectStyleConformance extends ByteStreamCase {
  // ---- direct style

  @Test
  void shouldCarryBytesInBothDirections() {
    with((near, far) -> {
      near.write("ping");
      assertThat(far.readExactly(4)).isEqualTo(bytes("ping"));
      far.write(bytes("pong"));
      ByteBuffer answer = ByteBuffer.allocate(4);
      near.readFully(answer);
      assertThat(answer.array()).isEqualTo(bytes("pong"));
    });
  }

  @Test
  void shouldPassOnAnEndAndGoOnInTheOtherDirection() {
    with((near, far) -> {
      near.write("last");
      near.shutdownOutput();
      assertThat(readAll(far)).isEqualTo(bytes("last"));
      assertThat(far.read(ByteBuffer.allocate(1))).isEqualTo(-1);
      far.write("answer");
      far.shutdownOutput();
      assertThat(readAll(near)).isEqualTo(bytes("answer"));
    });
  }

  @Test
  void shouldRefuseToWriteAfterTheEndOfOutput() {
    with((near, far) -> {
      near.shutdownOutput();
      assertThatThrownBy(() -> near.write("more")).isInstanceOf(IllegalStateException.class);
    });
  }

  @Test
  void shouldTellOfAReset() {
    if (!tellsResets()) {
      return;
    }
    with((near, far) -> {
      near.reset();
      assertThatThrownBy(() -> far.await(1))
          .isInstanceOfSatisfying(
              IoException.class,
              failure -> {
                assertThat(failure.operation()).isEqualTo("read from");
                assertThat(failure.subject()).isEqualTo(far.name());
                assertThat(failure.errno()).isPositive();
                assertThat(failure.isRemote()).isTrue();
                assertThat(failure).hasMessageStartingWith("read from " + far.name() + ": E");
              });
    });
  }

  @Test
  void shouldHoldBackAWriterWhoseReaderIsSlow() {
    with(
        SMALL,
        (near, far) -> {
          byte[] much = pattern(1 << 20);
          long[] most = {0};
          try (Scope scope = Scope.open("writer")) {
            Fiber<?> writer =
                scope.start(() -> {
                  for (int at = 0; at < much.length; at += 1024) {
                    near.write(much, at, 1024);
                    most[0] = Math.max(most[0], near.pendingOutputBytes());
                  }
                  near.shutdownOutput();
                });
            far.await(1);
            assertThat(writer.isAlive()).isTrue();
            assertThat(readAll(far)).isEqualTo(much);
            scope.join();
          }
          assertThat(most[0]).isBetween(1L, 4096L + 1024);
        });
  }

  // ---- reading in units

  /** Whether more is sent than was written, which counts where rates are limited. */
  protected boolean addsBytes() {
    return false;
  }

  @Test
  void shouldCarryEveryByteBelowLimitsOfTheRate() {
    with((near, far) -> {
      byte[] all = pattern(200_000);
      ByteRateLimit limit = ByteRateLimit.create("both", 20_000_000, 10_000);
      near.limitOutput(limit.child("out", 20_000_000));
      far.limitInput(limit.child("in", 20_000_000));
      try (Scope scope = Scope.open("writer")) {
        scope.start(() -> {
          near.write(all);
          near.shutdownOutput();
        });
        assertThat(readAll(far)).isEqualTo(all);
      }
      if (addsBytes()) {
        assertThat(limit.movedBytes()).isGreaterThan(2L * all.length);
      } else {
        assertThat(limit.movedBytes()).isEqualTo(2L * all.length);
      }
      assertThat(limit.waiting()).isZero();
    });
  }

  @Test
  void shouldReadLinesHoweverTheyCome() {
    with((near, far) -> {
      try (Scope scope = Scope.open("writer")) {
        scope.start(() -> {
          for (byte one : bytes("first\nsecond\r\n\nfünf\r\r\n")) {
            near.write(new byte[] {one});
            near.flush();
          }
          near.write("a\nb\nc\n");
          near.shutdownOutput();
        });
        List<String> lines = new ArrayList<>();
        for (String line = far.readLine(20); line != null; line = far.readLine(20)) {
          lines.add(line);
        }
        assertThat(lines).containsExactly("first", "second", "", "fünf\r", "a", "b", "c");
        scope.join();
      }
    });
  }

  @Test
  void shouldRefuseALineThatIsTooLongAndGoOn() {
    with((near, far) -> {
      near.write("12345678\nnext\n");
      assertThat(far.readLine(9)).isEqualTo("12345678");
      near.write("123456789\n");
      assertThat(far.readLine(9)).isEqualTo("next");
      assertThatThrownBy(() -> far.readLine(9))
          .isInstanceOf(LimitExceededException.class)
          .hasMessage("read from " + far.name() + ": the end of a line is not within 9 bytes");
      far.write("sorry\n");
      assertThat(near.readLine(9)).isEqualTo("sorry");
      assertThat(far.readLine(10)).isEqualTo("123456789");
    });
  }

  @Test
  void shouldNotWaitForMoreOfALineThanTheLimit() {
    with((near, far) -> {
      near.write("123456789");
      assertThatThrownBy(() -> far.readLine(9)).isInstanceOf(LimitExceededException.class);
      assertThatThrownBy(() -> far.readUntil((byte) ';', 4))
          .isInstanceOf(LimitExceededException.class);
      assertThatThrownBy(() -> far.readUntil(bytes("--"), 5))
          .isInstanceOf(LimitExceededException.class);
    });
  }

  @Test
  void shouldRefuseALimitThatTheStreamCannotHold() {
    with((near, far) -> {
      int limit = far.awaitLimitBytes();
      assertThatThrownBy(() -> far.readLine(limit + 1))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessageContaining(far.name());
      assertThatThrownBy(() -> far.readExactly(limit + 1))
          .isInstanceOf(IllegalArgumentException.class);
      assertThatThrownBy(() -> far.readLine(0)).isInstanceOf(IllegalArgumentException.class);
      near.write("x".repeat(limit - 1) + "\n");
      assertThat(far.readLine(limit)).hasSize(limit - 1);
    });
  }

  /** As tools for text do; the lines are gone on with by whoever asks next. */
  @Test
  void shouldTakeTheRestForALineWhereAllLinesAreAskedFor() {
    with((near, far) -> {
      near.write("first\r\n\nthird\nno end");
      near.shutdownOutput();
      for (String line : far.lines(20)) {
        assertThat(line).isEqualTo("first");
        break;
      }
      assertThat(far.readLine(20)).isEmpty();
      assertThat(far.lines(20)).containsExactly("third", "no end");
      assertThat(far.lines(20)).isEmpty();
      assertThat(far.readLine(20)).isNull();
    });
  }

  @Test
  void shouldRefuseALineThatIsTooLongAmongAllLines() {
    with((near, far) -> {
      near.write("12345678\n123456789");
      near.shutdownOutput();
      Iterator<String> lines = far.lines(9).iterator();
      assertThat(lines.next()).isEqualTo("12345678");
      assertThatThrownBy(lines::next).isInstanceOf(LimitExceededException.class);
      assertThat(far.lines(10)).containsExactly("123456789");
      assertThatThrownBy(lines::next).isInstanceOf(NoSuchElementException.class);
    });
  }

  @Test
  void shouldTellOfAnEndWithinALineAndLeaveItsBeginning() {
    with((near, far) -> {
      near.write("whole\npart");
      near.shutdownOutput();
      assertThat(far.readLine(20)).isEqualTo("whole");
      assertThatThrownBy(() -> far.readLine(20))
          .isInstanceOf(EndOfStreamException.class)
          .hasMessage(
              "read from " + far.name() + ": ended after 4 bytes, before the end of a line");
      assertThatThrownBy(() -> far.readExactly(5)).isInstanceOf(EndOfStreamException.class);
      assertThat(far.readExactly(4)).isEqualTo(bytes("part"));
      assertThat(far.readLine(20)).isNull();
      assertThat(far.readUntil((byte) 0, 20)).isNull();
      assertThat(far.awaitMore()).isFalse();
    });
  }

  @Test
  void shouldReadUpToADelimiterThatComesInPieces() {
    with((near, far) -> {
      try (Scope scope = Scope.open("writer")) {
        scope.start(() -> {
          for (byte one : bytes("a=1&b=2;;\r\r\n\r\n!")) {
            near.write(new byte[] {one});
            near.flush();
          }
        });
        assertThat(far.readUntil((byte) '&', 100)).isEqualTo(bytes("a=1"));
        int end = far.awaitIndexOf(bytes("\r\n\r\n"), 100);
        assertThat(end).isEqualTo(6);
        assertThat(far.input().readString(end, StandardCharsets.US_ASCII)).isEqualTo("b=2;;\r");
        assertThat(far.readUntil(bytes("\r\n\r\n"), 4)).isEmpty();
        assertThat(far.readExactly(1)).isEqualTo(bytes("!"));
        scope.join();
      }
    });
  }

  @Test
  void shouldAwaitMoreThanThereIs() {
    with((near, far) -> {
      near.write("a");
      assertThat(far.await(1)).isTrue();
      Fiber<?> sender = Fiber.start(() -> near.write("b"));
      long before = far.input().size();
      assertThat(far.awaitMore()).isTrue();
      assertThat(far.input().size()).isGreaterThan(before);
      sender.join();
      near.shutdownOutput();
      while (far.awaitMore()) {
        assertThat(far.input().size()).isLessThanOrEqualTo(2);
      }
      assertThat(readAll(far)).isEqualTo(bytes("ab"));
    });
  }

  @Test
  void shouldConsumeNothingInAReadThatIsCancelled() {
    with((near, far) -> {
      near.write("part of a li");
      far.await(12);
      assertLate(() -> far.readLine(100));
      assertLate(() -> far.readExactly(13));
      assertLate(() -> far.readUntil(bytes("line"), 100));
      assertLate(() -> far.awaitMore());
      near.write("ne\n");
      assertThat(far.readLine(100)).isEqualTo("part of a line");
    });
  }

  // ---- appending

  @Test
  void shouldAppendWhatAQueueWould() {
    with((near, far) -> {
      append(near.output());
      near.shutdownOutput();
      try (ByteQueue queue = ByteQueue.create()) {
        append(queue);
        assertThat(readAll(far)).isEqualTo(queue.take((int) queue.size()));
      }
    });
  }

  private static void append(ByteAppender out) {
    out.appendByte(200);
    out.appendShort(0x1234);
    out.appendShortLE(0x1234);
    out.appendInt(0x12345678);
    out.appendIntLE(0x12345678);
    out.appendLong(0x123456789ABCDEF0L);
    out.appendLongLE(0x123456789ABCDEF0L);
    for (long value : new long[] {0, -1, 10, Long.MAX_VALUE, Long.MIN_VALUE}) {
      out.appendDecimal(value);
    }
    out.append("ascii");
    out.append("grüße \ud83d\ude00 \ud83d");
    out.append("");
    out.append("y".repeat(600));
    out.append("ü".repeat(3000));
    out.append(bytes("bytes"));
    out.append(bytes("bytes"), 1, 2);
    out.append(ByteBuffer.wrap(bytes("buffer")));
    try (ByteQueue queue = ByteQueue.create()) {
      queue.append("queue");
      out.append(queue);
      assertThat(queue.isEmpty()).isTrue();
    }
  }

  @Test
  void shouldHoldBackAnAppenderWhoseReaderIsSlow() {
    with(
        SMALL,
        (near, far) -> {
          int numbers = 100_000;
          long[] most = {0};
          try (Scope scope = Scope.open("writer")) {
            scope.start(() -> {
              ByteAppender out = near.output();
              for (int i = 0; i < numbers; i++) {
                out.appendDecimal(i);
                out.append("\n");
                most[0] = Math.max(most[0], near.pendingOutputBytes());
              }
              near.shutdownOutput();
            });
            for (int i = 0; i < numbers; i++) {
              int end = far.awaitIndexOf((byte) '\n', 20);
              assertThat(far.input().readDecimal(end)).isEqualTo(i);
              far.input().drain(1);
            }
            assertThat(far.awaitMore()).isFalse();
            scope.join();
          }
          assertThat(most[0]).isBetween(1L, 4096L + 20);
        });
  }
}
