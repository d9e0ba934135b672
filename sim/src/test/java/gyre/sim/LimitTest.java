package gyre.sim;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import gyre.Cancellation;
import gyre.DeadlineExceededException;
import gyre.Fiber;
import gyre.Loop;
import gyre.Scope;
import gyre.Task;
import gyre.sync.AdaptiveLimit;
import gyre.sync.CircuitBreaker;
import gyre.sync.CircuitOpenException;
import gyre.sync.RateLimit;
import gyre.sync.TokenBucket;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Limits of rates and of what runs at a time, in virtual time. */
@Timeout(60)
class LimitTest {
  private static final long SECOND = 1_000_000_000L;

  private final List<String> log = new ArrayList<>();
  private int running;
  private int greatest;
  private int calls;

  private static void run(Task main) {
    Simulation.seed(1).world(world -> world.host("host").run(main)).run();
  }

  private static long millis() {
    return Loop.current().nanoTime() / 1_000_000;
  }

  // ---- buckets

  @ParameterizedTest
  @ValueSource(longs = {1, 2, 3, 4, 5, 6, 7, 8})
  void shouldNeitherLoseNorMakeTokens(long seed) {
    Random random = new Random(seed);
    long perSecond = 1 + random.nextLong(1_000_000);
    long burst = 1 + random.nextLong(1_000);
    TokenBucket bucket = TokenBucket.create(perSecond, burst, 0);
    long nowNanos = 0;
    long taken = 0;
    for (int i = 0; i < 20_000; i++) {
      long want = 1 + random.nextLong(burst);
      long waitNanos = bucket.nanosUntil(want, nowNanos);
      if (waitNanos > 0) {
        assertThat(bucket.tryTake(want, nowNanos + waitNanos - 1)).isFalse();
        nowNanos += waitNanos; // never so long that the bucket runs over
      }
      assertThat(bucket.tryTake(want, nowNanos)).as("promised").isTrue();
      taken += want;
      double allowed = burst + (double) nowNanos * perSecond / SECOND;
      assertThat((double) taken).isLessThanOrEqualTo(allowed + 1e-3);
      assertThat((double) taken + bucket.available(nowNanos)).isGreaterThan(allowed - 1.001);
    }
  }

  @Test
  void shouldKeepNoMoreThanTheBurst() {
    TokenBucket bucket = TokenBucket.create(10, 5, 0);
    assertThat(bucket.available(100 * SECOND)).isEqualTo(5);
    bucket.take(25, 100 * SECOND);
    assertThat(bucket.available(100 * SECOND)).isEqualTo(-20);
    assertThat(bucket.nanosUntil(100, 100 * SECOND)).isEqualTo(5 * SECOND / 2);
    assertThat(bucket.available(Long.MAX_VALUE / 2)).isEqualTo(5);
    bucket.change(1_000, 1, Long.MAX_VALUE / 2);
    assertThat(bucket.available(Long.MAX_VALUE / 2 + SECOND)).isOne();
    assertThat(bucket.available(0)).as("a clock that goes back").isOne();
    assertThatThrownBy(() -> TokenBucket.create(0, 1, 0)).hasMessageContaining("perSecond is 0");
  }

  @Test
  void shouldLetSoMuchThroughInASecondAndInOrder() {
    run(() -> {
      RateLimit limit = RateLimit.create("requests", 100, 10);
      List<String> came = new ArrayList<>();
      long begin = millis();
      try (Scope scope = Scope.open("clients")) {
        for (int i = 0; i < 210; i++) {
          String name = "%03d".formatted(i);
          scope.start(() -> {
            came.add(name);
            limit.acquire(1);
            log.add(name);
          });
        }
        scope.join();
      }
      assertThat(millis() - begin).isBetween(2_000L, 2_210L); // a timer may be a tick late
      assertThat(log).isEqualTo(came).hasSize(210);
    });
  }

