package gyre.net;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.management.ThreadMXBean;
import gyre.Fiber;
import gyre.FiberMode;
import gyre.Loops;
import gyre.io.ByteRateLimit;
import java.lang.management.ManagementFactory;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.Parameter;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.provider.ValueSource;

/** Exchanges over streams in direct style allocate nothing, whatever the fibers wait for. */
@ParameterizedClass
@Tag("allocation")
@ValueSource(strings = "io_uring") // on epoll it is left to the compiler whether a turn allocates
@Timeout(value = 60, unit = TimeUnit.SECONDS, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class StreamAllocationTest {
  private static final int BYTES = 64;
  private static final int ROUNDS = 2000;

  /** A compiler that is still at work, and a fiber's stack that moves, allocate on the way. */
  private static final int ATTEMPTS_LIMIT = 100;

  @Parameter String engine = "";

  private interface Turn {
    /** One side's part of a round. */
    void take(TcpStream stream) throws Exception;
  }

  /** Without buffers of the JDK, which the compiler may or may not see through. */
  private static void echo(TcpStream stream) {
    if (!stream.await(BYTES)) {
      throw new IllegalStateException("ended");
    }
    stream.write(stream.input());
  }

  private void assertAllocatesNothing(Turn turn) {
    Assumptions.assumeTrue(
        Loops.fiberMode() == FiberMode.NATIVE, "fibers have threads of their own");
    ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
    long self = Thread.currentThread().threadId();
    Loops.run(
        engine,
        () -> {
          try (TcpListener listener = TcpListener.bind("127.0.0.1", 0);
              TcpStream near = TcpStream.connect(listener.address());
              TcpStream far = listener.accept()) {
            near.write(new byte[BYTES]); // goes to and fro
            Fiber<?> other =
                Fiber.start(() -> {
                  while (far.await(1)) {
                    turn.take(far);
                  }
                });
            long least = Long.MAX_VALUE;
            for (int i = 0; i < ATTEMPTS_LIMIT && least >= ROUNDS; i++) {
              long before = threads.getThreadAllocatedBytes(self);
              for (int round = 0; round < ROUNDS; round++) {
                echo(near);
              }
              least = Math.min(least, threads.getThreadAllocatedBytes(self) - before);
            }
            near.shutdownOutput();
            other.join();
            assertThat(least).as("bytes in %s rounds", ROUNDS).isLessThan(ROUNDS);
          }
        });
  }

  @Test
  void shouldAllocateNothingToReadAndWrite() {
    assertAllocatesNothing(StreamAllocationTest::echo);
  }

  @Test
  void shouldAllocateNothingBelowALimitOfItsRate() {
    boolean[] isLimited = new boolean[1];
    assertAllocatesNothing(stream -> {
      if (!isLimited[0]) {
        isLimited[0] = true;
        ByteRateLimit all = ByteRateLimit.create("all", 1_000_000, 10_000); // which is waited for
        stream.limitInput(all.child("in", 1_000_000));
        stream.limitOutput(all.child("out", 1_000_000));
      }
      echo(stream);
    });
  }

  @Test
  void shouldAllocateNothingToWaitForBytes() {
    assertAllocatesNothing(stream -> {
      Fiber.await(stream.readable(BYTES));
      echo(stream);
    });
  }

  @Test
  void shouldAllocateNothingToWaitForTheOutput() {
    assertAllocatesNothing(stream -> {
      echo(stream);
      Fiber.await(stream.drained());
      Fiber.await(stream.writable());
    });
  }
}
