package gyre;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.Parameter;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.provider.ValueSource;

@Tag("fiber-modes")
@ParameterizedClass
@ValueSource(strings = {"io_uring", "epoll", "nio"})
@Timeout(value = 30, unit = TimeUnit.SECONDS, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class ScopeTest {
  private static final Duration SHORT = Duration.ofMillis(10);
  private static final Duration FOREVER = Duration.ofHours(1);

  @Parameter String engine = "";

  private int alive;

  @Test
  void shouldCancelTheOthersWhenOneFailsAndAttachLaterFailures() {
    Loops.run(
        engine,
        () -> {
          Scope scope = Scope.open("work");
          Fiber<?> other =
              scope.start(() -> {
                try {
                  Fiber.sleep(FOREVER);
                } finally {
                  throwLate();
                }
              });
          scope.start(() -> {
            throw new IllegalArgumentException("first");
          });
          assertThatThrownBy(scope::join)
              .isInstanceOf(IllegalArgumentException.class)
              .hasMessage("first")
              .satisfies(e -> assertThat(e.getSuppressed()).extracting("message").contains("late"));
          assertThat(other.isAlive()).isFalse();
          scope.close();
        });
  }

  private static void throwLate() {
    throw new IllegalStateException("late");
  }

  @Test
  void shouldJoinWithADeadlineThatEndsWithTheJoin() {
    Loops.runInVirtualTime(
        engine,
        () -> {
          try (Scope scope = Scope.open("slow")) {
            scope.start(() -> Fiber.sleep(FOREVER));
            assertThatThrownBy(() -> scope.join(SHORT))
                .isInstanceOf(DeadlineExceededException.class);
            assertThat(scope.fibers()).isZero();
          }
          try (Scope scope = Scope.open("quick")) {
            scope.start(Fiber::yield);
            scope.join(Duration.ofMillis(20));
            Fiber.sleep(Duration.ofMillis(40));
            assertThat(scope.cancellation().isCancelled()).isFalse();
          }
        });
  }

  @Test
  void shouldCancelWithAReasonFromAnyThread() {
    Loops.run(
        engine,
        () -> {
          try (Scope scope = Scope.open("cancelled")) {
            Fiber<?> sleeper =
                scope.start(() ->
                    assertThatThrownBy(() -> Fiber.sleep(FOREVER))
                        .isInstanceOf(CancelledException.class)
                        .hasMessage("enough"));
            Fiber.yield();
            Thread.ofPlatform().start(() -> scope.cancel("enough"));
            while (sleeper.isAlive()) {
              Cancellation.shield(FOREVER, sleeper::join);
            }
          }
        });
  }

  @Test
  void shouldRefuseToCloseOutOfOrder() {
    Loops.run(
        engine,
        () -> {
          try (Scope outer = Scope.open("outer");
              Scope inner = Scope.open("inner")) {
            assertThat(inner.parent()).isSameAs(outer);
            assertThatThrownBy(outer::close)
                .isInstanceOf(IllegalStateException.class)
                .hasMessageContaining("outer must be closed");
            assertThatThrownBy(() -> Cancellation.within(FOREVER, inner::close))
                .isInstanceOf(IllegalStateException.class);
          }
        });
  }

  @Test
  void shouldBoundAJoinByTimeAndLeaveWhatIsJoinedAlone() {
    Loops.run(
        engine,
        () -> {
          boolean[] may = {false};
          try (Scope scope = Scope.open("joined")) {
            Fiber<Integer> slow =
                scope.call(() -> {
                  while (!may[0]) {
                    Fiber.park();
                  }
                  return 42;
                });
            assertThatThrownBy(() -> Cancellation.within(Duration.ofMillis(5), slow::join))
                .isInstanceOf(DeadlineExceededException.class)
                .hasMessageContaining("5 ms");
            assertThatThrownBy(() -> Cancellation.within(Duration.ofMillis(5), () -> scope.join()))
                .isInstanceOf(DeadlineExceededException.class);
            assertThat(slow.isAlive()).isTrue();
            may[0] = true;
            slow.unpark();
            assertThat(Cancellation.within(Duration.ofSeconds(20), slow::join)).isEqualTo(42);
            scope.join();
          }
        });
  }

  @Test
  void shouldObserveTheNearestDeadline() {
    Loops.run(
        engine,
        () ->
            Cancellation.within(
                FOREVER,
                () -> {
                  assertThatThrownBy(() ->
                          Cancellation.within(
                              SHORT,
                              () -> Cancellation.within(FOREVER, () -> Fiber.sleep(FOREVER))))
                      .isInstanceOf(DeadlineExceededException.class);
                  Fiber.sleep(SHORT); // the outer one goes on
                }));
  }

  @Test
  void shouldWaitForTheCallbacksOfItsHandlesAfterCancellingThem() {
    List<String> log = new ArrayList<>();
    Loops.run(
        engine,
        () -> {
          Fiber<?> self = Fiber.current();
          try (Scope scope = Scope.open("callbacks")) {
            assertThat(scope.fibers()).isZero();
            Timer ignored = Loop.current().after(Duration.ZERO, () -> parkForLong(self, log));
            while (log.isEmpty()) {
              Fiber.park();
            }
          }
          log.add("closed");
        });
    assertThat(log).containsExactly("parked", "cancelled", "finally", "closed");
  }

  @Test
  void shouldWaitForTheCallbackOfAHandleThatIsClosedAlready() {
    List<String> log = new ArrayList<>();
    Loops.run(
        engine,
        () -> {
          Fiber<?> self = Fiber.current();
          try (Scope scope = Scope.open("callbacks")) {
            Timer timer = Loop.current().after(Duration.ZERO, () -> parkForLong(self, log));
            while (log.isEmpty()) {
              Fiber.park();
            }
            timer.close();
            assertThat(scope.cancellation().isCancelled()).isFalse();
          }
          log.add("closed");
        });
    assertThat(log).containsExactly("parked", "cancelled", "finally", "closed");
  }

  @Test
  void shouldCancelTheCallbacksOfItsHandlesWithItself() {
    List<String> log = new ArrayList<>();
    Loops.run(
        engine,
        () -> {
          Fiber<?> self = Fiber.current();
          Scope scope = Scope.open("callbacks");
          Timer ignored = Loop.current().after(Duration.ZERO, () -> parkForLong(self, log));
          while (log.isEmpty()) {
            Fiber.park();
          }
          scope.cancel("enough");
          Cancellation.shield(
              FOREVER,
              () -> {
                while (log.size() < 3) {
                  Fiber.sleep(SHORT);
                }
              });
          scope.close();
        });
    assertThat(log).containsExactly("parked", "cancelled", "finally");
  }

  private static void parkForLong(Fiber<?> told, List<String> log) {
    log.add("parked");
    told.unpark();
    try {
      Fiber.sleep(FOREVER);
    } catch (CancelledException e) {
      log.add("cancelled");
      sleepShielded();
      log.add("finally");
      throw e;
    }
  }

  private static void sleepShielded() {
    try {
      Cancellation.shield(FOREVER, () -> Fiber.sleep(Duration.ofMillis(30)));
    } catch (Exception e) {
      throw new AssertionError(e);
    }
  }

  @Test
  void shouldLetNoFiberOutliveItsScope() {
    for (long seed = 1; seed <= 60; seed++) {
      Random random = new Random(seed);
      alive = 0;
      Loops.run(
          engine,
          () -> {
            try {
              grow(random, 4);
            } catch (IllegalStateException | CancelledException e) {
              assertThat(e).isNotNull(); // planned, or what came of it
            }
          });
      assertThat(alive).as("seed %d", seed).isZero();
    }
  }

  /** A scope with fibers that work, fail, cancel, or open scopes; at its end none may be left. */
  private void grow(Random random, int depth) {
    int before = alive;
    int[] mine = {0};
    try (Scope scope = Scope.open("depth " + depth)) {
      int fibers = random.nextInt(5);
      for (int i = 0; i < fibers; i++) {
        int what = random.nextInt(10);
        scope.start(() -> {
          mine[0]++;
          alive++;
          try {
            act(random, depth, what, scope);
          } finally {
            alive--;
            mine[0]--;
          }
        });
      }
      if (random.nextBoolean()) {
        scope.join();
      }
    } finally {
      assertThat(mine[0]).isZero();
    }
    assertThat(before).isNotNegative();
  }

  private void act(Random random, int depth, int what, Scope scope) {
    switch (what) {
      case 0 -> throw new IllegalStateException("planned");
      case 1 -> scope.cancel("planned");
      case 2, 3 -> Fiber.sleep(Duration.ofNanos(random.nextInt(3_000_000)));
      case 4 -> Fiber.yield();
      default -> {
        if (depth > 0) {
          grow(random, depth - 1);
        }
      }
    }
  }
}
