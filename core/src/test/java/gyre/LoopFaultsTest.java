package gyre;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import gyre.loop.TimerNode;
import gyre.net.TcpListener;
import gyre.net.TcpStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.Parameter;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.provider.ValueSource;

// Over 500 lines: a fault each, and little else.
@Tag("fiber-modes")
@ParameterizedClass
@ValueSource(strings = {"io_uring", "epoll", "nio"})
@Timeout(value = 30, unit = TimeUnit.SECONDS, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class LoopFaultsTest {
  private static final ScopedValue<String> USER = ScopedValue.newInstance();

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
      assertThat(mine.driver().isIdle()).isTrue();
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
          mine.driver().turn(Duration.ZERO);
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
        while (first.driver().turn(Duration.ZERO)) {
          assertThat(Loop.current()).isSameAs(first);
        }
      }
      assertThat(Loop.current()).isSameAs(first);
      first.run(() -> assertThat(Loop.current()).isSameAs(first));
    }
    assertThat(CurrentLoop.find()).isNull();
    assertThat(log).containsExactly("first");
  }

  @Test
  void shouldMakeNoTurnsWhileItIsIdle() throws Exception {
    int wakeUps = 50;
    WatchedEngine[] made = new WatchedEngine[1];
    CountDownLatch ready = new CountDownLatch(1);
    CountDownLatch ended = new CountDownLatch(1);
    Loop[] opened = new Loop[1];
    long[] turns = new long[2];
    Thread thread =
        Thread.ofPlatform()
            .start(() -> {
              try (Loop loop = Loop.open(Loops.options(engine).engine(() -> made[0] = watched()))) {
                loop.start("connected", () -> connectAndStayIdle(log));
                while (log.isEmpty()) {
                  loop.driver().turn(Duration.ofSeconds(1));
                }
                turns[0] = loop.counters().turns();
                opened[0] = loop;
                made[0].endlessWaits.set(0);
                made[0].waits.set(0);
                ready.countDown();
                loop.runUntilShutdown();
                turns[1] = loop.counters().turns();
              } finally {
                ended.countDown();
              }
            });
    assertThat(ready.await(10, TimeUnit.SECONDS)).isTrue();
    WatchedEngine watched = made[0];
    try (Loop other = Loop.open(Loops.options(engine))) {
      for (int i = 1; i <= wakeUps; i++) {
        awaitSleep(watched, i, other);
        postAndAwait(opened[0]);
      }
    }
    assertThat(watched.waits.get() - watched.endlessWaits.get()).as("waits with an end").isZero();
    opened[0].forceShutdown();
    assertThat(ended.await(10, TimeUnit.SECONDS)).isTrue();
    thread.join();
    assertThat(turns[1] - turns[0]).isBetween((long) wakeUps, 4L * wakeUps + 100);
  }

  /** Until the loop has begun the wait after so many wake-ups, and then makes no turn. */
  private static void awaitSleep(WatchedEngine watched, int number, Loop other) {
    while (watched.endlessWaits.get() < number) {
      Thread.onSpinWait();
    }
    for (int attempt = 0; attempt < 100; attempt++) {
      long before = watched.waits.get();
      for (int turn = 0; turn < 100; turn++) {
        other.driver().turn(Duration.ZERO); // in which a loop that does not sleep would go on
      }
      if (watched.waits.get() == before) {
        return;
      }
    }
    throw new AssertionError("the loop goes on turning: " + watched.waits);
  }

  private static void connectAndStayIdle(List<String> log) throws Exception {
    TcpListener listener = TcpListener.bind("127.0.0.1", 0);
    listener.onConnection(stream -> stream.onData(stream::write));
    try (TcpStream client = TcpStream.connect(listener.address())) {
      client.write(new byte[] {1});
      client.readFully(ByteBuffer.allocate(1));
      log.add("connected");
      Fiber.park();
    }
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
      loop.run(() -> Fiber.yield());
    }
    enough.set(true);
    poster.join();
  }

  @Test
  void shouldEndCallbacksThatAreParkedWhenItCloses() {
    try (Loop loop =
        Loop.open(Loops.options(engine).failures((source, e) -> log.add("reported " + e)))) {
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
              protected void fired(long nowNanos) {
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

  // ---- time

  private WatchedEngine watched() {
    return WatchedEngine.of(Loops.options(engine));
  }

  @Test
  void shouldCountTheTimeToWaitFromTheWait() {
    WatchedEngine watched = watched();
    try (Loop loop = Loop.open(Loops.options(engine).engine(() -> watched))) {
      loop.run(() -> {
        loop.startTimer(
            new TimerNode() {
              @Override
              protected void fired(long nowNanos) {}
            },
            Duration.ofSeconds(21).toNanos());
        watched.pass(Duration.ofSeconds(20).toNanos()); // in this turn, after it read the time
        Fiber.sleep(Duration.ofMillis(1));
      });
      assertThat(watched.longestWaitNanos).isLessThan(Duration.ofSeconds(2).toNanos());
      loop.start("busy", () -> watched.pass(Duration.ofSeconds(20).toNanos()));
      loop.driver().turn(Duration.ZERO);
      while (loop.driver().turn(Duration.ofMillis(1))) {
        assertThat(loop.driver().isIdle()).isFalse();
      }
      assertThat(watched.longestWaitNanos).isLessThan(Duration.ofSeconds(2).toNanos());
    }
  }

  @Test
  void shouldCountTimersFromTheirStartAndTheEndOfTheirRuns() {
    long busyNanos = Duration.ofSeconds(20).toNanos();
    long delayNanos = Duration.ofHours(1).toNanos();
    WatchedEngine watched = watched();
    try (Loop loop = Loop.open(Loops.options(engine).engine(() -> watched))) {
      loop.run(() -> {
        watched.pass(busyNanos);
        Timer once = loop.after(Duration.ofNanos(delayNanos), () -> {});
        assertThat(once.remainingNanos()).isLessThanOrEqualTo(delayNanos);
        assertThat(deadline(once, watched) - loop.nanoTime())
            .isGreaterThanOrEqualTo(delayNanos + busyNanos);
        once.close();

        long[] ended = {0};
        Timer delayed =
            loop.everyWithDelay(
                Duration.ofNanos(delayNanos),
                () -> {
                  watched.pass(busyNanos);
                  ended[0] = watched.nanoTime();
                });
        delayed.restartNanos(0);
        while (ended[0] == 0 || !delayed.isActive() || delayed.remainingNanos() == 0) {
          Fiber.yield();
        }
        assertThat(deadline(delayed, watched) - ended[0]).isGreaterThanOrEqualTo(delayNanos);
        delayed.close();
      });
    }
  }

  /** Not earlier than it is. */
  private static long deadline(Timer timer, WatchedEngine watched) {
    long leftNanos = timer.remainingNanos();
    return leftNanos + watched.nanoTime();
  }

  @Test
  void shouldGoOnAfterAFailureInACompletion() {
    WatchedEngine watched = watched();
    LoopOptions options = Loops.options(engine).engine(() -> watched);
    try (Loop loop = Loop.open(options.failures((source, e) -> log.add(e.getMessage())))) {
      loop.run(() -> {
        watched.failure = new IllegalStateException("completion");
        Fiber.yield();
      });
    }
    assertThat(log).containsExactly("completion");
  }

  // ---- ends

  @Test
  void shouldLetGoOfWhatItHoldsWhenForcedToEnd() throws Exception {
    int port = FreePort.next();
    try (Loop loop = Loop.open(Loops.options(engine))) {
      loop.start(
          "main",
          () -> {
            TcpListener listener = TcpListener.bind("127.0.0.1", port);
            listener.onConnection(stream -> {});
            Fiber.yield();
            loop.forceShutdown();
          });
      loop.runUntilShutdown();
      assertThat(loop.handles()).isEmpty();
    }
    try (Loop loop = Loop.open(Loops.options(engine))) {
      loop.run(() -> TcpListener.bind("127.0.0.1", port).close());
    }
  }

  @Test
  void shouldReportOffloadedJobsThatAreLeftBehind() {
    CountDownLatch started = new CountDownLatch(1);
    CountDownLatch release = new CountDownLatch(1);
    Loop loop = Loop.open(Loops.options(engine).failures((source, e) -> log.add(e.getMessage())));
    try (loop) {
      loop.start("main", () -> Fiber.offload(() -> stayDespiteInterrupts(started, release)));
      loop.start(
          "end",
          () -> {
            started.await();
            loop.shutdown(
                ShutdownOptions.defaults().drain(Duration.ZERO).pool(Duration.ofMillis(1)));
          });
      loop.runUntilShutdown();
    }
    release.countDown();
    ShutdownReport report = Objects.requireNonNull(loop.shutdownReport());
    assertThat(report.forced()).singleElement().asString().startsWith("1 offloaded jobs");
    assertThat(log).isEqualTo(report.forced());
  }

  private static boolean stayDespiteInterrupts(CountDownLatch started, CountDownLatch release) {
    started.countDown();
    while (true) {
      try {
        return release.await(20, TimeUnit.SECONDS);
      } catch (InterruptedException e) {
        // A job that does not listen.
      }
    }
  }

  @Test
  void shouldKeepWithinItsLimitOfMemory() {
    try (Loop loop = Loop.open(Loops.options(engine).poolLimitBytes(2 << 20))) {
      assertThat(loop.engine().pool().limitBytes()).isPositive().isLessThanOrEqualTo(2 << 20);
    }
  }

  // ---- other threads

  @Test
  void shouldKeepOneEntryForAFiberThatIsUnparkedManyTimes() {
    Loops.run(
        engine,
        () -> {
          Loop loop = Loop.current();
          Fiber<?> self = Fiber.current();
          Cancellation token = Cancellation.current().child();
          Thread other =
              Thread.ofPlatform()
                  .start(() -> {
                    for (int i = 0; i < 1000; i++) {
                      self.unpark();
                      token.cancel("enough");
                    }
                  });
          while (other.isAlive()) {
            Thread.onSpinWait(); // the loop stands still
          }
          assertThat(loop.mailbox().inbox().resumes()).isEqualTo(2);
          Fiber.park();
          assertThat(token.isCancelled()).isTrue();
          token.close();
          other =
              Thread.ofPlatform()
                  .start(() -> {
                    self.unpark();
                    self.unpark();
                  });
          Fiber.park(); // unparked anew
          other.join();
        });
  }

  // ---- failures that travel

  @Test
  void shouldThrowAFailureOnceToTheOwnerThatJoins() {
    Loops.run(
        engine,
        () -> {
          for (boolean shielded : new boolean[] {false, true}) {
            IllegalStateException failure = new IllegalStateException("mine");
            assertThatThrownBy(() -> joinOne(failure, shielded)).isSameAs(failure);
            assertThat(failure.getSuppressed()).isEmpty();
          }
        });
  }

  private static void joinOne(RuntimeException failure, boolean shielded) throws Exception {
    try (Scope scope = Scope.open("one")) {
      Fiber<?> fiber =
          scope.start(() -> {
            throw failure;
          });
      if (shielded) {
        Cancellation.shield(Duration.ofHours(1), fiber::join);
      } else {
        fiber.join();
      }
    }
  }

  @Test
  void shouldReportWhatBreaksInAHandlerThatIsCancelled() {
    LoopOptions options =
        Loops.options(engine).failures((source, failure) -> log.add(failure.getMessage()));
    try (Loop loop = Loop.open(options)) {
      loop.run(() -> {
        TcpListener listener = TcpListener.bind("127.0.0.1", 0);
        Fiber.start(() ->
            listener.serve(stream -> {
              loop.shutdown(ShutdownOptions.defaults());
              try (Broken broken = new Broken()) {
                stream.read(ByteBuffer.allocate(broken.bytes()));
              }
            }));
        try (TcpStream client = TcpStream.connect("127.0.0.1", listener.port())) {
          assertThat(client.read(ByteBuffer.allocate(1))).isEqualTo(-1);
        }
      });
    }
    assertThat(log).containsExactly("broken");
  }

  private record Broken() implements AutoCloseable {
    int bytes() {
      return 1;
    }

    @Override
    public void close() {
      throw new IllegalStateException("broken");
    }
  }

  @Test
  void shouldLeaveNothingBehindWhereThereIsNoFiberToPark() {
    try (Loop loop = Loop.open(Loops.options(engine))) {
      InetSocketAddress nobody = new InetSocketAddress(InetAddress.getLoopbackAddress(), 1);
      assertThatThrownBy(() -> TcpStream.connect(nobody)).isInstanceOf(IllegalStateException.class);
      assertThat(loop.handles()).isEmpty();
    }
  }

  // ---- scoped values

  @Test
  void shouldServeWithTheScopedValuesOfTheServer() {
    boolean isNative = Loops.fiberMode() == FiberMode.NATIVE;
    try (Loop loop = Loop.open(Loops.options(engine))) {
      ScopedValue.where(USER, "ada")
          .run(() ->
              loop.run(() -> {
                log.add("run: " + USER.orElse("nobody"));
                ScopedValue.where(USER, "bob").run(() -> serveOne(log));
              }));
    }
    assertThat(log)
        .containsExactly(
            "run: " + (isNative ? "ada" : "nobody"),
            "connection: " + (isNative ? "bob" : "nobody"),
            "child: " + (isNative ? "bob" : "nobody"));
  }

  private static void serveOne(List<String> log) {
    TcpListener listener = TcpListener.bind("127.0.0.1", 0);
    Fiber<?> server =
        Fiber.start(() ->
            listener.serve(stream -> {
              log.add("connection: " + USER.orElse("nobody"));
              Fiber.start(() -> log.add("child: " + USER.orElse("nobody"))).join();
            }));
    try (TcpStream client = TcpStream.connect("127.0.0.1", listener.port())) {
      assertThat(client.read(ByteBuffer.allocate(1))).isEqualTo(-1);
    }
    listener.close();
    server.join();
  }
}
