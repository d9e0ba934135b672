package gyre;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** The context of a request goes where its work goes, and nowhere else. */
@Tag("fiber-modes")
@Timeout(value = 60, unit = TimeUnit.SECONDS, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class ContextTest {
  private static final ScopedValue<Integer> REQUEST = ScopedValue.newInstance();
  private static final int REQUESTS = 1_000;
  private static final int NONE = -1;

  private final List<Throwable> reported = new ArrayList<>();
  private int right;

  private void run(Task main) {
    Loops.runReporting(
        Loops.options("auto").carries(REQUEST).failures((source, e) -> reported.add(e)), main);
    assertThat(reported).isEmpty();
  }

  private static int seen() {
    return REQUEST.isBound() ? REQUEST.get() : NONE;
  }

  private void isAbout(int request) {
    assertThat(seen()).isEqualTo(request);
    right++;
  }

  @Test
  void shouldKeepInterleavedRequestsApart() {
    run(() -> {
      try (Scope scope = Scope.open("requests")) {
        for (int i = 0; i < REQUESTS; i++) {
          int request = i;
          scope.start(() -> ScopedValue.where(REQUEST, request).call(() -> handle(request)));
        }
        scope.join();
      }
    });
    assertThat(right).isEqualTo(REQUESTS * 12);
  }

  private boolean handle(int request) throws Exception {
    for (int park = 0; park < 10; park++) {
      Fiber.yield();
      isAbout(request);
    }
    Fiber.start(
            () -> {
              Fiber.yield();
              isAbout(request);
            })
        .join();
    if (request % 10 == 0) {
      assertThat(Fiber.offload(ContextTest::seen)).isEqualTo(request);
    }
    try (Timer timer = Loop.current().after(Duration.ZERO, () -> isAbout(request))) {
      while (timer.isActive() || timer.takeFired() > 0) {
        Fiber.yield();
      }
    }
    return true;
  }

  @Test
  void shouldLeaveNothingBehindInWhatIsUsedAgain() {
    run(() -> {
      Loop loop = Loop.current();
      List<Integer> seen = new ArrayList<>();
      for (int round = 0; round < 20; round++) {
        int request = round;
        ScopedValue.where(REQUEST, request)
            .call(() -> {
              loop.after(Duration.ZERO, () -> seen.add(seen()));
              return Fiber.offload(ContextTest::seen);
            });
        loop.after(Duration.ZERO, () -> seen.add(seen()));
        assertThat(Fiber.offload(ContextTest::seen)).isEqualTo(NONE);
        while (seen.size() < 2) {
          Fiber.yield();
        }
        assertThat(seen).containsExactly(request, NONE);
        seen.clear();
      }
    });
  }

  @Test
  void shouldGiveAScopesFibersTheContextOfWhoeverStartsThem() {
    run(() -> {
      try (Scope scope = Scope.open("outer")) {
        ScopedValue.where(REQUEST, 1)
            .call(() -> {
              scope.start(() -> isAbout(1));
              return scope.start(() -> isAbout(1));
            });
        scope.start(() -> isAbout(NONE));
        scope.join();
      }
    });
    assertThat(right).isEqualTo(3);
  }
}
