package gyre;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import gyre.net.TcpListener;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.TimeUnit;
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
class ShutdownTest {
  private static final Duration SHORT = Duration.ofMillis(20);

  @Parameter String engine = "";

  private final List<String> log = new ArrayList<>();

  private Loop open() {
    return Loop.open(Loops.options(engine).failures((source, e) -> log.add(source + ": " + e)));
  }

  private static ShutdownReport report(Loop loop) {
    return Objects.requireNonNull(loop.shutdownReport(), "no report");
  }

  @Test
  void shouldEndIdleConnectionsAndLetBusyOnesFinish() throws Exception {
    try (Loop loop = open()) {
      loop.run(() -> {
        TcpListener listener = TcpListener.bind("127.0.0.1", 0);
        Fiber<?> self = Fiber.current();
        boolean[] busy = {false};
        Fiber.start(() ->
            listener.serve(stream -> {
              ByteBuffer one = ByteBuffer.allocate(1);
              while (stream.read(one.clear()) >= 0) {
                busy[0] = true;
                self.unpark();
                Fiber.sleep(SHORT); // the exchange takes its time
                stream.write(one.flip());
              }
            }));
        InetSocketAddress address = listener.address();
        SocketChannel idle = Fiber.offload(() -> SocketChannel.open(address));
        SocketChannel active = Fiber.offload(() -> SocketChannel.open(address));
        active.write(ByteBuffer.allocate(1).put((byte) 5).flip());
        while (!busy[0]) {
          Fiber.park();
        }
        Loop.current().shutdown(ShutdownOptions.defaults());
        assertThat(Fiber.<Integer>offload(() -> idle.read(ByteBuffer.allocate(1)))).isEqualTo(-1);
        ByteBuffer answer = ByteBuffer.allocate(2);
        assertThat(Fiber.<Integer>offload(() -> active.read(answer))).isEqualTo(1);
        assertThat(Fiber.<Integer>offload(() -> active.read(answer))).isEqualTo(-1);
        assertThat(answer.get(0)).isEqualTo((byte) 5);
        idle.close();
        active.close();
      });
      assertThat(report(loop).isClean()).as(report(loop).toString()).isTrue();
      Loops.assertNothingLeft(loop);
    }
    assertThat(log).isEmpty();
  }

  @Test
  void shouldCancelWhatDoesNotDrainAndRunItsFinallyBlocks() {
    try (Loop loop = open()) {
      loop.run(() -> {
        Fiber.start(
            "stubborn",
            () -> {
              try {
                Fiber.sleep(Duration.ofHours(1));
              } finally {
                Cancellation.shield(Duration.ofSeconds(5), () -> Fiber.sleep(SHORT));
                log.add("cleaned up");
              }
            });
        Loop.current().shutdown(ShutdownOptions.defaults().drain(SHORT));
      });
      assertThat(report(loop).cancelled()).contains("stubborn");
      assertThat(report(loop).forced()).isEmpty();
      Loops.assertNothingLeft(loop);
    }
    assertThat(log).containsExactly("cleaned up");
  }

  @Test
  void shouldReportAFiberThatIgnoresItsCancellationWithItsStack() {
    try (Loop loop = open()) {
      loop.run(() -> {
        Fiber.start("deaf", ShutdownTest::ignoreCancellation);
        Loop.current().shutdown(ShutdownOptions.defaults().drain(SHORT).cancel(SHORT).close(SHORT));
      });
      assertThat(report(loop).forced())
          .anySatisfy(
              line -> assertThat(line).contains("fiber deaf").contains("ignoreCancellation"));
      assertThat(report(loop).toString()).contains("forced: ");
    }
  }

  private static void ignoreCancellation() {
    Cancellation.current();
    while (true) {
      try {
        Fiber.sleep(Duration.ofHours(1));
      } catch (CancelledException e) {
        java.util.concurrent.locks.LockSupport.park(); // not a call of the loop
      }
    }
  }

