package gyre;

import static org.assertj.core.api.Assertions.assertThat;

import gyre.net.TcpListener;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(30)
class FiberListTest {
  private static FiberInfo named(List<FiberInfo> fibers, String name) {
    return fibers.stream().filter(fiber -> fiber.name().equals(name)).findFirst().orElseThrow();
  }

  @Test
  void shouldSayWhatEachFiberWaitsFor() {
    try (Loop loop = Loop.open()) {
      loop.run(() -> {
        try (Scope scope = Scope.open("test");
            TcpListener listener = TcpListener.bind("127.0.0.1", 0)) {
          Fiber<?> sleeper = scope.start("sleeper", () -> Fiber.sleep(Duration.ofHours(1)));
          scope.start("joiner", sleeper::join);
          scope.start("acceptor", listener::accept);
          scope.start("parked", Fiber::park);
          Fiber.yield();
          Fiber.yield();

          List<FiberInfo> fibers = loop.fibers();

          assertThat(named(fibers, "sleeper").waitsFor()).isEqualTo("sleeping");
          assertThat(named(fibers, "joiner").waitsFor())
              .isEqualTo("waiting for the end of fiber sleeper");
          assertThat(named(fibers, "acceptor").waitsFor())
              .isEqualTo("accepting on " + listener.name());
          assertThat(named(fibers, "acceptor").descriptor()).isNotNegative();
          assertThat(named(fibers, "parked").waitsFor()).contains("unpark");
          assertThat(named(fibers, "parked").scope()).isEqualTo(scope.toString());
          assertThat(named(fibers, "main").state()).isEqualTo(FiberInfo.State.RUNNABLE);
          assertThat(named(fibers, "sleeper").stack())
              .anyMatch(frame -> frame.getMethodName().contains("shouldSayWhatEachFiber"));
          scope.cancel("seen");
        }
      });
    }
  }

  @Test
  void shouldTellWhatIsBlockedByWhatIsNotTheLoops() {
    CountDownLatch latch = new CountDownLatch(1);
    try (Loop loop = Loop.open()) {
      loop.run(() -> {
        Fiber<?> blocked = Fiber.start("blocked", latch::await);
        while (named(loop.fibers(), "blocked").state() != FiberInfo.State.BLOCKED) {
          Fiber.yield();
        }
        assertThat(named(loop.fibers(), "blocked").waitsFor()).isEmpty();
        latch.countDown();
        blocked.join();
      });
    }
  }
}
