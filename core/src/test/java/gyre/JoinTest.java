package gyre;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/**
 * Joins that could never end are refused, and failures are not hidden by how one waits for them.
 */
@Tag("fiber-modes")
@Timeout(value = 30, unit = TimeUnit.SECONDS, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class JoinTest {
  private static final Duration LONG = Duration.ofHours(1);

  private final List<String> log = new ArrayList<>();

  private static void run(Task main) {
    Loops.run("auto", main);
  }

  private static void assertRefused(Task join, String says) {
    assertThatThrownBy(join::run)
        .isExactlyInstanceOf(IllegalStateException.class)
        .hasMessageContaining(says);
  }

  // ---- joins that wait for the caller itself

  @Test
  void shouldRefuseToJoinTheScopeThatTheCallerLivesIn() {
    run(() -> {
      Scope mine = Scope.current();
      assertRefused(mine::join, "open a scope");
      assertRefused(() -> mine.join(LONG), "would wait for itself");
      assertRefused(() -> Fiber.await(mine.end()), "would wait for itself");
      assertRefused(() -> Cancellation.within(LONG, () -> mine.join()), "would wait for itself");
      assertThat(mine.cancellation().isCancelled()).isFalse();
    });
  }

  @Test
  void shouldRefuseToJoinOneself() {
    run(() -> {
      Fiber<?> self = Fiber.current();
      assertRefused(self::join, "joins itself");
      assertRefused(() -> Fiber.await(self.end()), "joins itself");
      assertThat(Fiber.awaitFirst(self.end(), Deadline.in(Duration.ZERO)))
          .isInstanceOf(Deadline.class); // whoever waits for something else as well goes on
    });
  }

  @Test
  void shouldRefuseToJoinWhatCannotEndBeforeTheCaller() {
    run(() -> {
      Scope outer = Scope.current();
      Fiber<?> main = Fiber.current();
      try (Scope middle = Scope.open("middle")) {
        middle
            .start(
                "child",
                () -> {
                  assertRefused(main::join, "has a scope open that the first one lives in");
                  assertRefused(outer::join, "has a scope open that the first one lives in");
                  try (Scope inner = Scope.open("inner")) {
                    inner.start(
                        "grandchild",
                        () -> {
                          assertRefused(main::join, "fiber grandchild joins fiber main");
                          assertRefused(outer::join, "of scope");
                          assertRefused(middle::join, "would wait for fiber child");
                          assertRefused(Loop.current().root()::join, "would wait for fiber run");
                          log.add("refused");
                        });
                    inner.join();
                  }
                })
            .join();
      }
    });
    assertThat(log).containsExactly("refused");
  }

  @Test
  void shouldJoinAScopeAroundItsOwnOfWhichNoFiberIsAnAncestor() {
    run(() -> {
      try (Scope outer = Scope.open("outer")) {
        outer.start(() -> log.add("worker"));
        try (Scope inner = Scope.open("inner")) {
          inner.start(() -> {
            outer.join();
            log.add("joined");
          });
          inner.join();
        }
      }
    });
    assertThat(log).containsExactly("worker", "joined");
  }

  @Test
  void shouldFindCirclesOfFibersThatJoinOneAnother() {
    run(() -> {
      try (Scope scope = Scope.open("circle")) {
        List<Fiber<?>> fibers = new ArrayList<>();
        for (int i = 0; i < 3; i++) {
          int next = (i + 1) % 3;
          fibers.add(scope.start("fiber-" + i, () -> fibers.get(next).join()));
        }
        assertRefused(scope::join, "fiber fiber-2 joins fiber fiber-0, which waits for");
      }
      try (Scope scope = Scope.open("over a scope")) {
        Fiber<?> joiner =
            scope.start(() -> {
              try (Scope inner = Scope.open("inner")) {
                Fiber<?> self = Fiber.current();
                inner.start(() -> {
                  Fiber.yield();
                  assertRefused(self::join, "both would wait for ever");
                });
                inner.join();
              }
            });
        joiner.join();
      }
    });
  }

  @Test
  void shouldNotTakeAFiberThatHasEndedForOneThatNeverEnds() {
    run(() -> {
      Fiber<Integer> child = Scope.current().call(() -> 42);
      assertThat(child.join()).isEqualTo(42);
      Fiber<Integer> other = Scope.current().call(child::join);
      assertThat(other.join()).isEqualTo(42);
    });
  }

  @Test
  void shouldTellACancelledFiberThatItIsAndNothingElse() {
    run(() -> {
      try (Scope scope = Scope.open("cancelled")) {
        Fiber<?> child =
            scope.start(() -> {
              scope.cancel("enough");
              assertThatThrownBy(scope::join).isExactlyInstanceOf(CancelledException.class);
              assertThatThrownBy(Fiber.current()::join)
                  .isExactlyInstanceOf(CancelledException.class);
              log.add("told");
            });
        scope.join();
        assertThat(child.isAlive()).isFalse();
      }
    });
    assertThat(log).containsExactly("told");
  }

  @Test
  void shouldRefuseToCloseAScopeFromInside() {
    run(() -> {
      try (Scope scope = Scope.open("outer")) {
        scope
            .start(() -> assertRefused(scope::close, "must be closed by the fiber that opened it"))
            .join();
      }
    });
  }

  @Test
  void shouldRefuseToWaitOnALoopForTheGroupThatItBelongsTo() throws Exception {
    try (LoopGroup group = LoopGroup.open(2, Loops.options("auto"))) {
      Loop loop = group.loop(1);
      CompletableFuture<Throwable> thrown = new CompletableFuture<>();
      loop.post(() -> {
        try {
          group.join();
        } catch (Throwable e) {
          thrown.complete(e);
        }
      });
      assertThat(thrown.get())
          .isExactlyInstanceOf(IllegalStateException.class)
          .hasMessageContaining("loop-1");
    }
  }

  // ---- failures that are joined

  private interface Join {
    void run(Scope scope) throws Exception;
  }

  private static Task failing(Join join, List<String> log) {
    return () -> {
      try (Scope scope = Scope.open("family")) {
        scope.start(() -> {
          Fiber.yield();
          throw new IllegalArgumentException("child broke");
        });
        scope.start(() -> {
          try {
            Fiber.sleep(LONG);
          } finally {
            Cancellation.shield(LONG, Fiber::yield);
            log.add("the others have ended");
          }
        });
        join.run(scope);
      }
    };
  }

  @Test
  void shouldThrowTheFailureOfAChildWhateverTheJoinIsInsideOf() {
    List<Join> joins =
        List.of(
            Scope::join,
            scope -> scope.join(LONG),
            scope -> Cancellation.within(LONG, () -> scope.join()),
            scope -> Cancellation.within(LONG, () -> scope.join(LONG)),
            scope -> Cancellation.within(LONG, () -> Cancellation.within(LONG, () -> scope.join())),
            scope -> Cancellation.shield(LONG, scope::join),
            scope -> scope.cancellation().run(scope::join),
            scope -> {
              try (Cancellation token = Cancellation.current().child()) {
                token.run(scope::join);
              }
            });
    for (int i = 0; i < joins.size(); i++) {
      Task task = failing(joins.get(i), log);
      run(() ->
          assertThatThrownBy(task::run)
              .isExactlyInstanceOf(IllegalArgumentException.class)
              .hasMessage("child broke")
              .satisfies(e -> assertThat(e.getSuppressed()).isEmpty()));
      assertThat(log).as("join %d", i).containsExactly("the others have ended");
      log.clear();
    }
  }

  @Test
  void shouldStillObserveTheLimitAndWhatIsAround() {
    run(() -> {
      try (Scope scope = Scope.open("slow")) {
        scope.start(() -> Fiber.sleep(LONG));
        assertThatThrownBy(() -> Cancellation.within(Duration.ofMillis(5), () -> scope.join()))
            .isExactlyInstanceOf(DeadlineExceededException.class);
        assertThat(scope.cancellation().isCancelled()).isFalse();
      }
      try (Cancellation around = Cancellation.current().child()) {
        Callable<Boolean> work =
            () -> {
              try (Scope scope = Scope.open("cancelled from around")) {
                scope.start(() -> {
                  Fiber.yield();
                  around.cancel("enough");
                  Cancellation.shield(LONG, Fiber::yield);
                });
                Cancellation.within(LONG, () -> scope.join());
              }
              return true;
            };
        assertThatThrownBy(() -> around.call(work))
            .isExactlyInstanceOf(CancelledException.class)
            .hasMessage("enough");
      }
    });
  }

  // ---- scopes that are left open

  @Test
  void shouldCloseAScopeThatIsLeftOpenInsideOfALimit() {
    List<Join> limits =
        List.of(
            scope -> Cancellation.within(LONG, () -> leaveOpen(log)),
            scope -> Cancellation.shield(LONG, () -> leaveOpen(log)),
            scope -> scope.cancellation().run(() -> leaveOpen(log)));
    for (Join limit : limits) {
      run(() -> {
        Scope before = Scope.current();
        limit.run(before);
        log.add("after");
        assertThat(Scope.current()).isSameAs(before);
        assertThat(Loop.current().handles()).isEmpty();
      });
      assertThat(log).containsExactly("open", "cancelled", "after");
      log.clear();
    }
  }

  private static void leaveOpen(List<String> log) {
    Scope scope = Scope.open("left open");
    Timer ignored = Loop.current().after(LONG, () -> {});
    scope.start(() -> {
      log.add("open");
      try {
        Fiber.sleep(LONG);
      } finally {
        log.add("cancelled");
      }
    });
    Fiber.yield();
  }

  @Test
  void shouldTellTheFailuresOfAScopeThatIsLeftOpen() {
    run(() -> {
      assertThatThrownBy(() -> Cancellation.within(LONG, () -> openWithAFiberThatFails()))
          .hasMessage("child broke");
      assertThatThrownBy(() ->
              Cancellation.within(
                  LONG,
                  () -> {
                    openWithAFiberThatFails();
                    throw new IOException("work broke");
                  }))
          .isExactlyInstanceOf(IOException.class)
          .satisfies(e ->
              assertThat(e.getSuppressed()).extracting("message").containsExactly("child broke"));
    });
  }

  private static void openWithAFiberThatFails() throws Exception {
    Scope scope = Scope.open("left open");
    Fiber<?> child =
        scope.start(() -> {
          throw new IllegalArgumentException("child broke");
        });
    while (child.isAlive()) {
      Cancellation.shield(LONG, Fiber::yield);
    }
  }
}