  @Test
  void shouldCutAnOrderlyShutdownShort() {
    try (Loop loop = open()) {
      loop.run(() -> {
        Fiber.start(
            "slow",
            () -> {
              try {
                Fiber.sleep(Duration.ofHours(1));
              } finally {
                log.add("finally");
              }
            });
        Loop self = Loop.current();
        self.shutdown(ShutdownOptions.defaults().drain(Duration.ofHours(1)));
        self.shutdown(ShutdownOptions.defaults());
        Fiber.sleep(SHORT);
        Thread.ofPlatform().start(self::forceShutdown);
      });
      assertThat(report(loop).cancelled()).contains("slow");
      assertThat(report(loop).forced()).isEmpty();
      Loops.assertNothingLeft(loop);
    }
    assertThat(log).containsExactly("finally");
  }

  @Test
  void shouldStopAccepting() {
    try (Loop loop = open()) {
      InetSocketAddress[] address = new InetSocketAddress[1];
      loop.run(() -> {
        TcpListener listener = TcpListener.bind("127.0.0.1", FreePort.next());
        address[0] = listener.address();
        Fiber<?> accepting = Fiber.start("accepting", () -> listener.accept());
        Fiber.yield();
        Loop self = Loop.current();
        Thread.ofPlatform().start(() -> self.shutdown(ShutdownOptions.defaults()));
        accepting.join();
      });
      assertThat(report(loop).isClean()).as(report(loop).toString()).isTrue();
      assertThatThrownBy(() -> SocketChannel.open(address[0]))
          .isInstanceOf(java.net.ConnectException.class);
      Loops.assertNothingLeft(loop);
    }
    assertThat(log).isEmpty();
  }

  @Test
  void shouldShutAGroupDownAndWaitForIt() throws Exception {
    try (LoopGroup group = LoopGroup.open(2, Loops.options(engine))) {
      assertThat(group.join(Duration.ofMillis(1))).isNull();
      group.loop(0).post(() -> Fiber.sleep(Duration.ofMillis(1)));
      group.shutdown(ShutdownOptions.defaults());
      assertThat(group.join()).hasSize(2).allMatch(ShutdownReport::isClean);
      assertThatThrownBy(() -> group.loop(0).post(() -> {}))
          .isInstanceOf(java.util.concurrent.RejectedExecutionException.class)
          .hasMessageContaining("is closed");
    }
  }

  @Test
  void shouldLetPostedTasksFinish() {
    try (Loop loop = open()) {
      loop.post(() -> {
        Fiber.sleep(SHORT);
        log.add("done");
      });
      loop.post(() -> loop.shutdown(ShutdownOptions.defaults()));
      loop.runUntilShutdown();
      assertThat(report(loop).isClean()).as(report(loop).toString()).isTrue();
    }
    assertThat(log).containsExactly("done");
  }

  @Test
  void shouldCancelPostedTasksThatAreParked() {
    try (Loop loop = open()) {
      loop.post(() -> {
        try {
          Fiber.sleep(Duration.ofHours(1));
        } finally {
          log.add("finally");
        }
      });
      loop.post(() -> loop.shutdown(ShutdownOptions.defaults().drain(SHORT)));
      loop.runUntilShutdown();
      assertThat(log).containsExactly("finally");
      assertThat(report(loop).cancelled()).containsExactly("a posted task");
      assertThat(report(loop).forced()).isEmpty();
    }
    assertThat(log).containsExactly("finally");
  }

  @Test
  void shouldReportAPostedTaskThatIgnoresItsCancellation() {
    try (Loop loop = open()) {
      loop.post(ShutdownTest::ignoreCancellationOnce);
      loop.post(
          () -> loop.shutdown(ShutdownOptions.defaults().drain(SHORT).cancel(SHORT).close(SHORT)));
      loop.runUntilShutdown();
      assertThat(report(loop).forced())
          .singleElement()
          .satisfies(line ->
              assertThat(line).startsWith("a posted task at ").contains("ignoreCancellationOnce"));
    }
  }

  private static void ignoreCancellationOnce() {
    try {
      Fiber.sleep(Duration.ofHours(1));
    } catch (CancelledException e) {
      java.util.concurrent.locks.LockSupport.park(); // until closing interrupts it
    }
  }

  @Test
  void shouldCloseAtOnceWhatWasNeverRun() {
    Loop loop = open();
    loop.start("never run", () -> log.add("ran"));
    loop.close();
    loop.close();
    assertThat(report(loop).forced()).isEmpty();
    assertThatThrownBy(() -> loop.run(() -> {}))
        .isInstanceOf(IllegalStateException.class)
        .hasMessageContaining("closed");
  }
}
