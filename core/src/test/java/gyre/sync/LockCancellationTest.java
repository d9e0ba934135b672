package gyre.sync;

import static org.assertj.core.api.Assertions.assertThat;

import gyre.Deadline;
import gyre.Fiber;
import gyre.Loops;
import gyre.Source;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** A wait that is cancelled, wherever that is, loses nothing and leaves nobody behind. */
@Tag("fiber-modes")
@Timeout(value = 60, unit = TimeUnit.SECONDS, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class LockCancellationTest {
  private static final int PARTIES = 4;
  private static final int LEAST_CANCELLATIONS = 15;

  /** Which of the parties are inside of what is to be protected, and how many of them may be. */
  private abstract static class Guarded implements EveryPark.Case {
    private int inside;
    private int greatest;

    @Override
    public int parties() {
      return PARTIES;
    }

    void enter(int weight) {
      inside += weight;
      greatest = Math.max(greatest, inside);
    }

    void leave(int weight) {
      inside -= weight;
    }

    void within(Permit permit, int weight) {
      try (permit) {
        enter(weight);
        try {
          Fiber.yield();
          Fiber.yield();
        } finally {
          leave(weight);
        }
      }
    }

    int greatest() {
      return greatest;
    }
  }

  private static void cancelEverywhere(Supplier<EveryPark.Case> cases) {
    int[] cancelled = new int[1];
    Loops.run("auto", () -> cancelled[0] = EveryPark.cancel(cases));
    assertThat(cancelled[0]).isGreaterThan(LEAST_CANCELLATIONS);
  }

  @Test
  void shouldKeepAMutexWhole() {
    cancelEverywhere(() ->
        new Guarded() {
          private final Mutex mutex = Mutex.create("m");

          @Override
          public void run(int party) {
            for (int i = 0; i < 2; i++) {
              within(mutex.hold(), 1);
            }
          }

          @Override
          public void check() {
            assertThat(greatest()).isOne();
            assertThat(mutex.holder()).isNull();
            assertThat(mutex.waiting()).isZero();
            assertThat(mutex.tryLock()).isTrue();
            mutex.unlock();
          }
        });
  }

  @Test
  void shouldKeepAMutexWholeThatIsOneOfSeveralThings() {
    cancelEverywhere(() ->
        new Guarded() {
          private final Mutex left = Mutex.create("left");
          private final Mutex right = Mutex.create("right");

          @Override
          public void run(int party) {
            for (int i = 0; i < 2; i++) {
              Request one = left.request();
              Request other = right.request();
              Source first = Fiber.awaitFirst(one, other);
              within((first == one ? one : other).take(), 1);
            }
          }

          @Override
          public void check() {
            assertThat(greatest()).isBetween(1, 2);
            assertThat(left.tryLock()).isTrue();
            left.unlock();
            assertThat(right.tryLock()).isTrue();
            right.unlock();
          }
        });
  }

  @Test
  void shouldKeepAReadWriteLockWhole() {
    cancelEverywhere(() ->
        new Guarded() {
          private final RwLock lock = RwLock.create("l");

          @Override
          public void run(int party) {
            for (int i = 0; i < 2; i++) {
              if (party % 2 == 0) {
                within(lock.read(), 1);
              } else {
                within(lock.write(), 2);
              }
            }
          }

          @Override
          public void check() {
            assertThat(greatest()).isLessThanOrEqualTo(2);
            assertThat(lock.waiting()).isZero();
            assertThat(lock.tryLockWrite()).isTrue();
            lock.unlockWrite();
          }
        });
  }

  @Test
  void shouldKeepEveryPermitOfASemaphore() {
    cancelEverywhere(() ->
        new Guarded() {
          private final Semaphore semaphore = Semaphore.create("s", 3);

          @Override
          public void run(int party) {
            for (int i = 0; i < 2; i++) {
              int permits = 1 + party % 3;
              within(semaphore.acquire(permits), permits);
            }
          }

          @Override
          public void check() {
            assertThat(greatest()).isLessThanOrEqualTo(3);
            assertThat(semaphore.available()).isEqualTo(3);
            assertThat(semaphore.waiting()).isZero();
          }
        });
  }

  @Test
  void shouldKeepEveryPermitOfASemaphoreThatIsWaitedForWithALimit() {
    cancelEverywhere(() ->
        new Guarded() {
          private final Semaphore semaphore = Semaphore.create("s", 2);

          @Override
          public void run(int party) {
            for (int i = 0; i < 2; i++) {
              Request request = semaphore.request(1 + party % 2);
              Source never = Deadline.in(Duration.ofHours(1));
              assertThat(Fiber.awaitFirst(request, never)).isSameAs(request);
              within(request.take(), 1 + party % 2);
            }
          }

          @Override
          public void check() {
            assertThat(semaphore.available()).isEqualTo(2);
            assertThat(semaphore.waiting()).isZero();
          }
        });
  }

  @Test
  void shouldHandOnEveryNotification() {
    cancelEverywhere(() ->
        new EveryPark.Case() {
          private final Notify notify = Notify.create("n");
          private int sent;
          private int idle;
          private int heard;

          @Override
          public int parties() {
            return PARTIES;
          }

          @Override
          public int victims() {
            return PARTIES - 1;
          }

          // All but the last wait, and the last notifies as often as they want to hear.
          @Override
          public void run(int party) {
            if (party < PARTIES - 1) {
              notify.await();
              heard++;
              Fiber.yield();
              notify.await();
              heard++;
              return;
            }
            while (sent < 2 * (PARTIES - 1)) {
              Fiber.yield();
              if (notify.waiting() > 0) { // so that none but the one that is kept is wasted
                notify.one();
                sent++;
              } else if (heard == 2 * (PARTIES - 1) || ++idle > 20) {
                return;
              }
            }
          }

          @Override
          public void check() {
            assertThat(heard).isLessThanOrEqualTo(sent);
            assertThat(notify.waiting()).isZero();
          }
        });
  }

  @Test
  void shouldLetTheOthersOfABarrierGoOnTogether() {
    cancelEverywhere(() ->
        new EveryPark.Case() {
          private final Barrier barrier = Barrier.create("b", PARTIES - 1);
          private int passed;

          @Override
          public int parties() {
            return PARTIES;
          }

          @Override
          public void run(int party) {
            for (int i = 0; i < party; i++) {
              Fiber.yield();
            }
            if (party == PARTIES - 1 && barrier.arrived() == 0) {
              return; // the others have passed without this one
            }
            int ignored = barrier.await();
            passed++;
          }

          @Override
          public void check() {
            assertThat(passed).isBetween(PARTIES - 2, PARTIES);
            assertThat(barrier.arrived()).isZero();
          }
        });
  }

  @Test
  void shouldMakeAValueOnceWhoeverIsCancelled() {
    cancelEverywhere(() ->
        new EveryPark.Case() {
          private int made;
          private int got;
          private final Once<String> once =
              Once.create(
                  "value",
                  () -> {
                    Fiber.yield();
                    Fiber.yield();
                    Fiber.yield();
                    made++;
                    return "value";
                  });

          @Override
          public int parties() {
            return PARTIES;
          }

          @Override
          public void run(int party) throws Exception {
            assertThat(once.get()).isEqualTo("value");
            got++;
          }

          @Override
          public void check() {
            assertThat(made).isOne();
            assertThat(got).isGreaterThanOrEqualTo(PARTIES - 1);
          }
        });
  }
}
