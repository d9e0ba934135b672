package gyre.sim;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import gyre.Cancellation;
import gyre.CancelledException;
import gyre.Deadline;
import gyre.DeadlineExceededException;
import gyre.Fiber;
import gyre.Loop;
import gyre.Scope;
import gyre.ShutdownOptions;
import gyre.Task;
import gyre.sync.Gather;
import gyre.sync.Hedge;
import gyre.sync.Outcome;
import gyre.sync.Retry;
import gyre.sync.RetryBudget;
import gyre.sync.Semaphore;
import gyre.sync.Ticker;
import gyre.sync.Work;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.Callable;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

// Over 500 lines: each promise of supervised work once, in virtual time.
/** Work by several fibers, in virtual time: what is said here of durations is exact. */
@Timeout(60)
class WorkTest {
  private static final Duration HOUR = Duration.ofHours(1);
  private static final long MILLI = 1_000_000;

  private final List<String> log = new ArrayList<>();
  private int number;
  private int alive;
  private int greatest;

  private static void run(Task main) {
    run(1, main);
  }

  private static void run(long seed, Task main) {
    Simulation.seed(seed).world(world -> world.host("host").run(main)).run();
  }

  private static long millis() {
    return Loop.current().nanoTime() / MILLI;
  }

  private static Callable<String> after(long millis, String result) {
    return () -> {
      Fiber.sleep(Duration.ofMillis(millis));
      return result;
    };
  }

  private static Callable<String> failsAfter(long millis, String message) {
    return () -> {
      Fiber.sleep(Duration.ofMillis(millis));
      throw new IOException(message);
    };
  }

  private Callable<String> noting(Callable<String> work, String name) {
    return () -> {
      try {
        return work.call();
      } finally {
        log.add(name);
      }
    };
  }

  // ---- all, race, as they end

  @Test
  void shouldGiveAllResultsInTheOrderOfTheWork() {
    run(() ->
        assertThat(Work.all(List.of(after(30, "a"), after(10, "b"), after(20, "c"))))
            .containsExactly("a", "b", "c"));
  }

  @Test
  void shouldCancelTheOthersWhenOneOfAllFails() {
    run(() -> {
      List<Callable<String>> works = new ArrayList<>();
      works.add(failsAfter(10, "broken"));
      for (int i = 0; i < 99; i++) {
        works.add(noting(after(1_000, "late"), "ended"));
      }
      assertThatThrownBy(() -> Work.all(works)).hasRootCauseMessage("broken");
      assertThat(log).hasSize(99);
      assertThat(Loop.current().fibers()).hasSize(2);
    });
  }

  @Test
  void shouldTakeTheFirstThatSucceedsAndEndTheOthers() {
    run(() -> {
      String winner =
          Work.race(
              List.of(
                  failsAfter(5, "early"),
                  noting(after(30, "slow"), "slow ended"),
                  after(10, "fast")));
      assertThat(winner).isEqualTo("fast");
      assertThat(log).containsExactly("slow ended");
      assertThatThrownBy(() -> Work.race(List.of(failsAfter(2, "second"), failsAfter(1, "first"))))
          .hasRootCauseMessage("first")
          .satisfies(
              e -> assertThat(Objects.requireNonNull(e.getCause()).getSuppressed()).hasSize(1));
      assertThatThrownBy(() -> Work.race(List.of())).isInstanceOf(IllegalArgumentException.class);
    });
  }

  @Test
  void shouldGiveResultsAsTheyEnd() {
    run(() -> {
      try (Gather<String> gather = Gather.open("three")) {
        gather.start(after(30, "a"));
        gather.start(failsAfter(10, "b"));
        gather.start(after(20, "c"));
        for (Outcome<String> outcome : gather) {
          switch (outcome) {
            case Outcome.Done(int index, String value) -> log.add(index + " " + value);
            case Outcome.Failed(int index, Throwable failure) ->
                log.add(index + " " + failure.getMessage());
          }
        }
        assertThatThrownBy(gather::next).isInstanceOf(IllegalStateException.class);
      }
      assertThat(log).containsExactly("1 b", "2 c", "0 a");
    });
  }

  @Test
  void shouldLeaveNoStraysWhenTheCallerLeavesEarly() {
    run(() -> {
      assertThatThrownBy(() ->
              Cancellation.within(
                  Duration.ofMillis(10),
                  () -> {
                    Work.all(
                        IntStream.range(0, 100)
                            .mapToObj(i -> noting(after(1_000, ""), "ended"))
                            .toList());
                  }))
          .isInstanceOf(DeadlineExceededException.class);
      assertThat(log).hasSize(100);
    });
  }

