package gyre.io;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import gyre.Cancellation;
import gyre.DeadlineExceededException;
import gyre.Fiber;
import gyre.Loops;
import gyre.Scope;
import gyre.io.codec.Framing;
import gyre.net.ListenOptions;
import gyre.net.StreamOptions;
import gyre.net.TcpListener;
import gyre.net.TcpStream;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.Parameter;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.provider.ValueSource;

@Tag("fiber-modes")
@ParameterizedClass
@ValueSource(strings = {"io_uring", "epoll", "nio"})
@Timeout(value = 30, unit = TimeUnit.SECONDS, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class MessageStreamTest {
  private static final Codec<String, String> LINES =
      Framing.lines(4096).text(StandardCharsets.UTF_8);
  private static final StreamOptions SMALL =
      StreamOptions.defaults().inputLimitBytes(4096).outputLimitBytes(4096);

  @Parameter String engine = "";

  private interface Body {
    void run(TcpStream left, TcpStream right) throws Exception;
  }

  /** Two ends of a connection. */
  private void connected(Body body) {
    Loops.run(
        engine,
        () -> {
          ListenOptions options = ListenOptions.defaults().stream(SMALL);
          try (TcpListener listener = TcpListener.bind("127.0.0.1", 0, options);
              TcpStream left = TcpStream.connect(listener.address(), SMALL);
              TcpStream right = listener.accept()) {
            body.run(left, right);
          }
        });
  }

  @Test
  void shouldGiveWhatWasSent() {
    List<String> sent = IntStream.range(0, 500).mapToObj(i -> i + "x".repeat(i * 7)).toList();
    connected((left, right) -> {
      List<String> received = new ArrayList<>();
      try (Scope scope = Scope.open("peers");
          MessageStream<String, String> out = MessageStream.over(left, LINES);
          MessageStream<String, String> in = MessageStream.over(right, LINES)) {
        scope.start(() -> {
          sent.forEach(out::send);
          out.shutdownOutput();
        });
        for (String line : in) {
          received.add(line);
        }
        assertThat(in.receive()).isNull();
        scope.join();
      }
      assertThat(received).isEqualTo(sent);
    });
  }

  @Test
  void shouldTellAnEndWithinAMessage() {
    connected((left, right) -> {
      left.write("whole\npart");
      left.shutdownOutput();
      MessageStream<String, String> in = MessageStream.over(right, LINES);
      assertThat(in.receive()).isEqualTo("whole");
      assertThatThrownBy(in::receive)
          .isInstanceOf(EndOfStreamException.class)
          .hasMessageContaining("within a message")
          .hasMessageContaining(right.name());
      assertThat(right.input().readString(4, StandardCharsets.UTF_8)).isEqualTo("part");
    });
  }

  /** The parts that came are the decoder's, and the stream has nothing that is unread. */
  @Test
  void shouldTellAnEndBetweenPartsOfAMessage() {
    Codec<byte[], byte[]> chunked = Framing.chunked(Framing.netstrings(100), 1000).bytes();
    connected((left, right) -> {
      left.write("3:abc,");
      left.shutdownOutput();
      try (MessageStream<byte[], byte[]> in = MessageStream.over(right, chunked)) {
        assertThatThrownBy(in::receive).isInstanceOf(EndOfStreamException.class);
      }
    });
  }

  @Test
  void shouldPassMessagesLongerThanAStreamHoldsInParts() {
    Codec<byte[], byte[]> chunked = Framing.chunked(Framing.lengthPrefix(2, 1000), 1 << 20).bytes();
    byte[] message = new byte[100_000];
    message[99_999] = 7;
    connected((left, right) -> {
      try (Scope scope = Scope.open("peers");
          MessageStream<byte[], byte[]> out = MessageStream.over(left, chunked);
          MessageStream<byte[], byte[]> in = MessageStream.over(right, chunked)) {
        scope.start(() -> out.send(message));
        assertThat(in.receive()).isEqualTo(message);
        scope.join();
      }
    });
  }

  @Test
  void shouldNameTheStreamOfBytesThatAreNoMessage() {
    Codec<byte[], byte[]> netstrings = Framing.netstrings(100).bytes();
    connected((left, right) -> {
      left.write("1:a,101");
      MessageStream<byte[], byte[]> in = MessageStream.over(right, netstrings);
      assertThat(in.receive()).hasSize(1);
      assertThatThrownBy(in::receive)
          .isInstanceOfSatisfying(
              DecodeException.class,
              e -> {
                assertThat(e.offset()).isEqualTo(4);
                assertThat(e.isTooLong()).isTrue();
                assertThat(e.isRemote()).isTrue();
              })
          .hasMessageContaining("netstring of " + right.name() + ": byte 4: ");
    });
  }

  @Test
  void shouldRefuseALimitThatTheStreamCannotHold() {
    Codec<byte[], byte[]> large = Framing.lengthPrefix(4, 1 << 20).bytes();
    connected((left, right) ->
        assertThatThrownBy(() -> MessageStream.over(right, large))
            .isInstanceOf(IllegalArgumentException.class)
            .hasMessageContaining("inputLimitBytes"));
  }

  @Test
  void shouldLoseNothingByACancelledReceive() {
    connected((left, right) -> {
      MessageStream<String, String> in = MessageStream.over(right, LINES);
      for (int i = 0; i < 20; i++) {
        left.write("begin");
        assertThatThrownBy(() -> Cancellation.within(Duration.ofMillis(1), in::receive))
            .isInstanceOf(DeadlineExceededException.class);
        left.write("ning " + i + "\nand more");
        assertThat(in.receive()).endsWith("beginning " + i);
      }
    });
  }

  @Test
  void shouldTimeAMessageThatComesByteByByte() {
    connected((left, right) -> {
      MessageStream<String, String> in = MessageStream.over(right, LINES);
      in.messageTimeout(Duration.ofMillis(40));
      Fiber<Boolean> drip =
          Scope.current()
              .call(() -> {
                try {
                  while (true) {
                    left.write("x");
                    Fiber.sleep(Duration.ofMillis(5));
                  }
                } catch (IoException e) {
                  return true;
                }
              });
      assertThatThrownBy(in::receive)
          .isInstanceOf(MessageTimeoutException.class)
          .hasMessageContaining("not whole within 40 ms");
      assertThat(drip.isAlive()).isTrue();
      right.reset();
      assertThat(drip.join()).isTrue();
    });
  }

  private static String numbered(int number) {
    return number + "y".repeat(number % 2 == 0 ? 100 : 4000);
  }

  @Test
  void shouldSendAllOfAMessageThoughItsSendWasCancelled() {
    connected((left, right) -> {
      List<String> received = new ArrayList<>();
      try (MessageStream<String, String> out = MessageStream.over(left, LINES);
          MessageStream<String, String> in = MessageStream.over(right, LINES)) {
        int[] taken = {0};
        assertThatThrownBy(() ->
                Cancellation.within(
                    Duration.ofMillis(50),
                    () -> {
                      while (true) {
                        Cancellation.current().check(); // a send that does not begin takes nothing
                        out.send(numbered(taken[0]++));
                      }
                    }))
            .isInstanceOf(DeadlineExceededException.class);
        try (Scope scope = Scope.open("rest")) {
          scope.start(() -> {
            out.send("after");
            out.shutdownOutput();
          });
          in.forEach(received::add);
          scope.join();
        }
        assertThat(received.removeLast()).isEqualTo("after");
        assertThat(received)
            .isEqualTo(IntStream.range(0, taken[0]).mapToObj(MessageStreamTest::numbered).toList());
      }
    });
  }

  @Test
  void shouldRefuseASecondSender() {
    connected((left, right) -> {
      MessageStream<String, String> out = MessageStream.over(left, LINES);
      String line = "z".repeat(4000);
      Fiber<Boolean> first =
          Scope.current()
              .call(() -> {
                try {
                  while (true) {
                    out.send(line);
                  }
                } catch (IoException e) {
                  return true;
                }
              });
      while (left.isWritable()) {
        Fiber.sleep(Duration.ofMillis(1));
      }
      assertThatThrownBy(() -> out.send("me too"))
          .isInstanceOf(IllegalStateException.class)
          .hasMessageContaining("already");
      right.reset();
      assertThat(first.join()).isTrue();
    });
  }
}
