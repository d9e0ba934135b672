package gyre;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.Parameter;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.provider.ValueSource;

/** Waiting for stages of the world outside. */
@Tag("fiber-modes")
@ParameterizedClass
@ValueSource(strings = {"io_uring", "epoll", "nio"})
@Timeout(value = 30, unit = TimeUnit.SECONDS, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class CompletionTest {
  private static final Duration LONG = Duration.ofHours(1);

  @Parameter String engine = "";

  @Test
  void shouldGiveTheResultOfAStageThatCompletesOnAnotherThread() {
    Loops.run(
        engine,
        () -> {
          CompletableFuture<String> stage = new CompletableFuture<>();
          Fiber<String> waiting =
              Scope.current().call("waiting", () -> Fiber.await(stage.thenApply(s -> s + "!")));
          untilParked(waiting);
          Thread other = Thread.ofPlatform().start(() -> stage.complete("done"));
          assertThat(waiting.join()).isEqualTo("done!");
          other.join();
        });
  }

  @Test
  void shouldGiveTheResultOfAStageThatIsCompleteOrCompletesOnTheLoop() {
    Loops.run(
        engine,
        () -> {
          assertThat(Fiber.await(CompletableFuture.completedFuture(7))).isEqualTo(7);
          CompletableFuture<Integer> stage = new CompletableFuture<>();
          Fiber<Integer> waiting = Scope.current().call(() -> Fiber.await(stage));
          untilParked(waiting);
          stage.complete(8);
          assertThat(waiting.join()).isEqualTo(8);
        });
  }

  @Test
  void shouldThrowWhatTheStageFailedWithUnwrapped() {
    Loops.run(
        engine,
        () -> {
          IllegalStateException unchecked = new IllegalStateException("broken");
          CompletableFuture<Integer> derived =
              CompletableFuture.<Integer>failedFuture(unchecked).thenApply(i -> i + 1);
          assertThatThrownBy(() -> Fiber.await(derived)).isSameAs(unchecked);
          IOException checked = new IOException("gone");
          assertThatThrownBy(() -> Fiber.await(CompletableFuture.failedFuture(checked)))
              .isInstanceOf(FiberFailedException.class)
              .hasCause(checked);
        });
  }

  @Test
  void shouldLeaveTheStageAloneWhenTheFiberIsCancelled() {
    Loops.run(
        engine,
        () -> {
          CompletableFuture<Integer> stage = new CompletableFuture<>();
          Cancellation token = Cancellation.current().child();
          Fiber<?> waiting =
              Fiber.start(() ->
                  assertThatThrownBy(() -> token.call(() -> Fiber.await(stage)))
                      .isInstanceOf(CancelledException.class));
          untilParked(waiting);
          token.cancel("enough");
          waiting.join();
          assertThat(stage).isNotDone();
          stage.complete(1);
          assertThat(Fiber.await(stage)).isEqualTo(1);
        });
  }

  @Test
  void shouldBeWaitedForTogetherWithOtherSources() {
    Loops.run(
        engine,
        () -> {
          CompletableFuture<Integer> never = new CompletableFuture<>();
          Completion<Integer> slow = Completion.of(never);
          assertThatThrownBy(slow::get).isInstanceOf(IllegalStateException.class);
          Deadline now = Deadline.in(Duration.ZERO);
          assertThat(Fiber.awaitFirst(slow, now)).isSameAs(now);
          Thread other = Thread.ofPlatform().start(() -> never.complete(3));
          assertThat(Fiber.awaitFirst(slow, Deadline.in(LONG))).isSameAs(slow);
          assertThat(slow.get()).isEqualTo(3);
          other.join();
        });
  }

  @Test
  void shouldNotMindAStageThatCompletesAfterTheLoopHasClosed() {
    CompletableFuture<Integer> stage = new CompletableFuture<>();
    Loops.run(
        engine,
        () -> {
          Completion<Integer> completion = Completion.of(stage);
          assertThat(completion.isReady()).isFalse();
        });
    assertThat(stage.complete(1)).isTrue();
  }

  private static void untilParked(Fiber<?> fiber) {
    while (!fiber.isParked()) {
      Fiber.yield();
    }
  }
}
