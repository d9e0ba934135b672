package gyre;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
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
class LoopTest {
  @Parameter String engine = "";

  private final List<String> log = new ArrayList<>();

  /** Long enough for a loop with nothing to do to fall asleep, most of the time. */
  private static void spin() {
    for (int i = 0; i < 50_000; i++) {
      Thread.onSpinWait();
    }
  }

  private static void postAndAwait(Loop loop) throws InterruptedException {
    CountDownLatch ran = new CountDownLatch(1);
    loop.post(ran::countDown);
    assertThat(ran.await(10, TimeUnit.SECONDS)).as("posted task ran").isTrue();
  }

  // ---- wake-ups

  @Test
  void shouldBeWokenByAThreadThatOwnsALoopWhichDoesNotTurn() throws Exception {
    try (LoopGroup group = LoopGroup.open(1, Loops.options(engine));
        Loop mine = Loop.open(Loops.options(engine))) {
      for (int i = 0; i < 20; i++) {
        spin();
        postAndAwait(group.loop(0));
      }
      assertThat(mine.isIdle()).isTrue();
    }
  }

  @Test
  void shouldBeWokenByTheLastTurnOfAnotherLoop() throws Exception {
    try (LoopGroup group = LoopGroup.open(1, Loops.options(engine));
        Loop mine = Loop.open(Loops.options(engine))) {
      for (int i = 0; i < 20; i++) {
        CountDownLatch ran = new CountDownLatch(1);
        spin();
        if (i % 2 == 0) {
          mine.run(() -> group.loop(0).post(ran::countDown));
        } else {
          mine.start("poster", () -> group.loop(0).post(ran::countDown));
          mine.turn(Duration.ZERO);
        }
        assertThat(ran.await(10, TimeUnit.SECONDS)).as("task %d ran", i).isTrue();
      }
    }
  }

  @Test
  void shouldTellTheLoopsOfOneThreadApart() {
    try (Loop first = Loop.open(Loops.options(engine).name("first"))) {
      try (Loop second = Loop.open(Loops.options(engine).name("second"))) {
        first.run(() -> assertThat(Loop.current()).isSameAs(first));
        second.run(() -> assertThat(Loop.current()).isSameAs(second));
        first.start("driven", () -> log.add(Loop.current().name()));
        while (first.turn(Duration.ZERO)) {
          assertThat(Loop.current()).isSameAs(first);
        }
      }
      assertThat(Loop.current()).isSameAs(first);
      first.run(() -> assertThat(Loop.current()).isSameAs(first));
    }
    assertThat(CurrentLoop.find()).isNull();
    assertThat(log).containsExactly("first");
  }

  // ---- callbacks

  @Test
  void shouldRunCallbacksAfterOneThatWasInterrupted() {
    Loops.run(
        engine,
        () -> {
          Loop loop = Loop.current();
          for (int i = 0; i < 3; i++) {
            Fiber<?> self = Fiber.current();
            boolean[] ran = {false};
            loop.post(() -> {
              Thread.currentThread().interrupt();
              ran[0] = true;
              self.unpark();
            });
            while (!ran[0]) {
              Fiber.park();
            }
          }
        });
  }

  @Test
  void shouldCloseWhileOthersGoOnPosting() throws Exception {
    AtomicBoolean enough = new AtomicBoolean();
    Thread poster;
    try (Loop loop = Loop.open(Loops.options(engine))) {
      poster =
          Thread.ofPlatform()
              .start(() -> {
                while (!enough.get()) {
                  boolean ignored = loop.tryPost(() -> {});
                  Thread.onSpinWait();
                }
              });
      loop.run(Fiber::yield);
    }
    enough.set(true);
    poster.join();
  }

  @Test
  void shouldEndCallbacksThatAreParkedWhenItCloses() {
    try (Loop loop = Loop.open(Loops.options(engine))) {
      loop.run(() -> {
        Fiber<?> self = Fiber.current();
        loop.post(() -> {
          log.add("parked");
          self.unpark();
          try {
            Fiber.sleep(Duration.ofDays(1));
          } catch (CancelledException e) {
            log.add("cancelled");
            throw e;
          }
        });
        while (log.isEmpty()) {
          Fiber.park();
        }
      });
    }
    assertThat(log).containsExactly("parked", "cancelled");
  }

  // ---- failures

  @Test
  void shouldGoOnAfterFailuresOnItsOwnThread() {
    LoopOptions options =
        Loops.options(engine)
            .failures((source, e) -> {
              log.add(source + ": " + e.getMessage());
              throw new AssertionError("the listener fails too");
            });
    try (Loop loop = Loop.open(options.name("loop"))) {
      loop.run(() -> {
        Fiber<?> self = Fiber.current();
        loop.startTimer(
            new TimerNode() {
              @Override
              void fired(long nowNanos) {
                self.wake();
                throw new AssertionError("timer");
              }
            },
            0);
        Fiber.park();
        loop.postInternal(() -> {
          self.wake();
          throw new AssertionError("internal");
        });
        Fiber.park();
        Fiber.yield();
      });
      assertThat(loop.counters().failures()).isEqualTo(2);
    }
    assertThat(log).containsExactly("a timer: timer", "loop: internal");
  }
}
