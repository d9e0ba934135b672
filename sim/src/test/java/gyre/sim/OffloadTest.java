package gyre.sim;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import gyre.Cancellation;
import gyre.CancelledException;
import gyre.Fiber;
import gyre.Scope;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.locks.ReentrantLock;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Work that fibers hand over, in virtual time and on the thread of the world. */
@Timeout(60)
class OffloadTest {
  private static SimulationFailure failureOf(Simulation simulation) {
    try {
      simulation.run();
    } catch (SimulationFailure e) {
      return e;
    }
    throw new AssertionError("the run did not fail");
  }

  @Test
  void shouldWaitForALockThatAParkedFiberHolds() {
    List<String> order = new ArrayList<>();
    Simulation.seed(1)
        .world(world ->
            world
                .host("one")
                .run(() -> {
                  ReentrantLock lock = new ReentrantLock();
                  Fiber.start(() -> {
                    lock.lock();
                    try {
                      Fiber.sleep(Duration.ofMinutes(1));
                      order.add("fiber");
                    } finally {
                      lock.unlock();
                    }
                  });
                  Fiber.sleep(Duration.ofMillis(1));
                  int result =
                      Fiber.offload(() -> {
                        lock.lock();
                        try {
                          order.add("job");
                          return 7;
                        } finally {
                          lock.unlock();
                        }
                      });
                  assertThat(result).isEqualTo(7);
                  assertThat(world.elapsed())
                      .isBetween(Duration.ofSeconds(60), Duration.ofSeconds(61));
                }))
        .run();
    assertThat(order).containsExactly("fiber", "job");
  }

  @Test
  void shouldNameAJobThatWaitsForEver() {
    SimulationFailure failure =
        failureOf(
            Simulation.seed(2)
                .world(world ->
                    world
                        .host("one")
                        .run(() -> {
                          CountDownLatch never = new CountDownLatch(1);
                          Fiber.offload(() -> {
                            never.await();
                            return 1;
                          });
                        })));
    assertThat(failure.kind()).isEqualTo(SimulationFailure.Kind.DEADLOCK);
    assertThat(failure).hasMessageContaining("one-offload-1").hasMessageContaining("OffloadTest");
  }

  @Test
  void shouldRefuseWhatFindsNoPlace() {
    Simulation.seed(3)
        .world(world ->
            world
                .host("one")
                .options(options -> options.offloadThreads(1).offloadQueueLimit(1))
                .run(() -> {
                  Fiber.start(() -> assertThat(Fiber.offload(() -> 1)).isEqualTo(1));
                  Fiber.start(() -> assertThat(Fiber.offload(() -> 2)).isEqualTo(2));
                  Fiber.start(() -> {
                    Fiber.sleep(Duration.ofMillis(20));
                    assertThat(Fiber.offload(() -> 3)).isEqualTo(3);
                  });
                  Fiber.sleep(Duration.ofSeconds(1));
                }))
        .run();
    assertThatThrownBy(() ->
            Simulation.seed(3)
                .world(world ->
                    world
                        .host("one")
                        .options(options -> options.offloadThreads(1).offloadQueueLimit(1))
                        .run(() -> {
                          for (int i = 0; i < 3; i++) {
                            Fiber.start(() -> Fiber.offload(() -> 1));
                          }
                        }))
                .run())
        .isInstanceOf(SimulationFailure.class)
        .hasRootCauseInstanceOf(RejectedExecutionException.class);
  }

  @Test
  void shouldInterruptAJobWhoseCallerIsCancelled() {
    List<String> events = new ArrayList<>();
    Simulation.seed(4)
        .world(world ->
            world
                .host("one")
                .run(() -> {
                  CountDownLatch never = new CountDownLatch(1);
                  assertThatThrownBy(() ->
                          Cancellation.within(
                              Duration.ofSeconds(1),
                              () ->
                                  Fiber.offload(() -> {
                                    try {
                                      never.await();
                                    } catch (InterruptedException e) {
                                      events.add("interrupted");
                                    }
                                    return 1;
                                  })))
                      .isInstanceOf(CancelledException.class);
                  Fiber.sleep(Duration.ofSeconds(1));
                }))
        .run();
    assertThat(events).containsExactly("interrupted");
  }

  @Test
  void shouldBeNoFiberInsideOfAJob() {
    Simulation.seed(5)
        .world(world ->
            world
                .host("one")
                .run(() ->
                    assertThatThrownBy(() -> Fiber.offload(Fiber::current))
                        .isInstanceOf(IllegalStateException.class)))
        .run();
  }

  @Test
  void shouldNotTakeTimeFromTheRealClock() {
    SimulationFailure failure =
        failureOf(
            Simulation.seed(6)
                .world(world ->
                    world
                        .host("one")
                        .run(() ->
                            Fiber.offload(() -> {
                              Thread.sleep(Duration.ofHours(1));
                              return 1;
                            }))));
    assertThat(failure.kind()).isEqualTo(SimulationFailure.Kind.NOT_DETERMINISTIC);
    assertThat(failure).hasMessageContaining("one-offload-1").hasMessageContaining("real clock");
  }

  @Test
  void shouldRunJobsAndFibersInTheOrderOfTheSeed() {
    Set<List<Integer>> orders = new HashSet<>();
    for (int seed = 0; seed < 20; seed++) {
      List<Integer> order = raceForALock(seed);
      assertThat(raceForALock(seed)).as("seed %d", seed).isEqualTo(order);
      orders.add(order);
    }
    assertThat(orders).hasSizeGreaterThan(5);
  }

  /** In which order jobs and a fiber come to a lock that all of them wait for. */
  private static List<Integer> raceForALock(long seed) {
    List<Integer> order = new ArrayList<>();
    Simulation.seed(seed)
        .world(world ->
            world
                .host("one")
                .run(() -> {
                  order.clear();
                  ReentrantLock lock = new ReentrantLock();
                  try (Scope scope = Scope.open("racers")) {
                    for (int i = 0; i < 4; i++) {
                      int number = i;
                      scope.start(
                          "racer",
                          () ->
                              Fiber.offload(() -> {
                                lock.lock();
                                try {
                                  return order.add(number);
                                } finally {
                                  lock.unlock();
                                }
                              }));
                    }
                    lock.lock();
                    try {
                      Fiber.sleep(Duration.ofMillis(2));
                      order.add(-1);
                    } finally {
                      lock.unlock();
                    }
                    scope.join();
                  }
                }))
        .check();
    return List.copyOf(order);
  }

  @Test
  void shouldSayWhatOfTheBackgroundDoesNotEnd() {
    SimulationFailure failure =
        failureOf(
            Simulation.seed(7)
                .world(world -> {
                  world
                      .host("stubborn")
                      .background(() -> {
                        while (world.random(2) < 2) {
                          Fiber.yield();
                        }
                      });
                  world.host("one").run(() -> Fiber.sleep(Duration.ofMillis(1)));
                }));
    assertThat(failure.kind()).isEqualTo(SimulationFailure.Kind.TIMEOUT);
    assertThat(failure).hasMessageContaining("stubborn, which has fiber");
  }
}
