package gyre;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.time.Duration;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.Parameter;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.provider.ValueSource;

/** Other threads have a loop do something, and wait for it. */
@Tag("fiber-modes")
@ParameterizedClass
@ValueSource(strings = {"io_uring", "epoll", "nio"})
@Timeout(value = 30, unit = TimeUnit.SECONDS, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class LoopCallTest {
  private static final Duration LONG = Duration.ofHours(1);

  @Parameter String engine = "";

  private LoopGroup group(int loops) {
    return LoopGroup.open(loops, Loops.options(engine));
  }

  /** In a fiber of {@code loop} that says by {@code begun} that it is about to wait for good. */
  private static Boolean waitForGood(CountDownLatch begun, CompletableFuture<String> end)
      throws Exception {
    try {
      begun.countDown();
      Fiber.sleep(LONG);
      return false;
    } catch (CancelledException e) {
      end.complete(String.valueOf(e.getMessage()));
      throw e;
    }
  }

  @Test
  void shouldRunWorkInAFiberAndGiveItsResult() throws Exception {
    try (LoopGroup group = group(1)) {
      Loop loop = group.loop(0);
      String result =
          loop.call(() -> {
            Fiber.sleep(Duration.ofMillis(1));
            return Loop.current().name() + " " + Fiber.current().isAlive();
          });
      assertThat(result).isEqualTo(loop.name() + " true");
      assertThat(loop.callAsync(() -> 42).get()).isEqualTo(42);
    }
  }

  @Test
  void shouldThrowWhatTheWorkThrows() {
    IllegalArgumentException unchecked = new IllegalArgumentException("wrong");
    IOException checked = new IOException("broken");
    try (LoopGroup group = group(1)) {
      Loop loop = group.loop(0);
      assertThatThrownBy(() ->
              loop.call(() -> {
                throw unchecked;
              }))
          .isSameAs(unchecked);
      assertThatThrownBy(() ->
              loop.call(() -> {
                throw checked;
              }))
          .isInstanceOf(FiberFailedException.class)
          .hasCause(checked);
      assertThatThrownBy(() ->
              loop.callAsync(
                      () -> {
                        throw checked;
                      })
                  .get())
          .isInstanceOf(ExecutionException.class)
          .hasCause(checked);
    }
  }

  @Test
  void shouldCancelTheWorkOfACallerThatIsInterrupted() throws Exception {
    try (LoopGroup group = group(1)) {
      CountDownLatch begun = new CountDownLatch(1);
      CompletableFuture<String> end = new CompletableFuture<>();
      CompletableFuture<Throwable> thrown = new CompletableFuture<>();
      Thread caller =
          Thread.ofPlatform()
              .start(() -> {
                try {
                  thrown.completeExceptionally(
                      new AssertionError(
                          "answered " + group.loop(0).call(() -> waitForGood(begun, end))));
                } catch (Throwable e) {
                  thrown.complete(e);
                }
              });
      begun.await();
      caller.interrupt();
      assertThat(thrown.get()).isInstanceOf(InterruptedException.class);
      assertThat(end.get()).contains("nobody waits for the call");
    }
  }

  @Test
  void shouldCancelTheWorkOfAFutureThatIsCancelled() throws Exception {
    try (LoopGroup group = group(1)) {
      CountDownLatch begun = new CountDownLatch(1);
      CompletableFuture<String> end = new CompletableFuture<>();
      CompletableFuture<Boolean> future = group.loop(0).callAsync(() -> waitForGood(begun, end));
      begun.await();
      assertThat(future.cancel(false)).isTrue();
      assertThat(end.get()).contains("nobody waits for the call");
      assertThatThrownBy(future::get).isInstanceOf(CancellationException.class);
    }
  }

  @Test
  void shouldParkAFiberOfAnotherLoopAndCancelWithIt() throws Exception {
    try (LoopGroup group = group(2)) {
      Loop first = group.loop(0);
      Loop second = group.loop(1);
      assertThat(first.call(() -> second.call(() -> Loop.current().name())))
          .isEqualTo(second.name());
      CountDownLatch begun = new CountDownLatch(1);
      CompletableFuture<String> end = new CompletableFuture<>();
      CompletableFuture<Boolean> outer =
          first.callAsync(() -> second.call(() -> waitForGood(begun, end)));
      begun.await();
      assertThat(first.call(() -> 1)).as("the first loop goes on").isEqualTo(1);
      outer.cancel(false);
      assertThat(end.get()).contains("nobody waits for the call");
    }
  }

  @Test
  void shouldRefuseACallFromItsOwnThread() {
    Loops.run(
        engine,
        () -> {
          Loop loop = Loop.current();
          assertThatThrownBy(() -> loop.call(() -> 1))
              .isInstanceOf(IllegalStateException.class)
              .hasMessageContaining("would wait for itself")
              .hasMessageContaining("Fiber.start");
        });
    try (Loop loop = Loop.open(Loops.options(engine))) {
      assertThatThrownBy(() -> loop.call(() -> 1)).hasMessageContaining("Loop.run");
    }
  }

  @Test
  void shouldRefuseACallOfALoopThatIsClosed() {
    LoopGroup group = group(1);
    Loop loop = group.loop(0);
    group.close();
    assertThatThrownBy(() -> loop.call(() -> 1))
        .isInstanceOf(IllegalStateException.class)
        .hasMessageContaining(loop.name() + " is closed");
    assertThat(loop.callAsync(() -> 1)).isCompletedExceptionally();
  }

  @Test
  void shouldRefuseACallThatTheLoopNeverCameTo() throws Exception {
    CompletableFuture<Integer> call;
    try (Loop loop = Loop.open(Loops.options(engine))) {
      call = loop.callAsync(() -> 1);
      loop.shutdown(ShutdownOptions.defaults());
    }
    assertThatThrownBy(call::get)
        .hasCauseInstanceOf(IllegalStateException.class)
        .hasMessageContaining("is shutting down");
  }

  @Test
  void shouldAnswerACallThatAShutdownCancels() throws Exception {
    LoopGroup group = group(1);
    CountDownLatch begun = new CountDownLatch(1);
    CompletableFuture<String> end = new CompletableFuture<>();
    CompletableFuture<Boolean> call = group.loop(0).callAsync(() -> waitForGood(begun, end));
    begun.await();
    group.close();
    assertThat(end.get()).contains("shutting down");
    assertThatThrownBy(call::get).hasCauseInstanceOf(CancelledException.class);
  }

  @Test
  void shouldAnswerACallThatAForcedShutdownLeavesBehind() throws Exception {
    CompletableFuture<Boolean> call;
    CompletableFuture<Boolean> begun = new CompletableFuture<>();
    try (Loop loop = Loop.open(Loops.options(engine))) {
      call =
          loop.callAsync(() -> {
            begun.complete(true);
            while (true) {
              try {
                Fiber.sleep(LONG);
              } catch (CancelledException e) {
                Fiber.current(); // does not care
                Cancellation.shield(LONG, () -> Fiber.sleep(LONG));
              }
            }
          });
      while (!begun.isDone()) {
        loop.driver().turn(Duration.ofMillis(100));
      }
      loop.forceShutdown();
    }
    assertThatThrownBy(call::get).hasMessageContaining("left this call behind");
  }

  @Test
  void shouldKeepWhatTheWorkHasStartedInTheLoop() throws Exception {
    try (LoopGroup group = group(1)) {
      Loop loop = group.loop(0);
      Signal[] finish = new Signal[1];
      Fiber<?> started =
          loop.call(() -> {
            finish[0] = Signal.open();
            return Fiber.start("stays", () -> Fiber.await(finish[0]));
          });
      assertThat(started.isAlive()).isTrue();
      finish[0].raise();
      loop.call(() -> {
        Fiber.await(started.end());
        return true;
      });
    }
  }
}
