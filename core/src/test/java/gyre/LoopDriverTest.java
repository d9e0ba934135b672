package gyre;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import gyre.net.TcpListener;
import gyre.net.TcpStream;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.Parameter;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.provider.ValueSource;

/** A loop that is turned by hand. */
@Tag("fiber-modes")
@ParameterizedClass
@ValueSource(strings = {"io_uring", "epoll", "nio"})
@Timeout(value = 30, unit = TimeUnit.SECONDS, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class LoopDriverTest {
  @Parameter String engine = "";

  @Test
  void shouldServeWhileItsThreadDoesOtherThings() {
    List<String> log = new ArrayList<>();
    try (Loop loop = Loop.open(Loops.options(engine))) {
      LoopDriver driver = loop.driver();
      Fiber<?> ignored = loop.start("echo", () -> echoOnce(log));
      int frames = 0;
      while (!driver.isIdle()) {
        frames++;
        driver.turn();
      }
      assertThat(frames).isPositive();
    }
    assertThat(log).containsExactly("echoed 3");
  }

  private static void echoOnce(List<String> log) throws Exception {
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
        ByteBuffer answer = ByteBuffer.allocate(3);
        client.readFully(answer);
        log.add("echoed " + answer.position());
      }
      Fiber.await(server.end());
    }
  }

  @Test
  void shouldHandToTheKernelWhatATurnHasBegun() throws Exception {
    try (Loop loop = Loop.open(Loops.options(engine))) {
      LoopDriver driver = loop.driver();
      int[] port = {0};
      int[] accepted = {0};
      loop.start(
          "listener",
          () -> {
            TcpListener listener = TcpListener.bind("127.0.0.1", 0);
            port[0] = listener.port();
            while (true) {
              listener.accept().close();
              accepted[0]++;
            }
          });
      while (driver.turn()) {
        assertThat(driver.nextDeadlineNanos()).isZero();
      }
      assertThat(driver.nextDeadlineNanos()).isPositive();
      try (Socket client = new Socket(InetAddress.getLoopbackAddress(), port[0])) {
        while (accepted[0] == 0) {
          driver.turn(Duration.ofMillis(100));
        }
        while (driver.turn()) {}
        assertThat(client.getInputStream().read()).as("the end").isEqualTo(-1);
      }
    }
  }

  @Test
  void shouldTellWhenAnotherThreadHasHandedSomethingOver() throws Exception {
    Semaphore needed = new Semaphore(0);
    try (Loop loop = Loop.open(Loops.options(engine))) {
      LoopDriver driver = loop.driver();
      driver.onTurnNeeded(needed::release);
      while (driver.turn()) {}
      needed.drainPermits();
      for (int round = 0; round < 100; round++) {
        CompletableFuture<Thread> ran = new CompletableFuture<>();
        Thread other =
            Thread.ofPlatform().start(() -> loop.post(() -> ran.complete(Thread.currentThread())));
        while (!ran.isDone()) {
          needed.acquire(); // hangs if the word is not passed on
          while (driver.turn()) {}
        }
        other.join();
      }
    }
  }

  @Test
  void shouldTellOnceForManyThings() throws Exception {
    Semaphore needed = new Semaphore(0);
    try (Loop loop = Loop.open(Loops.options(engine))) {
      LoopDriver driver = loop.driver();
      driver.onTurnNeeded(needed::release);
      while (driver.turn()) {}
      needed.drainPermits();
      Thread other =
          Thread.ofPlatform()
              .start(() -> {
                for (int i = 0; i < 10; i++) {
                  loop.post(() -> {});
                }
              });
      other.join();
      assertThat(needed.availablePermits()).isEqualTo(1);
      assertThat(driver.nextDeadlineNanos()).isZero();
    }
  }

  @Test
  void shouldTellOfCallsAndStages() throws Exception {
    Semaphore needed = new Semaphore(0);
    CompletableFuture<String> stage = new CompletableFuture<>();
    try (Loop loop = Loop.open(Loops.options(engine))) {
      LoopDriver driver = loop.driver();
      driver.onTurnNeeded(needed::release);
      Fiber<String> waiting = driver.begin(() -> Fiber.await(stage));
      while (driver.turn()) {}
      CompletableFuture<Integer> answer = new CompletableFuture<>();
      Thread other =
          Thread.ofPlatform()
              .start(() -> {
                stage.complete("stage");
                try {
                  answer.complete(loop.call(() -> 5));
                } catch (InterruptedException e) {
                  answer.completeExceptionally(e);
                }
              });
      while (waiting.isAlive() || !answer.isDone()) {
        boolean ignored = needed.tryAcquire(1, TimeUnit.MILLISECONDS);
        while (driver.turn()) {}
      }
      assertThat(waiting.outcome()).isEqualTo("stage");
      assertThat(answer).isCompletedWithValue(5);
      other.join();
    }
  }

  @Test
  void shouldLetItsThreadRunTheLoopBetweenTurns() throws Exception {
    Semaphore needed = new Semaphore(0);
    try (Loop loop = Loop.open(Loops.options(engine))) {
      LoopDriver driver = loop.driver();
      driver.onTurnNeeded(needed::release);
      while (driver.turn()) {}
      assertThat(loop.run(() -> Fiber.offload(() -> 3))).isEqualTo(3);
      needed.drainPermits();
      Thread other = Thread.ofPlatform().start(() -> loop.post(() -> {}));
      needed.acquire(); // told, though no turn of the driver came before
      other.join();
      while (driver.turn()) {}
      loop.start("sleeper", () -> Fiber.sleep(Duration.ofMillis(1)));
      driver.runUntilIdle();
      assertThat(driver.isIdle()).isTrue();
    }
  }

  @Test
  void shouldBeTurnedByItsThreadAlone() throws Exception {
    try (Loop loop = Loop.open(Loops.options(engine))) {
      LoopDriver driver = loop.driver();
      CompletableFuture<Boolean> checked = new CompletableFuture<>();
      Thread other =
          Thread.ofPlatform()
              .start(() -> {
                try {
                  for (Runnable call :
                      List.<Runnable>of(
                          driver::turn,
                          driver::runUntilIdle,
                          driver::nextDeadlineNanos,
                          driver::isIdle,
                          () -> driver.turn(Duration.ZERO),
                          () -> driver.onTurnNeeded(() -> {}),
                          () -> driver.begin(() -> 1))) {
                    assertThatThrownBy(call::run).isInstanceOf(IllegalStateException.class);
                  }
                  checked.complete(true);
                } catch (Throwable e) {
                  checked.completeExceptionally(e);
                }
              });
      other.join();
      assertThat(checked.get()).isTrue();
      loop.run(() -> assertThatThrownBy(driver::turn).hasMessageContaining("running already"));
    }
  }
}
