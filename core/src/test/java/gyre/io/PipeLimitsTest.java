package gyre.io;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import gyre.Fiber;
import gyre.Loop;
import gyre.Loops;
import gyre.Scope;
import gyre.net.TcpListener;
import gyre.net.TcpStream;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.Parameter;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.provider.ValueSource;

/** A proxy as one call. */
@Tag("fiber-modes")
@ParameterizedClass
@ValueSource(strings = {"io_uring", "epoll", "nio"})
@Timeout(value = 60, unit = TimeUnit.SECONDS, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class PipeLimitsTest {
  private static final long SECOND = 1_000_000_000L;
  private static final int RESETS = 334; // on each of three engines

  @Parameter String engine = "";

  /** The time is an argument, so that no test has to wait. */
  @Test
  void shouldPassOnNoMoreThanTheRate() {
    for (int seed = 0; seed < 50; seed++) {
      Random random = new Random(seed);
      long rate = 10L + random.nextInt(100_000);
      ByteRate bucket = new ByteRate(rate, 0);
      long now = 0;
      long passed = 0;
      while (now < 20 * SECOND) {
        long taken = bucket.take(1 + random.nextInt(5000), now);
        passed += taken;
        now += taken == 0 ? bucket.waitNanos(now) : random.nextInt(1_000_000);
      }
      assertThat(passed)
          .as("seed %s", seed)
          .isLessThanOrEqualTo(rate * (now / SECOND + 1) + rate / 10 + 1);
      assertThat(bucket.take(1, now + SECOND)).as("goes on").isEqualTo(1);
    }
  }

  @Test
  void shouldWaitUntilThereIsSomethingToTake() {
    ByteRate bucket = new ByteRate(1000, 0);
    assertThat(bucket.take(500, 0)).isEqualTo(100);
    assertThat(bucket.take(500, 0)).isZero();
    long wait = bucket.waitNanos(0);
    assertThat(bucket.take(500, wait)).isEqualTo(50);
    assertThat(bucket.take(500, wait + 10 * SECOND)).as("a pause saves a tenth").isEqualTo(100);
  }

  @Test
  void shouldRefuseLimitsThatMakeNoSense() {
    for (long rate : new long[] {-1, Long.MAX_VALUE}) {
      assertThatThrownBy(() -> PipeLimits.none().bytesPerSecond(rate))
          .isInstanceOf(IllegalArgumentException.class);
    }
    assertThatThrownBy(() -> PipeLimits.none().idleTimeout(Duration.ofSeconds(-1)))
        .isInstanceOf(IllegalArgumentException.class);
  }

  private interface Ends {
    void run(TcpStream client, TcpStream server, Fiber<Pipe> proxy) throws Exception;
  }

  /** A client and a server with a proxy between them. */
  private static void through(TcpListener listener, PipeLimits limits, Ends ends) throws Exception {
    try (Scope scope = Scope.open("proxied")) {
      TcpStream client = TcpStream.connect(listener.address());
      TcpStream left = listener.accept();
      TcpStream right = TcpStream.connect(listener.address());
      TcpStream server = listener.accept();
      Fiber<Pipe> proxy =
          scope.call(() -> {
            Pipe pipe = Pipe.between(left, right, limits);
            try {
              pipe.run();
            } catch (IoException e) {
              assertThat(left.isOpen() || right.isOpen()).isFalse();
            }
            return pipe;
          });
      ends.run(client, server, proxy);
    }
  }

  @Test
  void shouldPassOnTheEndAndCountExactly() {
    byte[] answer = new byte[3_000_000];
    new Random(7).nextBytes(answer);
    Loops.run(
        engine,
        () -> {
          try (TcpListener listener = TcpListener.bind("127.0.0.1", 0)) {
            through(
                listener,
                PipeLimits.none().bytesPerSecond(1L << 32).idleTimeout(Duration.ofMinutes(1)),
                (client, server, proxy) -> {
                  client.write("question\n");
                  client.shutdownOutput();
                  assertThat(server.readLine(100)).isEqualTo("question");
                  assertThat(server.await(1)).as("the half-close has arrived").isFalse();
                  Fiber<?> writer =
                      Fiber.start(() -> {
                        server.write(answer);
                        server.shutdownOutput();
                      });
                  ByteBuffer received = ByteBuffer.allocate(answer.length);
                  client.readFully(received);
                  assertThat(received.array()).isEqualTo(answer);
                  assertThat(client.await(1)).isFalse();
                  Fiber.await(writer.end());
                  Pipe pipe = proxy.join();
                  assertThat(pipe.bytesToRight()).isEqualTo(9);
                  assertThat(pipe.bytesToLeft()).isEqualTo(answer.length);
                });
          }
        });
  }

  @Test
  void shouldSlowDownWhatExceedsTheRate() {
    Loops.run(
        engine,
        () -> {
          try (TcpListener listener = TcpListener.bind("127.0.0.1", 0)) {
            through(
                listener,
                PipeLimits.none().bytesPerSecond(1_000_000),
                (client, server, proxy) -> {
                  client.write(new byte[150_000]);
                  client.shutdownOutput();
                  server.readFully(ByteBuffer.allocate(150_000));
                  server.shutdownOutput();
                  assertThat(proxy.join().bytesToRight()).isEqualTo(150_000);
                });
          }
        });
  }

  @Test
  void shouldLeaveNothingAfterManyResets() {
    Loops.run(
        engine,
        () -> {
          try (TcpListener listener = TcpListener.bind("127.0.0.1", 0)) {
            int before = Loop.current().handles().size();
            for (int i = 0; i < RESETS; i++) {
              boolean isLeft = i % 2 == 0;
              boolean isUnderWay = i % 3 == 0;
              through(
                  listener,
                  PipeLimits.none(),
                  (client, server, proxy) -> {
                    if (isUnderWay) {
                      client.write("half");
                      assertThat(server.await(1)).isTrue();
                    }
                    (isLeft ? client : server).reset();
                    assertThat(proxy.join().isRunning()).isFalse();
                  });
              assertThat(Loop.current().handles()).hasSize(before);
            }
          }
        });
  }
}
