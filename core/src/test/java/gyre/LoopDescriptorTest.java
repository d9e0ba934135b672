package gyre;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import gyre.net.TcpListener;
import gyre.net.TcpStream;
import gyre.sys.CallState;
import gyre.sys.LinuxEpoll;
import gyre.sys.LinuxFiles;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.foreign.Arena;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.Parameter;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.provider.ValueSource;

/** A loop inside of another one, which waits for its descriptor. */
@Tag("fiber-modes")
@ParameterizedClass
@ValueSource(strings = {"io_uring", "epoll"})
@Timeout(value = 30, unit = TimeUnit.SECONDS, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class LoopDescriptorTest {
  /** No event of these tests takes so long: a wait that does has missed it. */
  private static final int HANG_MILLIS = 10_000;

  @Parameter String engine = "";

  /** The other loop: waits for one descriptor, and turns Gyre's when that is ready. */
  private static final class Outer implements AutoCloseable {
    private final Arena arena = Arena.ofConfined();
    private final CallState calls = new CallState(arena);
    private final long events = arena.allocate(LinuxEpoll.EVENT_BYTES, 8).address();
    private final int epoll = LinuxEpoll.create(calls);
    private final LoopDriver driver;

    Outer(LoopDriver driver) {
      this.driver = driver;
      int descriptor = driver.descriptor().orElseThrow();
      LinuxEpoll.putEvent(events, LinuxEpoll.EPOLLIN, 0);
      assertThat(LinuxEpoll.control(calls, epoll, LinuxEpoll.EPOLL_CTL_ADD, descriptor, events))
          .isZero();
    }

    boolean isReady(int millis) {
      return LinuxEpoll.waitMillis(calls, epoll, events, 1, millis) == 1;
    }

    /** All turns that are due now. */
    void turn() {
      while (driver.turn()) {}
    }

    /** Waits as a loop does that has nothing else to do, then turns. */
    void step() {
      long deadlineNanos = driver.nextDeadlineNanos();
      boolean isTimed = TimeUnit.NANOSECONDS.toMillis(deadlineNanos) < HANG_MILLIS;
      int millis = isTimed ? (int) Math.ceilDiv(deadlineNanos, 1_000_000L) : HANG_MILLIS;
      boolean isReady = isReady(millis);
      assertThat(isReady || isTimed).as("the descriptor told of what has happened").isTrue();
      turn();
    }

    @Override
    public void close() {
      LinuxFiles.close(calls, epoll);
      arena.close();
    }
  }

  @Test
  void shouldBeReadyForConnectionsAndInput() throws Exception {
    try (Loop loop = Loop.open(Loops.options(engine));
        Outer outer = new Outer(loop.driver())) {
      int[] port = {0};
      loop.start(
          "echo",
          () -> {
            try (TcpListener listener = TcpListener.bind("127.0.0.1", 0)) {
              port[0] = listener.port();
              try (TcpStream stream = listener.accept()) {
                ByteBuffer buffer = ByteBuffer.allocate(64);
                while (stream.read(buffer.clear()) >= 0) {
                  stream.write(buffer.flip());
                }
              }
            }
          });
      outer.turn();
      CompletableFuture<Integer> echoed = new CompletableFuture<>();
      Thread client = Thread.ofPlatform().start(() -> echoed.complete(roundTrips(port[0], 200)));
      while (!loop.driver().isIdle()) {
        outer.step();
      }
      client.join();
      assertThat(echoed).isCompletedWithValue(200);
    }
  }

  private static int roundTrips(int port, int count) {
    try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), port)) {
      socket.setTcpNoDelay(true);
      int done = 0;
      for (int i = 0; i < count; i++) {
        socket.getOutputStream().write(i & 127);
        done += socket.getInputStream().read() == (i & 127) ? 1 : 0;
      }
      return done;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  @Test
  void shouldBeReadyForWhatOtherThreadsHandOver() throws Exception {
    try (Loop loop = Loop.open(Loops.options(engine));
        Outer outer = new Outer(loop.driver())) {
      outer.turn();
      int[] ran = {0};
      Thread other =
          Thread.ofPlatform()
              .start(() -> {
                for (int i = 0; i < 200; i++) {
                  loop.callAsync(() -> ++ran[0]).join();
                }
              });
      while (ran[0] < 200) {
        outer.step();
      }
      outer.turn();
      other.join();
      int offloaded = ran[0];
      Fiber<?> fiber = loop.start("offload", () -> ran[0] += Fiber.offload(() -> 1));
      outer.turn();
      while (fiber.isAlive()) {
        outer.step();
      }
      assertThat(ran[0]).isEqualTo(offloaded + 1);
    }
  }

  @Test
  void shouldFindWhatWasHandedOverBeforeItIsAskedFor() throws Exception {
    try (Loop loop = Loop.open(Loops.options(engine))) {
      while (loop.driver().turn()) {}
      int[] ran = {0};
      Thread other = Thread.ofPlatform().start(() -> loop.post(() -> ran[0]++));
      other.join();
      try (Outer outer = new Outer(loop.driver())) {
        outer.step();
        assertThat(ran[0]).isEqualTo(1);
      }
    }
  }

  @Test
  void shouldTellItsCallbackAsWell() throws Exception {
    try (Loop loop = Loop.open(Loops.options(engine));
        Outer outer = new Outer(loop.driver())) {
      int[] told = {0};
      loop.driver().onTurnNeeded(() -> told[0]++);
      outer.turn();
      told[0] = 0;
      Thread other = Thread.ofPlatform().start(() -> loop.post(() -> {}));
      other.join();
      assertThat(outer.isReady(HANG_MILLIS)).isTrue();
      assertThat(told[0]).isEqualTo(1);
    }
  }

  @Test
  void shouldNotBeReadyWhileThereIsNothing() {
    try (Loop loop = Loop.open(Loops.options(engine));
        Outer outer = new Outer(loop.driver())) {
      loop.start("sleeper", () -> Fiber.sleep(Duration.ofMinutes(10)));
      int inVain = 0;
      do { // what a turn itself has completed may be told of once more
        outer.turn();
      } while (outer.isReady(0) && ++inVain < 10);
      assertThat(inVain).isLessThan(10);
      assertThat(loop.driver().nextDeadlineNanos()).isBetween(1L, Long.MAX_VALUE - 1);
    }
  }

  @Test
  void shouldLeaveTimersToTheDeadline() {
    try (Loop loop = Loop.open(Loops.options(engine));
        Outer outer = new Outer(loop.driver())) {
      List<String> fired = new ArrayList<>();
      loop.start(
          "sleeper",
          () -> {
            Fiber.sleep(Duration.ofMillis(3));
            fired.add("slept");
          });
      outer.turn();
      while (fired.isEmpty()) {
        outer.step();
      }
      assertThat(fired).containsExactly("slept");
    }
  }

  @Test
  void shouldBeAbsentWhereTheEngineHasNone() {
    try (Loop loop = Loop.open(Loops.options("nio"))) {
      assertThat(loop.driver().descriptor()).isEmpty();
    }
  }

  @Test
  void shouldBeForItsThreadAlone() {
    try (Loop loop = Loop.open(Loops.options(engine))) {
      LoopDriver driver = loop.driver();
      loop.run(
          () -> assertThatThrownBy(driver::descriptor).hasMessageContaining("running already"));
    }
  }
}
