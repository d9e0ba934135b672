package gyre.net;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import gyre.Fiber;
import gyre.Loops;
import gyre.Scope;
import gyre.io.ByteQueue;
import gyre.io.ByteRateLimit;
import gyre.io.ByteStream;
import gyre.io.DataHandler;
import gyre.sync.Latch;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.Parameter;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Streams below limits of their rate on real engines; how fast they are is shown in simulations.
 */
@Tag("fiber-modes")
@ParameterizedClass
@ValueSource(strings = {"io_uring", "epoll", "nio"})
@Timeout(value = 60, unit = TimeUnit.SECONDS, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class StreamRateTest {
  private static final int STREAMS = 10;
  private static final int BYTES = 300_000;
  private static final long FAST = 20_000_000;

  @Parameter String engine = "";

  private static byte[] pattern(int stream) {
    byte[] bytes = new byte[BYTES];
    for (int i = 0; i < BYTES; i++) {
      bytes[i] = (byte) (i * 31 + stream);
    }
    return bytes;
  }

  private static void check(ByteQueue in, byte[] expected, int[] at) {
    int bytes = (int) in.size();
    assertThat(in.take(bytes)).isEqualTo(Arrays.copyOfRange(expected, at[0], at[0] + bytes));
    at[0] += bytes;
  }

  @Test
  void shouldMoveEveryByteOnceBelowLimitsThatOthersShare() {
    Loops.run(
        engine,
        () -> {
          ByteRateLimit in = ByteRateLimit.create("in", FAST, 50_000);
          ByteRateLimit out = ByteRateLimit.create("out", FAST, 50_000);
          Latch ended = Latch.create("ended", STREAMS);
          try (TcpListener listener = TcpListener.bind("127.0.0.1", 0);
              Scope scope = Scope.open("both sides")) {
            for (int i = 0; i < STREAMS; i++) {
              TcpStream near = TcpStream.connect(listener.address());
              TcpStream far = listener.accept();
              near.limitOutput(out.child("own", FAST / 2));
              far.limitInput(in);
              byte[] expected = pattern(i);
              scope.start(() -> {
                near.write(expected);
                near.close();
              });
              receive(scope, far, i % 2 == 0, expected, ended);
            }
            ended.await();
            scope.join();
          }
          assertThat(out.movedBytes()).isEqualTo(STREAMS * BYTES);
          assertThat(in.movedBytes()).isEqualTo(STREAMS * BYTES);
          assertThat(in.waiting() + out.waiting()).isZero();
        });
  }

  private static void receive(
      Scope scope, TcpStream stream, boolean isDirect, byte[] expected, Latch ended) {
    int[] at = new int[1];
    if (isDirect) {
      scope.start(() -> {
        while (stream.await(1)) {
          check(stream.input(), expected, at);
        }
        assertThat(at[0]).isEqualTo(BYTES);
        stream.close();
        ended.countDown();
      });
      return;
    }
    stream.onData(
        new DataHandler() {
          @Override
          public void onData(ByteQueue in) {
            check(in, expected, at);
          }

          @Override
          public void onEnd(ByteStream self) {
            assertThat(at[0]).isEqualTo(BYTES);
            self.close();
            ended.countDown();
          }
        });
  }

  @Test
  void shouldReceiveNoMoreThanTheBurstAndWhatTheEngineHadAlready() {
    Loops.run(
        engine,
        () -> {
          try (TcpListener listener = TcpListener.bind("127.0.0.1", 0);
              TcpStream near = TcpStream.connect(listener.address());
              TcpStream far = listener.accept()) {
            ByteRateLimit limit = ByteRateLimit.create("slow", 1, 1_000);
            far.limitInput(limit);
            near.write(new byte[100_000]);
            far.await(1_000);
            for (int i = 0; i < 100; i++) {
              Fiber.yield();
            }
            assertThat(far.input().size()).isBetween(1_000L, 1_100L);
            assertThat(limit.waiting()).isEqualTo(1);
            limit.change(FAST, FAST);
            far.await(100_000);
            assertThat(limit.movedBytes()).isEqualTo(100_000);
          }
        });
  }

  @Test
  void shouldLeaveALimitForAnotherOneWhileItSends() {
    Loops.run(
        engine,
        () -> {
          try (TcpListener listener = TcpListener.bind("127.0.0.1", 0);
              TcpStream near = TcpStream.connect(listener.address());
              TcpStream far = listener.accept();
              Scope scope = Scope.open("writer")) {
            List<ByteRateLimit> limits = new ArrayList<>();
            scope.start(() -> {
              near.write(new byte[BYTES]);
              near.shutdownOutput();
            });
            long all = 0;
            while (far.await(1)) {
              all += far.input().size();
              far.input().clear();
              ByteRateLimit next = ByteRateLimit.create("next", FAST, 10_000);
              limits.add(next);
              near.limitOutput(next);
              far.limitInput(next);
            }
            assertThat(all).isEqualTo(BYTES);
            assertThat(limits).allMatch(limit -> limit.waiting() == 0);
          }
        });
  }

  @Test
  void shouldRefuseALimitOfAnotherLoop() {
    ByteRateLimit[] foreign = new ByteRateLimit[1];
    Loops.run(engine, () -> foreign[0] = ByteRateLimit.create("foreign", 1));
    Loops.run(
        engine,
        () -> {
          try (TcpListener listener = TcpListener.bind("127.0.0.1", 0);
              TcpStream near = TcpStream.connect(listener.address())) {
            assertThatThrownBy(() -> near.limitOutput(foreign[0]))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("is for streams of");
            assertThatThrownBy(() -> near.limitInput(foreign[0]))
                .hasMessageContaining("byte rate limit foreign");
          }
        });
  }
}
