package gyre.sync;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.management.ThreadMXBean;
import gyre.Fiber;
import gyre.FiberMode;
import gyre.Loops;
import java.lang.management.ManagementFactory;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Messages within a loop, and locks, allocate nothing, whether anybody waits or not. */
@Tag("allocation")
@Timeout(value = 60, unit = TimeUnit.SECONDS, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class ChannelAllocationTest {
  private static final int ROUNDS = 2_000;
  private static final Integer ITEM = 1;

  /** A compiler that is still at work, and a fiber's stack that moves, allocate on the way. */
  private static final int ATTEMPTS_LIMIT = 100;

  private interface Step {
    void run() throws Exception;
  }

  /** In a fiber: of several attempts, one has to do without a byte a round. */
  private static void assertAllocatesNothing(Step step) throws Exception {
    ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
    long least = Long.MAX_VALUE;
    for (int i = 0; i < ATTEMPTS_LIMIT && least > ROUNDS; i++) {
      long before = threads.getCurrentThreadAllocatedBytes();
      for (int round = 0; round < ROUNDS; round++) {
        step.run();
      }
      least = Math.min(least, threads.getCurrentThreadAllocatedBytes() - before);
    }
    assertThat(least).as("bytes in %s rounds", ROUNDS).isLessThan(ROUNDS);
  }

  private static void run(gyre.Task body) {
    Assumptions.assumeTrue(
        Loops.fiberMode() == FiberMode.NATIVE, "fibers have threads of their own");
    Loops.run("nio", body);
  }

  @Test
  void shouldAllocateNothingForAMessageThatFindsRoom() {
    run(() -> {
      Channel<Integer> channel = Channel.bounded(16);
      assertAllocatesNothing(() -> {
        channel.send(ITEM);
        if (!ITEM.equals(channel.take())) {
          throw new AssertionError("another item");
        }
      });
    });
  }

  /** Both sides park for each. */
  @Test
  void shouldAllocateNothingForAMessageThatIsWaitedFor() {
    run(() -> {
      Channel<Integer> there = Channel.rendezvous();
      Channel<Integer> back = Channel.rendezvous();
      Fiber<?> other =
          Fiber.start(() -> {
            for (Integer item : there) {
              back.send(item);
            }
          });
      assertAllocatesNothing(() -> {
        there.send(ITEM);
        if (!ITEM.equals(back.take())) {
          throw new AssertionError("another item");
        }
      });
      there.close();
      other.join();
    });
  }

  @Test
  void shouldAllocateNothingForAMutex() {
    run(() -> {
      Mutex mutex = Mutex.create("mutex");
      assertAllocatesNothing(() -> {
        mutex.lock();
        mutex.unlock();
      });
    });
  }
}
