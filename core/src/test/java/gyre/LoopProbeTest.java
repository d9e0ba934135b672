package gyre;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import gyre.net.TcpListener;
import gyre.net.TcpStream;
import gyre.probe.Counter;
import gyre.probe.Probe;
import gyre.probe.Trace;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.Parameter;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.provider.ValueSource;

/** What a loop tells of itself while it runs. */
@Tag("fiber-modes")
@ParameterizedClass
@ValueSource(strings = {"io_uring", "epoll", "nio"})
@Timeout(value = 30, unit = TimeUnit.SECONDS, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class LoopProbeTest {
  @Parameter String engine = "";

  private static Probe probe(Loop loop) {
    return Objects.requireNonNull(loop.probe());
  }

  @Test
  void shouldCountWhatIsOpenedStartedAndMoved() {
    try (Loop loop = Loop.open(Loops.options(engine))) {
      loop.run(LoopProbeTest::echoOnce);
      Probe probe = probe(loop);
      assertThat(probe.get(Counter.HANDLES_OPENED)).isEqualTo(loop.counters().handlesOpened());
      assertThat(probe.get(Counter.HANDLES_CLOSED)).isEqualTo(loop.counters().handlesClosed());
      assertThat(probe.get(Counter.FIBERS_STARTED)).isEqualTo(probe.get(Counter.FIBERS_ENDED));
      assertThat(probe.get(Counter.BYTES_RECEIVED)).isEqualTo(6);
      assertThat(probe.get(Counter.BYTES_SENT)).isEqualTo(6);
      assertThat(probe.get(Counter.TURNS)).isEqualTo(loop.counters().turns());
      assertThat(probe.get(Counter.FIBER_RUNS)).isPositive();
      assertThat(probe.get(Counter.BUSY_NANOS)).isPositive();
    }
  }

  private static void echoOnce() throws Exception {
    try (TcpListener listener = TcpListener.bind("127.0.0.1", 0)) {
      Fiber<?> server =
          Fiber.start(() -> {
            try (TcpStream stream = listener.accept()) {
              ByteBuffer buffer = ByteBuffer.allocate(3);
              stream.readFully(buffer);
              stream.write(buffer.flip());
            }
          });
      try (TcpStream client = TcpStream.connect(listener.address())) {
        client.write(new byte[] {1, 2, 3});
        client.readFully(ByteBuffer.allocate(3));
      }
      server.join();
    }
  }

  @Test
  void shouldTraceEachCallbackWithItsHandle() {
    Trace trace = new Trace(1024);
    List<Object> handles = new ArrayList<>();
    try (Loop loop = Loop.open(Loops.options(engine))) {
      Timer[] timers = new Timer[1];
      loop.run(() -> {
        probe(loop).trace(trace);
        boolean[] hasRun = {false};
        timers[0] = loop.after(Duration.ofMillis(1), () -> hasRun[0] = true);
        while (!hasRun[0]) {
          // Not a yield: a thousand of them would fill the trace before the timer is due.
          Fiber.sleep(Duration.ofMillis(1));
        }
        probe(loop).trace(null);
      });
      int told =
          trace.drain(
              1024,
              (type, start, nanos, subject) -> {
                assertThat(nanos).isNotNegative();
                if (type == Trace.CALLBACK && subject != null) {
                  handles.add(subject);
                }
              });
      assertThat(told).isPositive();
      assertThat(handles).contains(timers[0]);
    }
  }

  @Test
  void shouldCountASliceBeyondTheLimitOnce() {
    try (Loop loop = Loop.open(Loops.options(engine))) {
      Probe probe = probe(loop);
      long limitNanos = probe.stallLimitNanos();
      loop.run(() -> {
        Fiber.yield();
        long before = probe.get(Counter.STALLS);
        Fiber<?> stalled = Fiber.start(() -> compute(limitNanos + 1_000_000));
        stalled.join();
        assertThat(probe.get(Counter.STALLS)).isGreaterThan(before);
        assertThat(probe.get(Counter.LONGEST_NANOS)).isGreaterThan(limitNanos);
      });
    }
  }

  private static void compute(long nanos) {
    long end = System.nanoTime() + nanos;
    while (System.nanoTime() - end < 0) {
      Thread.onSpinWait();
    }
  }

  @Test
  void shouldCountOffloadedWorkAndItsEnd() {
    try (Loop loop = Loop.open(Loops.options(engine))) {
      loop.run(() -> {
        for (int i = 0; i < 3; i++) {
          assertThat(Fiber.<Integer>offload(() -> 1)).isEqualTo(1);
        }
      });
      assertThat(probe(loop).get(Counter.OFFLOADED)).isEqualTo(3);
      assertThat(probe(loop).get(Counter.OFFLOAD_ENDED)).isEqualTo(3);
    }
  }

  /** What is given up before it began has ended too: else it would count as in hand for ever. */
  @Test
  void shouldCountTheEndOfOffloadedWorkThatNeverBegan() {
    CountDownLatch goesOn = new CountDownLatch(1);
    try (Loop loop = Loop.open(Loops.options(engine).offloadThreads(1).offloadQueueLimit(1))) {
      loop.run(() -> {
        Fiber<?> first = Fiber.start(() -> Fiber.offload(() -> await(goesOn)));
        while (probe(loop).get(Counter.OFFLOADED) == 0) {
          Fiber.yield();
        }
        try (Scope scope = Scope.openIsolated("given up")) {
          Fiber<?> ignored = scope.start(() -> Fiber.offload(() -> await(goesOn)));
          while (probe(loop).get(Counter.OFFLOADED) == 1) {
            Fiber.yield();
          }
          assertThatThrownBy(() -> Fiber.offload(() -> 1))
              .isInstanceOf(RejectedExecutionException.class);
          scope.cancel("nobody wants it");
        }
        goesOn.countDown();
        first.join();
      });
      assertThat(probe(loop).get(Counter.OFFLOADED)).isEqualTo(2);
      assertThat(probe(loop).get(Counter.OFFLOAD_ENDED)).isEqualTo(2);
      assertThat(probe(loop).get(Counter.OFFLOAD_REFUSED)).isEqualTo(1);
    }
  }

  private static boolean await(CountDownLatch latch) throws InterruptedException {
    latch.await();
    return true;
  }

  @Test
  void shouldCountWhatItsExecutorRuns() {
    try (Loop loop = Loop.open(Loops.options(engine))) {
      loop.run(() -> {
        loop.offloadExecutor().execute(() -> {});
        while (probe(loop).get(Counter.OFFLOAD_ENDED) == 0) {
          Fiber.sleep(Duration.ofMillis(1));
        }
      });
      assertThat(probe(loop).get(Counter.OFFLOADED)).isEqualTo(1);
    }
  }

  @Test
  void shouldTakeTheTimeBetweenTwoRunsForNoTurn() {
    try (Loop loop = Loop.open(Loops.options(engine))) {
      loop.run(() -> {});
      long before = probe(loop).get(Counter.BUSY_NANOS);
      compute(100_000_000); // what the program does meanwhile
      long begunNanos = System.nanoTime();
      loop.run(() -> {});
      long ranNanos = System.nanoTime() - begunNanos;
      assertThat(probe(loop).get(Counter.BUSY_NANOS) - before).isLessThanOrEqualTo(ranNanos);
    }
  }

  /** Parked once, it is its own doing what it does later, and not that of whoever comes next. */
  @Test
  void shouldChargeACallbackThatWasParkedForWhatItDoesLater() {
    Trace trace = new Trace(1024);
    long computedNanos = 40_000_000;
    List<Object> charged = new ArrayList<>();
    try (Loop loop = Loop.open(Loops.options(engine))) {
      loop.run(() -> {
        probe(loop).trace(trace);
        boolean[] hasRun = {false};
        loop.post(() -> {
          Fiber.sleep(Duration.ofMillis(1));
          compute(computedNanos);
          Fiber.sleep(Duration.ofMillis(1));
          hasRun[0] = true;
        });
        while (!hasRun[0]) {
          Fiber.sleep(Duration.ofMillis(1));
        }
        probe(loop).trace(null);
      });
      int ignored =
          trace.drain(
              1024,
              (type, start, nanos, subject) -> {
                if (nanos >= computedNanos && (type == Trace.CALLBACK || type == Trace.FIBER)) {
                  charged.add(type == Trace.CALLBACK);
                }
              });
    }
    assertThat(charged).contains(true);
  }

  @Test
  void shouldTellNothingInPlaceOfAnother() {
    Probe ended;
    try (Loop loop = Loop.open(Loops.options(engine).name("ended"))) {
      ended = probe(loop);
    }
    try (Loop next = Loop.open(Loops.options(engine).name("next"))) {
      ended.add(Counter.FAILURES, 7);
      assertThat(probe(next).get(Counter.FAILURES)).isZero();
    }
  }

  @Test
  void shouldTellNothingWhereThatIsOff() {
    try (Loop loop = Loop.open(Loops.options(engine).insight(false))) {
      loop.run(LoopProbeTest::echoOnce);
      assertThat(loop.probe()).isNull();
    }
  }
}
