package gyre.sync;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import gyre.DeadlockException;
import gyre.Fiber;
import gyre.Loop;
import gyre.Loops;
import gyre.Scope;
import gyre.Task;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

// Over 500 lines: each kind of lock, and each way to leave one.
/** What each of the locks promises. */
@Tag("fiber-modes")
@Timeout(value = 60, unit = TimeUnit.SECONDS, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class LockTest {
  private static final Duration LONG = Duration.ofHours(1);

  private final List<String> log = new ArrayList<>();
  private int counter;

  private static void run(Task main) {
    Loops.run("auto", main);
  }

  private static void settle() {
    for (int i = 0; i < 20; i++) {
      Fiber.yield();
    }
  }

  // ---- mutex

  @Test
  void shouldCountToAMillionWithAParkInside() {
    run(() -> {
      Mutex mutex = Mutex.create("counter");
      try (Scope scope = Scope.open("counting")) {
        for (int i = 0; i < 1_000; i++) {
          scope.start(() -> {
            for (int n = 0; n < 1_000; n += 50) {
              try (var _ = mutex.hold()) {
                int before = counter;
                Fiber.yield();
                counter = before + 50;
              }
            }
          });
        }
        scope.join();
      }
      assertThat(counter).isEqualTo(1_000_000);
    });
  }

  @Test
  void shouldHandTheMutexToTheOneThatWaitedLongest() {
    run(() -> {
      Mutex mutex = Mutex.create("m");
      try (Scope scope = Scope.open("fibers")) {
        for (String name : List.of("a", "b", "c")) {
          scope.start(
              name,
              () -> {
                for (int i = 0; i < 2; i++) {
                  try (var _ = mutex.hold()) {
                    log.add(name);
                    Fiber.yield();
                  }
                }
              });
        }
        scope.join();
      }
      assertThat(log).containsExactly("a", "b", "c", "a", "b", "c");
    });
  }

  @Test
  void shouldNotLetTryLockOvertakeThoseWhoWait() {
    run(() -> {
      Mutex mutex = Mutex.create("m");
      mutex.lock();
      try (Scope scope = Scope.open("fibers")) {
        Fiber<?> waiting = scope.start(() -> mutex.hold().close());
        settle();
        mutex.unlock();
        assertThat(mutex.tryLock()).isFalse(); // it is set aside for the fiber
        waiting.join();
        assertThat(mutex.tryLock()).isTrue();
        mutex.unlock();
      }
    });
  }

  @Test
  void shouldRefuseAnUnlockByAnotherFiberAndByNobody() {
    run(() -> {
      Mutex mutex = Mutex.create("accounts");
      assertThatThrownBy(mutex::unlock).hasMessageContaining("mutex accounts, which nobody holds");
      try (Scope scope = Scope.open("fibers")) {
        Fiber<?> owner =
            scope.start(
                "owner",
                () -> {
                  var _ = mutex.hold();
                });
        mutex.lock();
        scope
            .start(
                "thief",
                () ->
                    assertThatThrownBy(mutex::unlock)
                        .hasMessageContaining(
                            "fiber thief gives back mutex accounts, which fiber main holds"))
            .join();
        mutex.unlock();
        assertThat(owner.isAlive()).isTrue();
        scope.cancel("seen");
      }
    });
  }

  @Test
  void shouldRefuseForeignThreads() {
    run(() -> {
      Mutex mutex = Mutex.create("m");
      AtomicReference<Throwable> refusal = new AtomicReference<>();
      Thread thread =
          Thread.ofPlatform()
              .start(() -> {
                try {
                  mutex.lock();
                } catch (IllegalStateException e) {
                  refusal.set(e);
                }
              });
      thread.join();
      assertThat(refusal.get()).hasMessageContaining("is no fiber of");
      assertThat(mutex.tryLock()).isTrue();
      mutex.unlock();
    });
  }

  @Test
  void shouldRefuseAFiberOfAnotherLoop() throws Exception {
    run(() -> {
      Mutex mutex = Mutex.create("m");
      Latch latch = Latch.create("l", 1);
      Fiber.offload(() -> {
        Loops.run(
            "auto",
            () -> {
              assertThatThrownBy(mutex::hold).hasMessageContaining("is no fiber of");
              assertThatThrownBy(latch::await).hasMessageContaining("is no fiber of");
            });
        return true;
      });
    });
  }

  // ---- deadlocks

  @Test
  void shouldNameBothOfCrossedLocks() {
    run(() -> {
      Mutex a = Mutex.create("a");
      Mutex b = Mutex.create("b");
      try (Scope scope = Scope.open("fibers")) {
        scope.start(
            "left",
            () -> {
              try (var _ = a.hold()) {
                Fiber.yield();
                b.hold().close();
                log.add("left");
              }
            });
        scope.start(
            "right",
            () -> {
              try (var _ = b.hold()) {
                Fiber.yield();
                assertThatThrownBy(a::hold)
                    .isInstanceOf(DeadlockException.class)
                    .hasMessageContaining(
                        "fiber right waits for mutex a, held by fiber left;"
                            + " fiber left waits for mutex b, held by fiber right");
                log.add("right");
              }
            });
        scope.join();
      }
      assertThat(log).containsExactly("right", "left");
    });
  }

  @Test
  void shouldRefuseToWaitForOneself() {
    run(() -> {
      Mutex mutex = Mutex.create("m");
      RwLock lock = RwLock.create("l");
      try (var _ = mutex.hold();
          var _ = lock.read()) {
        assertThatThrownBy(mutex::hold)
            .isInstanceOf(DeadlockException.class)
            .hasMessageContaining("fiber main waits for mutex m, held by fiber main");
        assertThatThrownBy(() -> Fiber.await(mutex.request()))
            .isInstanceOf(DeadlockException.class);
        assertThatThrownBy(lock::write).isInstanceOf(DeadlockException.class);
        assertThat(mutex.waiting() + lock.waiting()).isZero();
      }
    });
  }

  @Test
  void shouldRefuseToReadAgainBehindAWriterThatWaits() {
    run(() -> {
      RwLock lock = RwLock.create("l");
      try (Scope scope = Scope.open("fibers")) {
        Permit outer = lock.read();
        lock.read().close();
        scope.start("writer", () -> lock.write().close());
        settle();
        assertThatThrownBy(lock::read).isInstanceOf(DeadlockException.class);
        outer.close();
        scope.join();
      }
    });
  }

  @Test
  void shouldRefuseToJoinWhoeverNeedsALockThatTheCallerHolds() {
    run(() -> {
      Mutex mutex = Mutex.create("m");
      try (Scope scope = Scope.open("fibers")) {
        mutex.lock();
        Fiber<?> child = scope.start("child", () -> mutex.hold().close());
        settle();
        assertThatThrownBy(child::join)
            .isInstanceOf(DeadlockException.class)
            .hasMessageContaining("fiber main waits for the end of fiber child")
            .hasMessageContaining("fiber child waits for mutex m, held by fiber main");
        assertThatThrownBy(scope::join).isInstanceOf(DeadlockException.class);
        mutex.unlock();
        scope.join();
      }
    });
  }

  @Test
  void shouldRefuseALockThatAJoinerHolds() {
    run(() -> {
      Mutex mutex = Mutex.create("m");
      try (Scope scope = Scope.open("fibers")) {
        mutex.lock();
        scope.start(
            "child",
            () -> {
              Fiber.yield();
              assertThatThrownBy(mutex::hold)
                  .isInstanceOf(DeadlockException.class)
                  .hasMessageContaining(
                      "fiber main waits for scope fibers, in which lives fiber child");
              log.add("refused");
            });
        scope.join();
        mutex.unlock();
      }
      assertThat(log).containsExactly("refused");
    });
  }

  // ---- reports

  @Test
  void shouldReportAFiberThatEndsWithALock() {
    List<Throwable> reported = new ArrayList<>();
    Loops.runReporting(
        Loops.options("auto").failures((source, e) -> reported.add(e)),
        () -> {
          Mutex mutex = Mutex.create("accounts");
          RwLock lock = RwLock.create("table");
          Fiber<?> careless =
              Fiber.start(
                  "careless",
                  () -> {
                    mutex.lock();
                    lock.lockRead();
                    lock.lockRead();
                  });
          mutex.hold().close();
          careless.join();
          lock.write().close();
          AtomicReference<Boolean> ran = new AtomicReference<>(false);
          Loop.current()
              .after(
                  Duration.ZERO,
                  () -> {
                    mutex.lock();
                    ran.set(true);
                  });
          while (!ran.get()) {
            Fiber.yield();
          }
          mutex.hold().close();
        });
    assertThat(reported).hasSize(4);
    assertThat(reported.toString())
        .contains("fiber careless has ended and still held mutex accounts")
        .contains("fiber careless has ended and still held rwlock table");
  }

  @Test
  void shouldReportALockThatIsHeldForLong() {
    List<Throwable> reported = new ArrayList<>();
    Loops.runReporting(
        Loops.options("auto")
            .reportLongHolds(Duration.ofMillis(2))
            .failures((source, e) -> reported.add(e)),
        () -> {
          Mutex mutex = Mutex.create("accounts");
          mutex.hold().close();
          try (var _ = mutex.hold()) {
            while (reported.isEmpty()) {
              Fiber.sleep(Duration.ofMillis(5));
            }
          }
        });
    assertThat(reported).hasSize(1);
    assertThat(reported.getFirst())
        .hasMessageContaining("fiber main has held mutex accounts for 2 ms and is parked");
    assertThat(reported.getFirst().getStackTrace()).isNotEmpty();
  }

  @Test
  void shouldSayWhoHoldsWhatIsWaitedFor() {
    run(() -> {
      Mutex mutex = Mutex.create("accounts");
      try (Scope scope = Scope.open("fibers");
          var _ = mutex.hold()) {
        scope.start("waiter", () -> mutex.hold().close());
        settle();
        assertThat(Loop.current().fibers().toString())
            .contains("waiting for mutex accounts, held by fiber main");
        scope.cancel("seen");
      }
    });
  }

  // ---- read-write lock

  @Test
  void shouldLetReadersOverlap() {
    run(() -> {
      RwLock lock = RwLock.create("l");
      try (Scope scope = Scope.open("readers")) {
        for (int i = 0; i < 100; i++) {
          scope.start(() -> {
            try (var _ = lock.read()) {
              counter++;
              while (counter < 100) {
                Fiber.yield();
              }
              assertThat(lock.readers()).isPositive();
            }
          });
        }
        scope.join();
      }
      assertThat(lock.readers()).isZero();
    });
  }

  @Test
  void shouldLetAWriterInWhileReadersKeepComing() {
    run(() -> {
      RwLock lock = RwLock.create("l");
      int[] entered = new int[1];
      int[] enteredAtWrite = new int[1];
      try (Scope scope = Scope.open("constant")) {
        for (int i = 0; i < 3; i++) {
          scope.start(() -> {
            while (true) {
              try (var _ = lock.read()) {
                entered[0]++;
                Fiber.yield();
                Fiber.yield();
              }
            }
          });
        }
        settle();
        int before = entered[0];
        try (var _ = lock.write()) {
          enteredAtWrite[0] = entered[0] - before;
          assertThat(lock.isWriting()).isTrue();
          assertThat(lock.readers()).isZero();
        }
        scope.cancel("seen");
      }
      assertThat(enteredAtWrite[0]).isLessThanOrEqualTo(1);
    });
  }

  @Test
  void shouldLetReadersPassWhenTheWriterBeforeThemIsCancelled() {
    run(() -> {
      RwLock lock = RwLock.create("l");
      try (Scope scope = Scope.open("fibers");
          var _ = lock.read()) {
        try (Scope doomed = Scope.open("doomed")) {
          doomed.start(() -> lock.write().close());
          settle();
          scope.start(() -> {
            lock.read().close();
            log.add("read");
          });
          settle();
          assertThat(log).isEmpty();
        }
        settle();
        assertThat(log).containsExactly("read");
      }
    });
  }

  // ---- semaphore

  @Test
  void shouldServeAWaitForManyPermitsInItsTurn() {
    run(() -> {
      Semaphore semaphore = Semaphore.create("s", 3);
      Permit first = semaphore.acquire(2);
      try (Scope scope = Scope.open("fibers")) {
        scope.start(() -> {
          try (var _ = semaphore.acquire(3)) {
            log.add("many");
          }
        });
        settle();
        assertThat(semaphore.tryAcquire()).isEmpty(); // one is free, and many come first
        scope.start(() -> {
          try (var _ = semaphore.acquire()) {
            log.add("few");
          }
        });
        settle();
        first.close();
        first.close();
        scope.join();
      }
      assertThat(log).containsExactly("many", "few");
      assertThat(semaphore.available()).isEqualTo(3);
      assertThatThrownBy(() -> semaphore.acquire(4)).hasMessageContaining("between 1 and the 3");
    });
  }

  @Test
  void shouldGiveAPermitBackByAnotherFiber() {
    run(() -> {
      Semaphore semaphore = Semaphore.create("s", 1);
      Permit permit = semaphore.acquire();
      Fiber.start(permit::close).join();
      Optional<Permit> again = semaphore.tryAcquire();
      assertThat(again).isPresent();
      permit.close(); // the one that was given back already
      assertThat(semaphore.available()).isZero();
      again.orElseThrow().close();
      assertThat(semaphore.available()).isOne();
    });
  }

  @Test
  void shouldGrowAndShrinkASemaphore() {
    run(() -> {
      Semaphore semaphore = Semaphore.create("s", 2);
      Permit one = semaphore.acquire();
      Permit two = semaphore.acquire();
      semaphore.resize(1);
      assertThat(semaphore.available()).isEqualTo(-1);
      one.close();
      assertThat(semaphore.tryAcquire()).isEmpty();
      try (Scope scope = Scope.open("fibers")) {
        Fiber<?> waiting = scope.start(() -> semaphore.acquire().close());
        settle();
        assertThat(waiting.isAlive()).isTrue();
        semaphore.resize(2);
        scope.join();
      }
      two.close();
      assertThat(semaphore.available()).isEqualTo(2);
    });
  }

  // ---- the others

  @Test
  void shouldOpenALatchForAllAndForGood() {
    run(() -> {
      Latch latch = Latch.create("l", 2);
      try (Scope scope = Scope.open("fibers")) {
        for (int i = 0; i < 3; i++) {
          scope.start(() -> {
            latch.await();
            counter++;
          });
        }
        settle();
        latch.countDown();
        settle();
        assertThat(counter).isZero();
        latch.countDown();
        latch.countDown();
        scope.join();
      }
      latch.await();
      assertThat(counter).isEqualTo(3);
      assertThat(latch.count()).isZero();
    });
  }

  @Test
  void shouldPassABarrierRoundAfterRound() {
    run(() -> {
      Barrier barrier = Barrier.create("b", 3);
      try (Scope scope = Scope.open("fibers")) {
        for (int i = 0; i < 3; i++) {
          scope.start(() -> {
            for (int round = 0; round < 5; round++) {
              log.add("round " + round);
              int index = barrier.await();
              assertThat(index).isBetween(0, 2);
            }
          });
        }
        scope.join();
      }
      assertThat(log).isSorted().hasSize(15);
    });
  }

  @Test
  void shouldMakeAValueOnceForAll() {
    run(() -> {
      Once<String> once =
          Once.create(
              "v",
              () -> {
                counter++;
                Fiber.yield();
                if (counter == 1) {
                  throw new IllegalStateException("not yet");
                }
                return "made";
              });
      assertThat(once.peek()).isEmpty();
      try (Scope scope = Scope.openIsolated("fibers")) {
        Fiber<?> first = scope.start(() -> assertThatThrownBy(once::get).hasMessage("not yet"));
        for (int i = 0; i < 3; i++) {
          scope.start(() -> log.add(once.get()));
        }
        first.join();
        scope.join();
      }
      assertThat(log).containsExactly("made", "made", "made");
      assertThat(counter).isEqualTo(2);
      assertThat(once.peek()).contains("made");
    });
  }

  @Test
  void shouldRefuseAValueThatNeedsItself() {
    run(() -> {
      List<Once<String>> onces = new ArrayList<>();
      onces.add(Once.create("a", () -> onces.get(1).get()));
      onces.add(Once.create("b", () -> onces.get(0).get()));
      assertThatThrownBy(() -> onces.get(0).get()).isInstanceOf(DeadlockException.class);
    });
  }

  @Test
  void shouldRememberOneNotificationAndNoMore() {
    run(() -> {
      Notify notify = Notify.create("n");
      notify.one();
      notify.one();
      notify.await();
      try (Scope scope = Scope.open("fibers")) {
        for (int i = 0; i < 3; i++) {
          scope.start(() -> {
            notify.await();
            counter++;
          });
        }
        settle();
        assertThat(counter).isZero();
        notify.one();
        settle();
        assertThat(counter).isOne();
        notify.all();
        scope.join();
      }
      try (Scope scope = Scope.open("late")) {
        Fiber<?> late = scope.start(notify::await); // all is not remembered
        settle();
        assertThat(late.isAlive()).isTrue();
        scope.cancel("seen");
      }
    });
  }

  @Test
  void shouldTakeWhatWasAwaitedAndRefuseWhatWasNot() {
    run(() -> {
      Mutex mutex = Mutex.create("m");
      Request request = mutex.request();
      Fiber.await(request);
      Permit permit = request.take();
      assertThatThrownBy(request::take).hasMessageContaining("not to be had at once");
      permit.close();
      assertThat(Fiber.awaitFirst(request, gyre.Deadline.in(LONG))).isSameAs(request);
      request.take().close();
    });
  }
}
