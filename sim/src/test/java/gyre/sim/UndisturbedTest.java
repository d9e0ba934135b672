package gyre.sim;

import static org.assertj.core.api.Assertions.assertThat;

import gyre.Fiber;
import gyre.Loop;
import gyre.Scope;
import gyre.Task;
import gyre.Timer;
import gyre.sync.Mutex;
import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/**
 * What is said in docs/rules.md of those who wait beside a loop that goes on: a timer ticks each
 * millisecond meanwhile, and is never late. Time is virtual.
 */
@Timeout(60)
class UndisturbedTest {
  private static final long TICK_NANOS = 1_000_000;

  private static final class Ticks {
    private final Timer timer;
    private final long begunNanos = Loop.current().nanoTime();
    private long lastNanos = begunNanos;
    private long longestNanos;

    Ticks() {
      timer = Loop.current().every(Duration.ofNanos(TICK_NANOS), this::tick);
      timer.background(true);
    }

    private void tick() {
      long now = Loop.current().nanoTime();
      longestNanos = Math.max(longestNanos, now - lastNanos);
      lastNanos = now;
    }

    void checkUndisturbedFor(Duration atLeast) {
      timer.close();
      assertThat(lastNanos - begunNanos).isGreaterThan(atLeast.toNanos());
      assertThat(longestNanos).isLessThan(2 * TICK_NANOS);
    }
  }

  private static void run(Task main) {
    Simulation.seed(1)
        .withoutFaults()
        .world(world -> world.host("host").options(options -> options.offloadThreads(4)).run(main))
        .run();
  }

  // ---- async-spawn-blocking

  @Test
  void shouldTickOnWhileJobsAreBusyElsewhere() {
    run(() -> {
      Ticks ticks = new Ticks();
      CountDownLatch done = new CountDownLatch(1);
      try (Scope jobs = Scope.open("jobs")) {
        for (int i = 0; i < 8; i++) {
          jobs.start(() ->
              Fiber.offload(() -> {
                done.await();
                return 0;
              }));
        }
        Fiber.sleep(Duration.ofSeconds(2));
        done.countDown();
        jobs.join();
      }
      ticks.checkUndisturbedFor(Duration.ofMillis(1_990)); // eight jobs, four threads
    });
  }

  // ---- sync-avoid-lock-await

  @Test
  void shouldTickOnWhileALockIsHeldAcrossAWait() {
    run(() -> {
      Ticks ticks = new Ticks();
      Mutex mutex = Mutex.create("account");
      try (Scope scope = Scope.open("two")) {
        for (int i = 0; i < 2; i++) {
          scope.start(() -> {
            try (var _ = mutex.hold()) {
              Fiber.sleep(Duration.ofMillis(100));
            }
          });
        }
        scope.join();
      }
      ticks.checkUndisturbedFor(Duration.ofMillis(190));
    });
  }
}