  @Test
  void shouldTakeFromAllLimitsOrFromNone() {
    run(() -> {
      RateLimit all = RateLimit.create("all", 10, 10);
      RateLimit left = all.child("left", 1_000, 1_000);
      RateLimit right = all.child("right", 1, 1);
      left.acquire(8);
      assertThat(all.available()).isEqualTo(2);
      assertThat(left.available()).isEqualTo(2);
      assertThat(left.tryAcquire(3)).isFalse();
      right.acquire(1);
      assertThat(right.tryAcquire(1)).isFalse();
      assertThat(all.available()).isOne();
      assertThatThrownBy(() -> Cancellation.within(Duration.ofMillis(1), () -> left.acquire(5)))
          .isInstanceOf(DeadlineExceededException.class);
      assertThat(all.available()).isOne();
      assertThat(left.tryAcquire(1)).isTrue();
      long begin = millis();
      left.acquire(50); // more than the burst of all: when that is full, and owed
      assertThat(millis() - begin).isBetween(1_000L - 10, 1_010L);
      assertThat(all.available()).isEqualTo(-40);
    });
  }

  @Test
  void shouldShareAParentFairly() {
    run(() -> {
      RateLimit all = RateLimit.create("all", 100, 1);
      int[] taken = new int[2];
      try (Scope scope = Scope.open("customers")) {
        for (int i = 0; i < 2; i++) {
          int me = i;
          RateLimit mine = all.child("customer-" + i, 1_000, 1_000);
          for (int fibers = 0; fibers < (me == 0 ? 20 : 1); fibers++) {
            scope.start(() -> {
              while (true) {
                mine.acquire(1);
                taken[me]++;
              }
            });
          }
        }
        Fiber.sleep(Duration.ofSeconds(10));
        scope.cancel("seen");
      }
      assertThat(taken[0] + taken[1]).isBetween(900, 1_001);
      assertThat(Math.abs(taken[0] - taken[1])).isLessThan(10);
    });
  }

  // ---- adaptive

  /** A server that does {@code capacity} calls at a time in 10 ms, and gets slow beyond. */
  private void serve(int capacity) {
    running++;
    greatest = Math.max(greatest, running);
    calls++;
    try {
      Fiber.sleep(Duration.ofMillis(running > capacity ? 100 : 10));
    } finally {
      running--;
    }
  }

  @Test
  void shouldFindTheCapacityOfAServer() {
    run(() -> {
      AdaptiveLimit limit = AdaptiveLimit.create("server", 2, 1_000, Duration.ofMillis(50));
      try (Scope scope = Scope.open("clients")) {
        for (int i = 0; i < 200; i++) {
          scope.start(() -> {
            while (true) {
              limit.call(() -> {
                serve(40);
                return true;
              });
            }
          });
        }
        Fiber.sleep(Duration.ofSeconds(30));
        assertThat(limit.limit()).isBetween(30, 45);
        assertThat(limit.waiting()).isEqualTo(200 - limit.running());
        scope.cancel("seen");
      }
      assertThat(greatest).isLessThan(50);
      assertThat(limit.running()).isZero();
      int before = limit.limit();
      for (int i = 0; i < 1_000; i++) {
        limit.call(() -> true); // alone: says nothing about how many could
      }
      assertThat(limit.limit()).isEqualTo(before);
    });
  }

  @Test
  void shouldCountABurstOfFailuresOnce() {
    run(() -> {
      AdaptiveLimit limit =
          AdaptiveLimit.create(
              "server", 10, 100, Duration.ofSeconds(9), e -> e instanceof IOException);
      for (int i = 0; i < 400; i++) {
        try (Scope scope = Scope.open("good")) {
          for (int n = 0; n < 20; n++) {
            scope.start(() ->
                limit.call(() -> {
                  Fiber.sleep(Duration.ofMillis(1));
                  return true;
                }));
          }
          scope.join();
        }
      }
      int grown = limit.limit();
      assertThat(grown).isGreaterThanOrEqualTo(20);
      try (Scope scope = Scope.open("bad")) {
        for (int n = 0; n < 10; n++) {
          scope.start(() ->
              assertThatThrownBy(() ->
                      limit.call(() -> {
                        Fiber.sleep(Duration.ofMillis(1));
                        throw new IOException("busy");
                      }))
                  .isInstanceOf(IOException.class));
        }
        scope.join();
      }
      assertThat(limit.limit()).isEqualTo(grown - grown / 10);
    });
  }

