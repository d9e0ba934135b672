package gyre;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.Parameter;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.provider.ValueSource;

/** Waiting: level, arm, claim. */
@Tag("fiber-modes")
@ParameterizedClass
@ValueSource(strings = {"io_uring", "epoll", "nio"})
@Timeout(value = 30, unit = TimeUnit.SECONDS, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class SourceTest {
  private static final Duration LONG = Duration.ofHours(1);

  @Parameter String engine = "";

  /** Permits, each of which one fiber may take. */
  private static final class Permits extends WaitPoint {
    private int free;
    private int armed;

    void add(int permits) {
      free += permits;
      for (int i = 0; i < permits; i++) {
        wakeFirst();
      }
    }

    void take() {
      assertThat(free).as("taken after a wait, without parking").isPositive();
      free--;
    }

    @Override
    public boolean isReady() {
      return free > 0;
    }

    @Override
    public void arm(Waiter waiter) {
      super.arm(waiter);
      armed++;
    }

    @Override
    public void disarm(Waiter waiter) {
      armed--;
      super.disarm(waiter);
    }

    @Override
    public String doing() {
      return "waiting for a permit";
    }
  }

  private static Fiber<?> taker(Scope scope, String name, Permits permits, List<String> log) {
    return scope.start(
        name,
        () -> {
          Fiber.await(permits);
          permits.take();
          log.add(name);
        });
  }

  private static void untilArmed(Permits permits, int number) {
    while (permits.armed != number) {
      Fiber.yield();
    }
  }

  @Test
  void shouldNotParkForASourceThatIsReady() {
    Loops.run(
        engine,
        () -> {
          Permits permits = new Permits();
          permits.add(1);
          Fiber.await(permits);
          assertThat(Fiber.awaitFirst(Deadline.in(LONG), permits)).isSameAs(permits);
          assertThat(permits.armed).isZero();
        });
  }

  @Test
  void shouldWakeWaitersInTheOrderInWhichTheyCame() {
    List<String> log = new ArrayList<>();
    Loops.run(
        engine,
        () -> {
          Permits permits = new Permits();
          try (Scope scope = Scope.open("takers")) {
            for (String name : List.of("first", "second", "third")) {
              taker(scope, name, permits, log);
              untilArmed(permits, log.size() + permits.armed);
              Fiber.yield();
            }
            untilArmed(permits, 3);
            permits.add(2);
            while (log.size() < 2) {
              Fiber.yield();
            }
            permits.add(1);
            scope.join();
          }
          assertThat(permits.free).isZero();
        });
    assertThat(log).containsExactly("first", "second", "third");
  }

  @Test
  void shouldHandTheWakeUpOnWhenAWokenWaiterIsCancelled() {
    List<String> log = new ArrayList<>();
    Loops.run(
        engine,
        () -> {
          Permits permits = new Permits();
          try (Scope scope = Scope.open("takers")) {
            try (Scope doomed = Scope.open("doomed")) {
              taker(doomed, "cancelled", permits, log);
              untilArmed(permits, 1);
              taker(scope, "next", permits, log);
              untilArmed(permits, 2);
              permits.add(1); // wakes the first, which has not run yet
              doomed.cancel("not needed");
            }
            scope.join();
          }
          assertThat(permits.free).isZero();
          assertThat(permits.armed).isZero();
        });
    assertThat(log).containsExactly("next");
  }

  @Test
  void shouldKeepThePlaceOfAWaiterThatSomebodyElseUnparks() {
    List<String> log = new ArrayList<>();
    Loops.run(
        engine,
        () -> {
          Permits permits = new Permits();
          try (Scope scope = Scope.open("takers")) {
            Fiber<?> first = taker(scope, "first", permits, log);
            untilArmed(permits, 1);
            taker(scope, "second", permits, log);
            untilArmed(permits, 2);
            first.unpark();
            Fiber.yield();
            Fiber.yield();
            permits.add(1);
            while (log.isEmpty()) {
              Fiber.yield();
            }
            permits.add(1);
            scope.join();
          }
        });
    assertThat(log).containsExactly("first", "second");
  }

  @Test
  void shouldLeaveLosersUntouched() {
    Loops.run(
        engine,
        () -> {
          Permits left = new Permits();
          Permits right = new Permits();
          try (Scope scope = Scope.open("select")) {
            Fiber<Source> chooser =
                scope.call(() -> Fiber.awaitFirst(left, right, Deadline.in(LONG)));
            untilArmed(right, 1);
            assertThat(left.armed).isOne();
            right.add(1);
            assertThat(chooser.join()).isSameAs(right);
          }
          assertThat(left.armed + right.armed).isZero();
          assertThat(right.free).isOne();
        });
  }

  @Test
  void shouldHandOnTheWakeUpsOfSourcesThatLost() {
    List<String> log = new ArrayList<>();
    Loops.run(
        engine,
        () -> {
          Permits left = new Permits();
          Permits right = new Permits();
          try (Scope scope = Scope.open("select")) {
            Fiber<Source> chooser = scope.call(() -> Fiber.awaitFirst(left, right));
            untilArmed(right, 1);
            taker(scope, "left", left, log);
            untilArmed(left, 2);
            taker(scope, "right", right, log);
            untilArmed(right, 2);
            left.add(1);
            right.add(1); // both have woken the chooser, which takes one of them
            Source chosen = chooser.join();
            String other = chosen == left ? "right" : "left";
            while (log.isEmpty()) {
              Fiber.yield();
            }
            assertThat(log).containsExactly(other);
            (chosen == left ? left : right).take();
            (chosen == left ? left : right).add(1);
            scope.join();
          }
        });
    assertThat(log).hasSize(2);
  }

  @Test
  void shouldPassNobodyOverOfSourcesThatAreAlwaysReady() {
    Loops.run(
        engine,
        () -> {
          Permits left = new Permits();
          Permits right = new Permits();
          left.add(1);
          right.add(1);
          Source first = Fiber.awaitFirst(left, right);
          Source second = Fiber.awaitFirst(left, right);
          assertThat(first).isNotSameAs(second);
        });
  }

  @Test
  void shouldWaitForTheEndOfAFiberOrForTime() {
    Loops.run(
        engine,
        () -> {
          try (Scope scope = Scope.open("work")) {
            Signal enough = Signal.open();
            Fiber<?> worker = scope.start("worker", () -> Fiber.await(enough));
            Deadline soon = Deadline.in(Duration.ofMillis(1));
            assertThat(Fiber.awaitFirst(worker.end(), soon)).isSameAs(soon);
            assertThat(soon.isReady()).isTrue();
            enough.raise();
            Deadline late = Deadline.in(LONG);
            assertThat(Fiber.awaitFirst(late, worker.end())).isSameAs(worker.end());
            assertThat(worker.isAlive()).isFalse();
            Fiber.await(scope.end());
          }
        });
  }

  @Test
  void shouldHearASignalFromAnyThread() {
    Loops.run(
        engine,
        () -> {
          Signal signal = Signal.open();
          for (int round = 0; round < 100; round++) {
            Thread raiser = Thread.ofPlatform().start(signal::raise);
            Fiber.await(signal);
            assertThat(signal.take()).isTrue();
            assertThat(signal.take()).isFalse();
            raiser.join();
          }
          signal.raise();
          signal.raise();
          Fiber.await(signal);
          assertThat(signal.take()).isTrue();
          assertThat(signal.isReady()).isFalse();
        });
  }

  @Test
  void shouldSayWhatIsWaitedFor() {
    Loops.run(
        engine,
        () -> {
          Permits permits = new Permits();
          try (Scope scope = Scope.open("takers")) {
            Fiber<?> fiber =
                scope.start("chooser", () -> Fiber.awaitFirst(permits, Deadline.in(LONG)));
            untilArmed(permits, 1);
            assertThat(fiber.doing()).isEqualTo("waiting for a permit, or sleeping");
            scope.cancel("seen");
          }
        });
  }

  @Test
  void shouldDisarmWhatIsArmedWhenALaterSourceRefuses() {
    Loops.run(
        engine,
        () -> {
          Permits permits = new Permits();
          Source refusing =
              new WaitPoint() {
                @Override
                public boolean isReady() {
                  return false;
                }

                @Override
                public void arm(Waiter waiter) {
                  throw new IllegalStateException("one at a time");
                }

                @Override
                public String doing() {
                  return "refusing";
                }
              };
          assertThatThrownBy(() -> Fiber.awaitFirst(permits, refusing)).hasMessage("one at a time");
          assertThatThrownBy(() -> Fiber.await(refusing)).hasMessage("one at a time");
          assertThat(permits.armed).isZero();
          permits.add(1);
          Fiber.await(permits);
        });
  }
}
