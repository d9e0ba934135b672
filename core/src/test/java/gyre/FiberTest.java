package gyre;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.ReentrantLock;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.Parameter;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.provider.ValueSource;

// Over 500 lines: many small tests of one type.
@Tag("fiber-modes")
@ParameterizedClass
@ValueSource(strings = {"io_uring", "epoll", "nio"})
@Timeout(value = 30, unit = TimeUnit.SECONDS, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class FiberTest {
  private static final ScopedValue<String> USER = ScopedValue.newInstance();

  @Parameter String engine = "";

  private final List<String> log = new ArrayList<>();

  @Test
  void shouldGiveResultsAndFailuresToWhoJoins() {
    Loops.run(
        engine,
        () -> {
          try (Scope scope = Scope.open("work")) {
            Fiber<Integer> good = scope.call("good", () -> 42);
            assertThat(good.join()).isEqualTo(42);
            assertThat(good.isAlive()).isFalse();
            assertThat(good.join()).isEqualTo(42);
          }
          try (Scope scope = Scope.open("work")) {
            Fiber<Integer> bad =
                scope.call(
                    "bad",
                    () -> {
                      throw new IllegalArgumentException("bad");
                    });
            assertThatThrownBy(bad::join).isInstanceOf(IllegalArgumentException.class);
            assertThatThrownBy(scope::join).isInstanceOf(IllegalArgumentException.class);
          }
        });
  }

  @Test
  void shouldWakeSleepersInTheOrderOfTheirDeadlines() {
    Loops.runInVirtualTime( // so that all of them count from the same moment
        engine,
        () -> {
          try (Scope scope = Scope.open("sleepers")) {
            for (int millis : new int[] {30, 10, 20, 1}) {
              scope.start(() -> {
                Fiber.sleep(Duration.ofMillis(millis));
                log.add("slept " + millis);
              });
            }
            scope.join();
          }
        });
    assertThat(log).containsExactly("slept 1", "slept 10", "slept 20", "slept 30");
  }

  @Test
  void shouldLetAllRunnableFibersRunInTurn() {
    Loops.run(
        engine,
        () -> {
          try (Scope scope = Scope.open("yielders")) {
            for (String name : new String[] {"a", "b", "c"}) {
              scope.start(() -> {
                for (int i = 0; i < 3; i++) {
                  log.add(name + i);
                  Fiber.yield();
                }
              });
            }
            scope.join();
          }
        });
    assertThat(log).containsExactly("a0", "b0", "c0", "a1", "b1", "c1", "a2", "b2", "c2");
  }

  @Test
  void shouldUnparkFromOtherThreads() {
    Loops.run(
        engine,
        () -> {
          Fiber<?> self = Fiber.current();
          for (int i = 0; i < 100; i++) {
            boolean[] ready = {false};
            Thread other =
                Thread.ofPlatform()
                    .start(() -> {
                      synchronized (ready) {
                        ready[0] = true;
                      }
                      self.unpark();
                    });
            while (true) {
              synchronized (ready) {
                if (ready[0]) {
                  break;
                }
              }
              Fiber.park();
            }
            other.join();
          }
        });
  }

  @Test
  void shouldOffloadWorkAndGetItsOutcome() {
    Loops.run(
        engine,
        () -> {
          Thread worker = Fiber.offload(Thread::currentThread);
          assertThat(worker.isVirtual()).isFalse();
          assertThatThrownBy(() ->
                  Fiber.offload(() -> {
                    throw new java.io.IOException("disk");
                  }))
              .isInstanceOf(java.io.IOException.class)
              .hasMessage("disk");
        });
  }

  @Test
  void shouldGiveThePlaceOfOffloadedWorkBackThatIsCancelledBeforeItBegins() {
    CountDownLatch gate = new CountDownLatch(1);
    Loops.runReporting(
        Loops.options(engine).offloadThreads(1).offloadQueueLimit(1),
        () -> {
          try (Scope scope = Scope.open("work")) {
            Scope waiting = Scope.open("waiting");
            scope.start(() -> Fiber.offload(() -> gate.await(20, TimeUnit.SECONDS)));
            Fiber.yield();
            waiting.start(() -> Fiber.offload(() -> log.add("cancelled")));
            Fiber.yield();
            waiting.close();
            Fiber<Boolean> next = scope.call(() -> Fiber.offload(() -> log.add("next")));
            Fiber.yield();
            gate.countDown();
            assertThat(next.join()).isTrue();
          }
        });
    assertThat(log).containsExactly("next");
  }

  @Test
  void shouldRefuseMoreOffloadedWorkThanFits() {
    CountDownLatch gate = new CountDownLatch(1);
    Loops.runReporting(
        Loops.options(engine).offloadThreads(1).offloadQueueLimit(1),
        () -> {
          try (Scope scope = Scope.open("work")) {
            scope.start(() -> Fiber.offload(() -> gate.await(20, TimeUnit.SECONDS)));
            scope.start(() -> Fiber.offload(() -> gate.await(20, TimeUnit.SECONDS)));
            Fiber.yield();
            Fiber.yield();
            assertThatThrownBy(() -> Fiber.offload(() -> 1))
                .isInstanceOf(RejectedExecutionException.class)
                .hasMessageContaining("1 threads are busy and 1 jobs wait");
            gate.countDown();
            scope.join();
          }
          assertThat(Fiber.<Integer>offload(() -> 1)).isEqualTo(1);
        });
  }

  @Test
  void shouldCloseAnOffloadedResourceThatNobodyTakes() {
    CountDownLatch begun = new CountDownLatch(1);
    CountDownLatch gate = new CountDownLatch(1);
    CountDownLatch closed = new CountDownLatch(1);
    Loops.run(
        engine,
        () -> {
          Cancellation waiting = Cancellation.current().child();
          Fiber<?> caller =
              Fiber.start(() ->
                  assertThatThrownBy(() ->
                          waiting.call(() ->
                              Fiber.offload(() -> {
                                begun.countDown();
                                awaitDespiteInterrupts(gate);
                                return (AutoCloseable) closed::countDown;
                              })))
                      .isInstanceOf(CancelledException.class));
          // What has not begun when it is cancelled never does.
          assertThat(Fiber.<Boolean>offload(() -> begun.await(20, TimeUnit.SECONDS))).isTrue();
          waiting.cancel("no longer needed");
          caller.join();
          waiting.close();
          gate.countDown();
          assertThat(Fiber.<Boolean>offload(() -> closed.await(20, TimeUnit.SECONDS))).isTrue();
        });
  }

  private static void awaitDespiteInterrupts(CountDownLatch gate) {
    while (gate.getCount() > 0) {
      try {
        gate.await();
      } catch (InterruptedException e) {
        // It goes on, as work does that takes no notice.
      }
    }
  }

  @Test
  void shouldNotLoseAnOffloadedResultToACancellationThatComesWithIt() {
    CountDownLatch gate = new CountDownLatch(1);
    CountDownLatch second = new CountDownLatch(1);
    List<String> got = new ArrayList<>();
    Loops.runReporting(
        Loops.options(engine).offloadThreads(1).offloadQueueLimit(2),
        () -> {
          Scope taking = Scope.open("taking");
          taking.start(() ->
              got.add(
                  Fiber.offload(() -> {
                    gate.await();
                    return "result";
                  })));
          Fiber.yield();
          taking.start(() ->
              Fiber.offload(() -> {
                second.countDown();
                return 1;
              }));
          Fiber.yield();
          // One worker: when it has come to the second job, the first result is there. The loop
          // stands still meanwhile, so whoever waits for that result was not told of it.
          gate.countDown();
          while (second.getCount() > 0) {
            Thread.onSpinWait(); // a fiber that waited for the latch would let the loop go on
          }
          taking.cancel("no longer needed");
          taking.close();
        });
    assertThat(got).containsExactly("result");
  }

  @Test
  void shouldInterruptOffloadedWorkOfACancelledFiber() {
    CountDownLatch begun = new CountDownLatch(1);
    BlockingQueue<String> events = new ArrayBlockingQueue<>(10);
    Loops.run(
        engine,
        () -> {
          Cancellation working = Cancellation.current().child();
          Fiber<?> caller =
              Fiber.start(() ->
                  assertThatThrownBy(() ->
                          working.run(() ->
                              Fiber.offload(() -> {
                                begun.countDown();
                                try {
                                  return new CountDownLatch(1).await(20, TimeUnit.SECONDS);
                                } catch (InterruptedException e) {
                                  events.add("interrupted");
                                  throw e;
                                }
                              })))
                      .isInstanceOf(CancelledException.class));
          Fiber.<Boolean>offload(() -> begun.await(20, TimeUnit.SECONDS));
          working.cancel("no longer needed");
          caller.join();
          working.close();
          assertThat(Fiber.<String>offload(() -> events.poll(20, TimeUnit.SECONDS)))
              .isEqualTo("interrupted");
        });
  }

  @Test
  void shouldCarryScopedValuesIntoChildrenOfNativeFibers() {
    Loops.run(
        engine,
        () ->
            ScopedValue.where(USER, "ada")
                .run(() -> {
                  try (Scope scope = Scope.open("children")) {
                    Fiber<String> child = scope.call(() -> USER.orElse("nobody"));
                    boolean isNative = Loops.fiberMode() == FiberMode.NATIVE;
                    assertThat(child.join()).isEqualTo(isNative ? "ada" : "nobody");
                  }
                }));
  }

  @Test
  void shouldShareALockAcrossParkingCalls() {
    ReentrantLock lock = new ReentrantLock();
    Loops.run(
        engine,
        () -> {
          try (Scope scope = Scope.open("lockers")) {
            for (int i = 0; i < 3; i++) {
              scope.start(() -> {
                lock.lock();
                try {
                  int before = log.size();
                  Fiber.sleep(Duration.ofMillis(2));
                  assertThat(log).hasSize(before);
                  log.add("done");
                } finally {
                  lock.unlock();
                }
              });
            }
            scope.join();
          }
        });
    assertThat(log).hasSize(3);
  }

  @Test
  void shouldParkInsideSynchronized() {
    Object monitor = new Object();
    Loops.run(
        engine,
        () -> {
          try (Scope scope = Scope.open("lockers")) {
            for (int i = 0; i < 3; i++) {
              scope.start(() -> {
                synchronized (monitor) {
                  Fiber.sleep(Duration.ofMillis(2));
                  log.add("done");
                }
              });
            }
            scope.join();
          }
        });
    assertThat(log).hasSize(3);
  }

  @Test
  void shouldLetFibersWaitForOneAnotherByQueuesOfTheJdk() {
    BlockingQueue<Integer> numbers = new ArrayBlockingQueue<>(1);
    Loops.run(
        engine,
        () -> {
          try (Scope scope = Scope.open("pipe")) {
            Fiber<Integer> consumer =
                scope.call(() -> {
                  int sum = 0;
                  for (int i = 0; i < 4; i++) {
                    sum += numbers.take();
                    Fiber.yield();
                  }
                  return sum;
                });
            scope.start(() -> {
              for (int i = 1; i <= 4; i++) {
                numbers.put(i);
                Fiber.yield();
              }
            });
            assertThat(consumer.join()).isEqualTo(10);
          }
        });
  }

  @Test
  void shouldRunCallbacksThatTakeALockWhichAParkedFiberHolds() {
    ReentrantLock lock = new ReentrantLock();
    Loops.run(
        engine,
        () -> {
          Fiber<?> self = Fiber.current();
          Loop loop = Loop.current();
          int[] ran = {0};
          lock.lock();
          try {
            for (int i = 0; i < 3; i++) {
              loop.post(() -> {
                lock.lock();
                try {
                  ran[0]++;
                } finally {
                  lock.unlock();
                }
                self.unpark();
              });
            }
            Fiber.sleep(Duration.ofMillis(5));
            assertThat(ran[0]).isZero();
          } finally {
            lock.unlock();
          }
          while (ran[0] < 3) {
            Fiber.park();
          }
        });
  }

  @Test
  void shouldCancelJustTheFiberThatIsInterrupted() {
    Loops.run(
        engine,
        () -> {
          try (Scope scope = Scope.openIsolated("two")) {
            Thread[] thread = new Thread[1];
            Fiber<?> other = scope.start("other", () -> Fiber.sleep(Duration.ofMillis(10)));
            Fiber<?> interrupted =
                scope.start(
                    "interrupted",
                    () -> {
                      thread[0] = Thread.currentThread();
                      assertThatThrownBy(() -> Fiber.sleep(Duration.ofHours(1)))
                          .isInstanceOf(CancelledException.class)
                          .hasMessageContaining("interrupted was interrupted");
                      Fiber.sleep(Duration.ofMillis(1));
                      log.add("goes on");
                    });
            Fiber.yield();
            thread[0].interrupt();
            interrupted.join();
            other.join();
          }
        });
    assertThat(log).containsExactly("goes on");
  }

  @Test
  void shouldNotBreakAClosingOrAShieldByAnInterrupt() {
    Loops.run(
        engine,
        () -> {
          Fiber<?> child =
              Fiber.start(() -> {
                Cancellation.shield(
                    Duration.ofSeconds(20),
                    () -> {
                      Thread.currentThread().interrupt();
                      Fiber.sleep(Duration.ofMillis(1));
                      log.add("shielded");
                    });
                assertThatThrownBy(() -> Fiber.sleep(Duration.ofHours(1)))
                    .isInstanceOf(CancelledException.class);
                Thread.currentThread().interrupt();
                try (Scope scope = Scope.open("inner")) {
                  scope.start(Fiber::yield);
                }
                Thread.interrupted();
              });
          child.join();
          Loop.current().post(() -> Thread.currentThread().interrupt());
          Fiber.sleep(Duration.ofMillis(1));
          Loop.current().post(() -> log.add("callbacks go on"));
          Fiber.sleep(Duration.ofMillis(5));
        });
    assertThat(log).containsExactly("shielded", "callbacks go on");
  }

  @Test
  void shouldEndWhatAFiberLeavesOpen() {
    Loops.run(
        engine,
        () -> {
          Fiber<?> careless =
              Fiber.start(() -> {
                Scope scope = Scope.open("left open");
                scope.start(() -> {
                  try {
                    Fiber.sleep(Duration.ofHours(1));
                  } catch (CancelledException e) {
                    log.add("cancelled");
                    throw e;
                  }
                });
                Fiber.yield();
              });
          careless.join();
          log.add("joined");
        });
    assertThat(log).containsExactly("cancelled", "joined");
  }

  @Test
  void shouldNameFibers() {
    Loops.run(
        engine,
        () -> {
          Fiber<?> named = Fiber.start("worker", () -> log.add(Thread.currentThread().getName()));
          assertThat(named.name()).isEqualTo("worker");
          assertThat(Fiber.start(() -> {}).name()).matches("fiber-\\d+");
          named.join();
        });
    assertThat(log).containsExactly("worker");
  }

  @Test
  void shouldRunVirtualThreadsThatAFiberStarts() {
    Loops.run(
        engine,
        () -> {
          Thread thread = Thread.startVirtualThread(() -> log.add("ran"));
          thread.join();
        });
    assertThat(log).containsExactly("ran");
  }
}