  // ---- circuit breaker

  private static Object failing(CircuitBreaker breaker) throws Exception {
    return breaker.call(() -> {
      throw new IOException("down");
    });
  }

  @Test
  void shouldOpenProbeAndClose() {
    run(() -> {
      CircuitBreaker breaker = CircuitBreaker.create("db", 50, 10, Duration.ofSeconds(5), 2);
      Loop loop = Loop.current();
      for (int i = 0; i < 10; i++) {
        assertThat(breaker.state(loop.nanoTime())).isEqualTo(CircuitBreaker.State.CLOSED);
        boolean fails = i % 2 == 1;
        if (fails) {
          assertThatThrownBy(() -> failing(breaker)).hasMessage("down");
        } else {
          breaker.call(() -> true);
        }
      }
      assertThat(breaker.state(loop.nanoTime())).isEqualTo(CircuitBreaker.State.OPEN);
      assertThatThrownBy(() -> breaker.call(() -> calls++))
          .isInstanceOf(CircuitOpenException.class)
          .hasMessageContaining("db is not called, because calls before have failed");
      assertThat(calls).isZero();
      Fiber.sleep(Duration.ofSeconds(5));
      assertThat(breaker.state(loop.nanoTime())).isEqualTo(CircuitBreaker.State.HALF_OPEN);
      assertThatThrownBy(() -> failing(breaker)).hasMessage("down");
      assertThat(breaker.state(loop.nanoTime())).isEqualTo(CircuitBreaker.State.OPEN);
      Fiber.sleep(Duration.ofSeconds(5));
      breaker.call(() -> true);
      assertThat(breaker.state(loop.nanoTime())).isEqualTo(CircuitBreaker.State.HALF_OPEN);
      breaker.call(() -> true);
      assertThat(breaker.state(loop.nanoTime())).isEqualTo(CircuitBreaker.State.CLOSED);
    });
  }

  @Test
  void shouldLetOnlySoManyProbesThroughAndGetBackTheOnesThatAreCancelled() {
    CircuitBreaker breaker = CircuitBreaker.create("db", 100, 1, Duration.ofSeconds(5), 2);
    CircuitBreaker.Attempt early = breaker.tryEnter(0).orElseThrow();
    breaker.tryEnter(0).orElseThrow().failed(1);
    assertThat(breaker.tryEnter(1)).isEmpty();
    long later = 6 * SECOND;
    CircuitBreaker.Attempt first = breaker.tryEnter(later).orElseThrow();
    CircuitBreaker.Attempt second = breaker.tryEnter(later).orElseThrow();
    assertThat(breaker.tryEnter(later)).isEmpty();
    early.failed(later); // of another time
    second.abandoned();
    second.abandoned();
    CircuitBreaker.Attempt third = breaker.tryEnter(later).orElseThrow();
    assertThat(breaker.tryEnter(later)).isEmpty();
    first.succeeded();
    assertThat(breaker.tryEnter(later)).isEmpty();
    third.succeeded();
    assertThat(breaker.state(later)).isEqualTo(CircuitBreaker.State.CLOSED);
  }

  @Test
  void shouldNotTakeACancelledCallForAFailure() {
    run(() -> {
      CircuitBreaker breaker = CircuitBreaker.create("db", 1, 1, Duration.ofSeconds(5), 1);
      try (Scope scope = Scope.open("calls")) {
        scope.start(() ->
            breaker.call(() -> {
              Fiber.sleep(Duration.ofHours(1));
              return true;
            }));
        Fiber.sleep(Duration.ofMillis(1));
      }
      assertThat(breaker.state(Loop.current().nanoTime())).isEqualTo(CircuitBreaker.State.CLOSED);
      assertThatThrownBy(() ->
              breaker.call(() ->
                  Cancellation.within(
                      Duration.ofMillis(1),
                      () -> {
                        Fiber.sleep(Duration.ofHours(1));
                        return true;
                      })))
          .isInstanceOf(DeadlineExceededException.class);
      assertThat(breaker.state(Loop.current().nanoTime())).isEqualTo(CircuitBreaker.State.OPEN);
    });
  }
}
