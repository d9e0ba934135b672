package gyre;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** What other threads hand to a loop is not lost when it ends. */
@Timeout(value = 30, unit = TimeUnit.SECONDS, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class ClosedLoopTest {
  /** A task that holds something which must not be lost with it. */
  private record Parcel(AtomicInteger delivered, AtomicInteger returned)
      implements Runnable, AutoCloseable {
    @Override
    public void run() {
      delivered.incrementAndGet();
    }

    @Override
    public void close() {
      returned.incrementAndGet();
    }
  }

  @Test
  void shouldRunOrCloseEveryTaskThatItTook() throws InterruptedException {
    AtomicInteger taken = new AtomicInteger();
    AtomicInteger delivered = new AtomicInteger();
    AtomicInteger returned = new AtomicInteger();
    for (int round = 0; round < 20; round++) {
      AtomicBoolean closed = new AtomicBoolean();
      CountDownLatch posting = new CountDownLatch(1);
      Loop loop = Loop.open(Loops.options("auto"));
      Thread poster =
          Thread.ofPlatform()
              .start(() -> {
                while (!closed.get()) {
                  if (loop.tryPost(new Parcel(delivered, returned))) {
                    taken.incrementAndGet();
                  }
                  posting.countDown();
                }
              });
      posting.await();
      loop.close();
      closed.set(true);
      poster.join();
      assertThat(loop.tryPost(() -> {})).isFalse();
      assertThat(delivered.get() + returned.get()).isEqualTo(taken.get());
    }
  }
}