  // ---- for each

  /** Or the results would have holes that nobody is told of. */
  @Test
  void shouldTellThatNotAllIsDoneWhenABodyCancelsItsScope() {
    run(() -> {
      assertThatThrownBy(() ->
              Work.map(
                  List.of(1, 2, 3),
                  3,
                  item -> {
                    if (item == 2) {
                      Scope.current().cancel("enough");
                    }
                    Fiber.sleep(Duration.ofMillis(item));
                    return item;
                  }))
          .isInstanceOf(CancelledException.class)
          .hasMessageContaining("enough");
    });
  }

  private void job(int millis) {
    alive++;
    greatest = Math.max(greatest, alive);
    try {
      Fiber.sleep(Duration.ofMillis(millis));
    } finally {
      alive--;
    }
  }

  @Test
  void shouldStartOnlyAsManyAsMayRun() {
    run(() -> {
      int before = Loop.current().fibers().size();
      Work.forEach(
          IntStream.range(0, 1_000).boxed().toList(),
          10,
          item -> {
            number++;
            job(1 + item % 7);
            if (item % 100 == 0) {
              assertThat(Loop.current().fibers().size() - before).isLessThanOrEqualTo(10);
            }
          });
    });
    assertThat(number).isEqualTo(1_000);
    assertThat(greatest).isEqualTo(10);
    assertThat(alive).isZero();
  }

  @Test
  void shouldAskForNoMoreItemsWhenOneFails() {
    run(() ->
        assertThatThrownBy(() ->
                Work.forEach(
                    IntStream.range(0, 1_000).boxed().toList(),
                    4,
                    item -> {
                      number++;
                      job(10);
                      if (item == 5) {
                        throw new IOException("broken");
                      }
                    }))
            .hasRootCauseMessage("broken"));
    assertThat(number).isLessThanOrEqualTo(12);
    assertThat(alive).isZero();
  }

  @Test
  void shouldMapInOrder() {
    run(() ->
        assertThat(
                Work.map(
                    List.of(5, 1, 3),
                    2,
                    item -> {
                      Fiber.sleep(Duration.ofMillis(item));
                      return item * 2;
                    }))
            .containsExactly(10, 2, 6));
  }

  @Test
  void shouldKeepAllPermitsWhateverBecomesOfTheJobs() {
    run(() -> {
      Semaphore semaphore = Semaphore.create("slots", 10);
      try (Scope scope = Scope.openIsolated("jobs")) {
        try (Scope cancelled = Scope.open("cancelled")) {
          for (int i = 0; i < 200; i++) {
            cancelled.start(() -> {
              try (var _ = semaphore.acquire()) {
                job(7);
              }
            });
          }
          for (int i = 0; i < 200; i++) {
            scope.start(() -> {
              try (var _ = semaphore.acquire()) {
                job(3);
              }
            });
          }
          Fiber.sleep(Duration.ofMillis(20));
        }
        scope.join();
      }
      assertThat(greatest).isEqualTo(10);
      assertThat(semaphore.available()).isEqualTo(10);
    });
  }

  // ---- retry

  private Callable<String> failing(int times) {
    return () -> {
      log.add(millis() + "");
      if (number++ < times) {
        throw new IOException("failure " + number);
      }
      return "done";
    };
  }

  @Test
  void shouldTryAgainAfterPausesThatGrowAndDiffer() {
    Retry retry = Retry.defaults().attempts(6).firstDelay(Duration.ofMillis(100)).maxDelay(HOUR);
    run(() -> {
      long begin = millis();
      assertThat(retry.call(failing(5))).isEqualTo("done");
      assertThat(log).hasSize(6);
      assertThat(millis() - begin).isLessThanOrEqualTo(100 + 200 + 400 + 800 + 1600 + 6);
    });
  }

  @Test
  void shouldPauseAsTheSeedSays() {
    List<List<String>> runs = new ArrayList<>();
    for (long seed : new long[] {1, 1, 2}) {
      log.clear();
      number = 0;
      run(seed, () -> Retry.defaults().attempts(4).call(failing(3)));
      runs.add(List.copyOf(log));
    }
    assertThat(runs.get(0)).isEqualTo(runs.get(1)).isNotEqualTo(runs.get(2));
  }

  @Test
  void shouldThrowTheLastFailureWithTheOthersAttached() {
    run(() ->
        assertThatThrownBy(() -> Retry.defaults().attempts(3).call(failing(9)))
            .hasMessage("failure 3")
            .satisfies(e -> assertThat(e.getSuppressed()[0]).hasMessage("failure 2")));
    assertThat(number).isEqualTo(3);
  }

