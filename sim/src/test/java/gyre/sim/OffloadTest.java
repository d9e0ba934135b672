package gyre.sim;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import gyre.Cancellation;
import gyre.CancelledException;
import gyre.Fiber;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
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
                .options(options -> options.offload(1, 1))
                .run(() -> {
                  Fiber.start(() -> assertThat(Fiber.offload(() -> 1)).isEqualTo(1));
                  Fiber.start(() -> assertThat(Fiber.offload(() -> 2)).isEqualTo(2));
                  Fiber.start(() -> {
                    Fiber.sleep(Duration.ofNanos(1));
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
                        .options(options -> options.offload(1, 1))
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
  void shouldSayWhatOfTheBackgroundDoesNotEnd() {
    SimulationFailure failure =
        failureOf(
            Simulation.seed(6)
                .world(world -> {
                  world
                      .host("stubborn")
                      .background(() -> {
                        while (world.elapsed().isPositive()) {
                          world.after(Duration.ZERO, Fiber.current()::unpark);
                          try {
                            Fiber.yield();
                          } catch (CancelledException e) {
                            world.random(2); // goes on all the same
                          }
                        }
                      });
                  world.host("one").run(() -> Fiber.sleep(Duration.ofMillis(1)));
                }));
    assertThat(failure.kind()).isEqualTo(SimulationFailure.Kind.TIMEOUT);
    assertThat(failure).hasMessageContaining("stubborn has").hasMessageContaining("fiber main");
  }
}
