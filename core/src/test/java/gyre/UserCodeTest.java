package gyre;

import static org.assertj.core.api.Assertions.assertThat;

import gyre.io.ByteQueue;
import gyre.loop.TimerNode;
import gyre.net.UnixStream;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.ReentrantLock;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.Parameter;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.provider.ValueSource;

/** User code runs in fibers, also where it is the loop that has come to call it. */
@Tag("fiber-modes")
@ParameterizedClass
@ValueSource(strings = {"io_uring", "epoll", "nio"})
@Timeout(value = 30, unit = TimeUnit.SECONDS, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class UserCodeTest {
  private static final Duration SHORT = Duration.ofMillis(1);

  @Parameter String engine = "";

  private final ReentrantLock lock = new ReentrantLock();
  private final List<String> log = new ArrayList<>();

  private void lockAndLog(String what) {
    lock.lock();
    try {
      log.add(what);
    } finally {
      lock.unlock();
    }
  }

  /** A fiber that has the lock while it is parked. */
  private Fiber<?> holdLock(boolean[] release) {
    Fiber<?> holder =
        Fiber.start(() -> {
          lock.lock();
          try {
            while (!release[0]) {
              Fiber.park();
            }
          } finally {
            lock.unlock();
          }
        });
    while (!lock.isLocked()) {
      Fiber.yield();
    }
    return holder;
  }

  /** On the bare thread of the loop, in its next turn. */
  private static void failOnTheLoop(String what) {
    Loop.current()
        .startTimer(
            new TimerNode() {
              @Override
              protected void fired(long nowNanos) {
                throw new IllegalStateException(what);
              }
            },
            0);
    Fiber.sleep(SHORT);
  }

  @Test
  void shouldGoOnWhileTheFailureListenerWaitsForALockOfAParkedFiber() {
    LoopOptions options =
        Loops.options(engine).failures((s, e) -> lockAndLog(String.valueOf(e.getMessage())));
    try (Loop loop = Loop.open(options)) {
      loop.run(() -> {
        boolean[] release = {false};
        Fiber<?> holder = holdLock(release);
        failOnTheLoop("first");
        failOnTheLoop("second");
        assertThat(log).isEmpty();
        release[0] = true;
        holder.unpark();
      });
      assertThat(log).containsExactly("first", "second");
    }
  }

  @Test
  void shouldTellTheFailureListenerInAFiberThatMayWait() {
    LoopOptions options =
        Loops.options(engine)
            .failures((source, e) -> {
              assertThat(Fiber.current().isAlive()).isTrue();
              Fiber.sleep(SHORT);
              log.add(e.getMessage());
            });
    try (Loop loop = Loop.open(options)) {
      loop.run(() -> {
        failOnTheLoop("on the loop");
        try (Scope scope = Scope.openIsolated("isolated")) {
          scope.start(() -> {
            throw new IllegalStateException("in a fiber");
          });
          scope.join();
        }
        Timer ignored =
            loop.after(
                Duration.ZERO,
                () -> {
                  throw new IllegalStateException("in a callback");
                });
      });
      assertThat(log).containsExactly("on the loop", "in a fiber", "in a callback");
    }
  }

  @Test
  void shouldBoundWhatWaitsForTheFailureListener() {
    boolean[] release = {false};
    Fiber<?>[] listener = {null};
    LoopOptions options =
        Loops.options(engine)
            .failures((source, e) -> {
              listener[0] = Fiber.current();
              while (!release[0]) {
                Fiber.park();
              }
              log.add(String.valueOf(e.getMessage()));
            });
    try (Loop loop = Loop.open(options)) {
      loop.run(() -> {
        int extra = 10;
        failOnTheLoop("one");
        while (listener[0] == null) {
          Fiber.sleep(Duration.ofMillis(1));
        }
        for (int i = 0; i < FailureReports.WAITING_LIMIT + extra; i++) {
          loop.report("test", new IllegalStateException("more"));
        }
        release[0] = true;
        listener[0].unpark();
      });
      assertThat(log).hasSize(FailureReports.WAITING_LIMIT + 2).first().isEqualTo("one");
      assertThat(log).last().asString().startsWith("10 more failures came");
      assertThat(loop.counters().failures()).isEqualTo(FailureReports.WAITING_LIMIT + 11);
    }
  }

  @Test
  void shouldEndThoughTheFailureListenerNeverReturnsByItself() {
    LoopOptions options =
        Loops.options(engine)
            .failures((source, e) -> {
              log.add("told " + e.getMessage());
              Fiber.sleep(Duration.ofDays(1));
            });
    try (Loop loop = Loop.open(options)) {
      loop.start("main", () -> failOnTheLoop("once"));
      while (log.isEmpty()) {
        loop.driver().turn(SHORT);
      }
      loop.shutdown(ShutdownOptions.defaults().drain(Duration.ZERO));
      loop.runUntilShutdown();
    }
    assertThat(log).containsExactly("told once");
  }

  @Test
  void shouldGoOnWhileAReleaseCallbackWaitsForALockOfAParkedFiber() {
    Loops.run(
        engine,
        () -> {
          boolean[] release = {false};
          UnixStream.Pair pair = UnixStream.pair();
          Fiber<?> holder = holdLock(release);
          ByteQueue lent = pair.left().input().sibling();
          lent.appendReference(ByteBuffer.allocateDirect(100), () -> lockAndLog("released"));
          pair.left().write(lent);
          pair.right().readFully(ByteBuffer.allocate(100));
          pair.left().flush();
          Fiber.sleep(SHORT);
          assertThat(log).isEmpty();
          release[0] = true;
          holder.unpark();
          pair.left().close();
          pair.right().close();
        });
    assertThat(log).containsExactly("released");
  }

  @Test
  void shouldNotBeIdleWhileAPostedTaskIsParked() {
    try (Loop loop = Loop.open(Loops.options(engine))) {
      loop.post(() -> {
        Fiber.sleep(SHORT);
        log.add("slept");
        Fiber.sleep(SHORT);
        log.add("slept again");
      });
      loop.driver().runUntilIdle();
      assertThat(log).containsExactly("slept", "slept again");
      assertThat(loop.driver().isIdle()).isTrue();
      loop.start(
          "main",
          () -> {
            try (Cancellation token = Cancellation.current().child()) {
              token.onCancel(() -> {
                Fiber.sleep(SHORT);
                log.add("listener");
              });
              token.cancel("enough");
            }
          });
      loop.driver().runUntilIdle();
      assertThat(log).last().isEqualTo("listener");
    }
  }
}
