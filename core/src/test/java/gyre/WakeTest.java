package gyre;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.Parameter;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.provider.ValueSource;

/** A loop that sleeps is woken at once, whatever the loop does that woke it. */
@Tag("fiber-modes")
@ParameterizedClass
@ValueSource(strings = {"io_uring", "epoll", "nio"})
@Timeout(value = 60, unit = TimeUnit.SECONDS, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class WakeTest {
  private static final int ROUNDS = 20;
  private static final long HANG_NANOS = TimeUnit.SECONDS.toNanos(20);

  @Parameter String engine = "";

  private static boolean spinUntilZero(CountDownLatch latch) {
    long start = System.nanoTime();
    while (latch.getCount() > 0 && System.nanoTime() - start < HANG_NANOS) {
      Thread.onSpinWait();
    }
    return latch.getCount() == 0;
  }

  /** The other loop's turn count stays the same for a while only when it sleeps. */
  @Test
  void shouldWakeAnotherLoopWhileTheCallerStaysBusy() throws InterruptedException {
    try (LoopGroup group = LoopGroup.open(2, Loops.options(engine))) {
      Loop busy = group.loop(0);
      Loop sleeper = group.loop(1);
      for (int round = 0; round < ROUNDS; round++) {
        CountDownLatch reached = new CountDownLatch(1);
        CountDownLatch answered = new CountDownLatch(1);
        boolean[] wasReached = new boolean[1];
        busy.post(() -> {
          sleeper.post(reached::countDown);
          wasReached[0] = spinUntilZero(reached); // without a turn of its own
          answered.countDown();
        });
        answered.await();
        assertThat(wasReached[0]).as("woken while the other loop computes").isTrue();
      }
    }
  }

  @Test
  void shouldWakeALoopThatABusyLoopHasWokenBefore() throws InterruptedException {
    try (LoopGroup group = LoopGroup.open(2, Loops.options(engine))) {
      Loop busy = group.loop(0);
      Loop sleeper = group.loop(1);
      for (int round = 0; round < ROUNDS; round++) {
        CountDownLatch posted = new CountDownLatch(1);
        CountDownLatch fromThread = new CountDownLatch(1);
        CountDownLatch answered = new CountDownLatch(1);
        boolean[] wasReached = new boolean[1];
        busy.post(() -> {
          sleeper.post(() -> {});
          posted.countDown();
          wasReached[0] = spinUntilZero(fromThread);
          answered.countDown();
        });
        posted.await();
        sleeper.post(fromThread::countDown);
        answered.await();
        assertThat(wasReached[0]).as("woken by a plain thread").isTrue();
      }
    }
  }
}