  @Test
  void shouldNotRetryWhatIsNotWorthItOrCannotEndInTime() {
    run(() -> {
      Retry retry = Retry.defaults().attempts(100).firstDelay(HOUR).maxDelay(HOUR.multipliedBy(9));
      assertThatThrownBy(() -> retry.when(e -> !(e instanceof IOException)).call(failing(9)))
          .hasMessage("failure 1");
      long begin = millis();
      for (int i = 0; i < 10; i++) { // a pause may happen to be short
        assertThatThrownBy(
                () -> Cancellation.within(Duration.ofMillis(1), () -> retry.call(failing(99))))
            .isInstanceOf(IOException.class);
      }
      assertThat(millis() - begin).isLessThan(20);
    });
  }

  @Test
  void shouldLimitASingleAttempt() {
    run(() -> {
      String result =
          Retry.defaults()
              .attemptLimit(Duration.ofMillis(50))
              .call(() -> {
                Fiber.sleep(number++ == 0 ? HOUR : Duration.ofMillis(1));
                return "second";
              });
      assertThat(result).isEqualTo("second");
    });
  }

  @Test
  void shouldNotRetryWhenTheCallerIsCancelled() {
    run(() ->
        assertThatThrownBy(() ->
                Cancellation.within(
                    Duration.ofMillis(5),
                    () ->
                        Retry.defaults()
                            .call(() -> {
                              number++;
                              Fiber.sleep(HOUR);
                              return "";
                            })))
            .isInstanceOf(CancelledException.class));
    assertThat(number).isOne();
  }

  @Test
  void shouldMakeNoMoreRetriesThanTheBudgetHas() {
    run(() -> {
      RetryBudget budget = RetryBudget.create(10, 5);
      Retry retry = Retry.defaults().attempts(4).budget(budget);
      for (int i = 0; i < 1_000; i++) {
        assertThatThrownBy(() -> retry.call(failing(Integer.MAX_VALUE)))
            .isInstanceOf(IOException.class);
      }
      assertThat(number).isBetween(1_000, 1_000 + 100 + 5);
      assertThat(budget.refused()).isPositive();
    });
  }

  // ---- hedge

  @Test
  void shouldBeginASecondAttemptWhenTheFirstIsSlow() {
    run(() -> {
      Hedge hedge = Hedge.after(Duration.ofMillis(50));
      String result =
          hedge.call(() -> {
            int attempt = number++;
            try {
              Fiber.sleep(attempt == 0 ? HOUR : Duration.ofMillis(10));
              return "attempt " + attempt;
            } finally {
              log.add("ended " + attempt);
            }
          });
      assertThat(result).isEqualTo("attempt 1");
      assertThat(log).containsExactlyInAnyOrder("ended 0", "ended 1");
      number = 0;
      assertThat(hedge.call(() -> number++)).isZero();
      assertThat(number).isOne();
    });
  }

  @Test
  void shouldFollowAFailureByTheNextAttemptAndThrowIfAllFail() {
    run(() -> {
      Hedge hedge = Hedge.after(HOUR).attempts(3);
      long begin = millis();
      assertThat(hedge.call(failing(2))).isEqualTo("done");
      number = 0;
      assertThatThrownBy(() -> hedge.call(failing(9))).hasRootCauseMessage("failure 1");
      assertThat(number).isEqualTo(3);
      assertThat(millis() - begin).isLessThan(10);
    });
  }

  @Test
  void shouldNotHedgeBeyondTheBudget() {
    run(() -> {
      Hedge hedge = Hedge.after(Duration.ofMillis(1)).budget(RetryBudget.create(0, 3));
      for (int i = 0; i < 10; i++) {
        hedge.call(() -> {
          number++;
          Fiber.sleep(Duration.ofMillis(20));
          return true;
        });
      }
      assertThat(number).isEqualTo(13);
    });
  }

  // ---- ticks

  private List<Long> ticks(Ticker.Missed rule) {
    List<Long> at = new ArrayList<>();
    run(() -> {
      long begin = millis();
      Ticker ticker = Ticker.every(Duration.ofMillis(100), rule);
      for (int i = 0; i < 5; i++) {
        ticker.await();
        at.add(Math.round((millis() - begin) / 10.0) * 10);
        if (i == 1) {
          Fiber.sleep(Duration.ofMillis(250)); // from 200 to 450
        }
      }
      number = (int) ticker.missed();
    });
    return at;
  }

