package gyre;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import java.util.concurrent.locks.LockSupport;
import java.util.concurrent.locks.ReentrantLock;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** What other threads hand to a loop is not lost when it ends. */
@Tag("fiber-modes")
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

  @Test
  @SuppressWarnings("ThreadPriorityCheck") // the scheduler is ours
  void shouldLetVirtualThreadsGoOnThatWereStartedInAFiber() throws InterruptedException {
    CountDownLatch mayEnd = new CountDownLatch(1);
    CountDownLatch ended = new CountDownLatch(4);
    ReentrantLock lock = new ReentrantLock();
    AtomicBoolean spin = new AtomicBoolean(true);
    try (Loop loop = Loop.open(Loops.options("auto"))) {
      loop.run(() -> {
        Thread.startVirtualThread(() -> waitAndEnd(mayEnd, ended)); // parked
        Thread.startVirtualThread(() -> { // always in the run queue
          while (spin.get()) {
            Thread.yield();
          }
          ended.countDown();
        });
        Thread.startVirtualThread(() -> { // holds a lock
          lock.lock();
          try {
            waitAndEnd(mayEnd, ended);
          } finally {
            lock.unlock();
          }
        });
        Thread.startVirtualThread(() -> { // starts another, which inherits too
          await(mayEnd);
          Thread.startVirtualThread(() -> waitAndEnd(mayEnd, ended));
        });
        while (!lock.isLocked()) {
          Fiber.yield();
        }
      });
    }
    mayEnd.countDown();
    spin.set(false);
    assertThat(ended.await(20, TimeUnit.SECONDS)).as("%s have not ended", ended).isTrue();
    assertThat(lock.tryLock(20, TimeUnit.SECONDS)).isTrue();
  }

  private static void waitAndEnd(CountDownLatch mayEnd, CountDownLatch ended) {
    await(mayEnd);
    synchronized (mayEnd) {
      ended.countDown();
    }
  }

  private static void await(CountDownLatch latch) {
    try {
      boolean ignored = latch.await(20, TimeUnit.SECONDS);
    } catch (InterruptedException e) {
      throw new AssertionError(e);
    }
  }

  @Test
  void shouldRefuseAVirtualThreadWhoseLoopHasClosed() throws InterruptedException {
    CountDownLatch isClosed = new CountDownLatch(1);
    CountDownLatch asked = new CountDownLatch(1);
    AtomicReference<Throwable> thrown = new AtomicReference<>();
    try (Loop loop = Loop.open(Loops.options("auto"))) {
      loop.run(() ->
          Thread.startVirtualThread(() -> {
            await(isClosed);
            try {
              Fiber.sleep(Duration.ZERO);
            } catch (Throwable e) {
              thrown.set(e);
            }
            asked.countDown();
          }));
    }
    isClosed.countDown();
    await(asked);
    assertThat(thrown.get())
        .isExactlyInstanceOf(IllegalStateException.class)
        .hasMessageContaining("runs on no loop");
  }

  /** Unparked at whatever moment of the close, each goes on here or there. */
  @Test
  void shouldLoseNoVirtualThreadThatBecomesRunnableWhileTheLoopCloses() throws Exception {
    for (int round = 0; round < 30; round++) {
      int threads = 16;
      CountDownLatch ended = new CountDownLatch(threads);
      List<Thread> parked = new ArrayList<>();
      AtomicBoolean go = new AtomicBoolean();
      Loop loop = Loop.open(Loops.options("auto"));
      loop.run(() -> {
        for (int i = 0; i < threads; i++) {
          parked.add(
              Thread.startVirtualThread(() -> {
                while (!go.get()) {
                  LockSupport.park();
                }
                ended.countDown();
              }));
        }
        Fiber.yield();
      });
      Thread other =
          Thread.ofPlatform()
              .start(() -> {
                go.set(true);
                parked.forEach(LockSupport::unpark);
              });
      loop.close();
      other.join();
      assertThat(ended.await(20, TimeUnit.SECONDS)).as("round %d", round).isTrue();
    }
  }
}