  @Test
  void shouldTickAsTheRuleForMissedTicksSays() {
    assertThat(ticks(Ticker.Missed.SKIP)).containsExactly(100L, 200L, 450L, 500L, 600L);
    assertThat(number).isOne();
    assertThat(ticks(Ticker.Missed.BURST)).containsExactly(100L, 200L, 450L, 450L, 500L);
    assertThat(ticks(Ticker.Missed.DELAY)).containsExactly(100L, 200L, 450L, 550L, 650L);
  }

  // ---- deadlines and cancellation

  @Test
  void shouldEndAtTheTighterOfTwoDeadlines() {
    run(() -> {
      for (Duration[] limits :
          new Duration[][] {
            {Duration.ofMillis(50), HOUR}, {HOUR, Duration.ofMillis(50)},
          }) {
        long begin = millis();
        assertThatThrownBy(() ->
                Cancellation.within(
                    limits[0],
                    () ->
                        Cancellation.within(
                            limits[1],
                            () -> {
                              long leftNanos = Cancellation.current().remainingNanos();
                              assertThat(leftNanos).isBetween(40 * MILLI, 50 * MILLI);
                              Fiber.sleep(HOUR.multipliedBy(2));
                            })))
            .isInstanceOf(DeadlineExceededException.class)
            .hasMessageContaining("50 ms");
        assertThat(millis() - begin).isBetween(50L, 55L);
      }
      assertThat(Cancellation.current().remainingNanos()).isEqualTo(Long.MAX_VALUE);
    });
  }

  @Test
  void shouldStopATreeOfTokensAndNotItsSiblings() {
    run(() -> {
      try (Cancellation stopped = Cancellation.current().child();
          Cancellation spared = Cancellation.current().child();
          Scope scope = Scope.open("tree")) {
        for (Cancellation top : List.of(stopped, spared)) {
          for (int i = 0; i < 100; i++) {
            Cancellation leaf = top.child().child().child();
            scope.start(() -> {
              Fiber.await(leaf.cancelled());
              log.add(leaf.reason() + " at " + millis());
            });
          }
        }
        Fiber.sleep(Duration.ofMillis(10));
        stopped.cancel("enough");
        long at = millis();
        Fiber.sleep(Duration.ofMillis(1));
        assertThat(log).hasSize(100).containsOnly("enough at " + at);
        assertThat(spared.isCancelled()).isFalse();
        assertThatThrownBy(() -> stopped.run(() -> log.add("started")))
            .isInstanceOf(CancelledException.class);
        assertThat(log).hasSize(100);
        spared.cancel("over");
        scope.join();
      }
    });
  }

  @Test
  void shouldGoOnForALimitedTimeToSayFarewell() {
    run(() -> {
      try (Scope scope = Scope.open("talk")) {
        scope.start(() -> {
          try {
            Fiber.sleep(HOUR);
          } finally {
            Cancellation.shield(
                Duration.ofSeconds(1),
                () -> {
                  Fiber.sleep(Duration.ofMillis(300));
                  log.add("farewell");
                });
          }
        });
        Fiber.sleep(Duration.ofMillis(1));
        scope.cancel("over");
      }
      assertThat(log).containsExactly("farewell");
    });
  }

  @Test
  void shouldEndInItsOwnWayWhenTheLoopIsToStop() {
    run(() -> {
      Loop loop = Loop.current();
      Fiber<?> server =
          Fiber.start(
              "server",
              () -> {
                while (Fiber.awaitFirst(loop.stopping(), Deadline.in(Duration.ofMillis(10)))
                    != loop.stopping()) {
                  number++;
                }
                Fiber.sleep(Duration.ofMillis(20));
                log.add("ended in order");
              });
      Fiber.sleep(Duration.ofMillis(100));
      loop.shutdown(ShutdownOptions.defaults().drain(Duration.ofSeconds(1)));
      server.join();
    });
    assertThat(log).containsExactly("ended in order");
    assertThat(number).isBetween(8, 11);
  }

  @Test
  void shouldForgetAMillionChildrenOfAToken() {
    run(() -> {
      Cancellation parent = Cancellation.current();
      Cancellation kept = parent.child();
      for (int i = 0; i < 1_000_000; i++) {
        parent.child(HOUR).close();
        parent.onCancel(() -> {}).close();
      }
      kept.cancel("the list is whole");
      assertThat(kept.isCancelled()).isTrue();
      kept.close();
      Runtime runtime = Runtime.getRuntime();
      System.gc();
      long usedBytes = runtime.totalMemory() - runtime.freeMemory();
      for (int i = 0; i < 1_000_000; i++) {
        parent.child(HOUR).close();
      }
      System.gc();
      assertThat(runtime.totalMemory() - runtime.freeMemory())
          .as("a million tokens would be some 80 MB")
          .isLessThan(usedBytes + (20 << 20));
    });
  }
}
