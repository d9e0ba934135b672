package gyre;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import gyre.net.TcpListener;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.RejectedExecutionException;
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
class LoopTest {
  @Parameter String engine = "";

  private final List<String> log = new ArrayList<>();

  @Test
  void shouldGiveResultsAndFailuresOfWhatItRuns() {
    try (Loop loop = Loop.open(Loops.options(engine))) {
      assertThat(loop.run(() -> 42)).isEqualTo(42);
      assertThatThrownBy(() ->
              loop.run(() -> {
                throw new java.io.IOException("checked");
              }))
          .isInstanceOf(FiberFailedException.class)
          .hasCauseInstanceOf(java.io.IOException.class);
      loop.run(() -> {});
      loop.driver().runUntilIdle();
      Loops.assertNothingLeft(loop);
    }
  }

  @Test
  void shouldBeDrivenByAnotherProgram() {
    WatchedEngine watched = WatchedEngine.of(Loops.options(engine));
    watched.virtualTime(); // in which the work does not wake before the driver has looked
    try (Loop loop = Loop.open(Loops.options(engine).engine(() -> watched))) {
      loop.start(
          "work",
          () -> {
            Fiber.sleep(Duration.ofMillis(5));
            log.add("slept");
          });
      assertThat(loop.driver().nextDeadlineNanos()).isZero();
      while (loop.driver().turn(Duration.ZERO)) {}
      assertThat(loop.driver().nextDeadlineNanos()).isPositive().isLessThan(20_000_000L);
      while (!loop.driver().isIdle()) {
        loop.driver().turn(Duration.ofSeconds(5));
      }
      assertThat(log).containsExactly("slept");
      assertThat(loop.driver().nextDeadlineNanos()).isEqualTo(Long.MAX_VALUE);
    }
  }

  @Test
  void shouldTakePostsOfManyThreadsInTheOrderOfEach() {
    int[] last = new int[4];
    Loops.run(
        engine,
        () -> {
          Loop loop = Loop.current();
          Fiber<?> self = Fiber.current();
          int[] left = {4 * 2000};
          for (int producer = 0; producer < 4; producer++) {
            int me = producer;
            Thread.ofPlatform()
                .start(() -> {
                  for (int i = 1; i <= 2000; i++) {
                    int value = i;
                    loop.post(() -> {
                      assertThat(value).isEqualTo(++last[me]);
                      if (--left[0] == 0) {
                        self.unpark();
                      }
                    });
                  }
                });
          }
          while (left[0] > 0) {
            Fiber.park();
          }
        });
    assertThat(last).containsOnly(2000);
  }

  @Test
  void shouldRefusePostsThatDoNotFit() {
    try (Loop loop = Loop.open(Loops.options(engine).inboxLimit(4))) {
      assertThatThrownBy(
              () -> {
                for (int i = 0; i < 100; i++) {
                  loop.post(() -> {});
                }
              })
          .isInstanceOf(RejectedExecutionException.class)
          .hasMessageContaining("is full: 4 tasks wait");
      assertThat(loop.tryPost(() -> {})).isFalse();
      loop.driver().runUntilIdle();
      assertThat(loop.tryPost(() -> {})).isTrue();
      loop.driver().runUntilIdle();
    }
  }

  @Test
  void shouldTellWhoDrivesItThatPostsAreLeft() {
    int[] ran = {0};
    try (Loop loop = Loop.open(Loops.options(engine))) {
      for (int i = 0; i < 3000; i++) {
        loop.post(() -> ran[0]++);
      }
      boolean isMore = true;
      for (int turns = 0; isMore && turns < 1000; turns++) {
        isMore = loop.driver().turn(Duration.ZERO);
      }
      assertThat(isMore).isFalse();
      assertThat(ran[0]).isEqualTo(3000);
    }
  }

  @Test
  void shouldRefuseAnInboxThatNoQueueCanHold() {
    assertThatThrownBy(() -> LoopOptions.defaults().inboxLimit(Integer.MAX_VALUE))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("inboxLimit is 2147483647: must be between 2 and 1073741824");
    assertThat(LoopOptions.defaults().inboxLimit(1 << 30).inboxLimit()).isEqualTo(1 << 30);
  }

  @Test
  void shouldRefuseWrongThreadsAndNesting() throws Exception {
    try (Loop loop = Loop.open(Loops.options(engine))) {
      Throwable[] elsewhere = new Throwable[3];
      Thread.ofPlatform()
          .start(() -> {
            elsewhere[0] = org.assertj.core.api.Assertions.catchThrowable(() -> loop.run(() -> {}));
            elsewhere[1] = org.assertj.core.api.Assertions.catchThrowable(loop::close);
            elsewhere[2] = org.assertj.core.api.Assertions.catchThrowable(Fiber::park);
          })
          .join();
      assertThat(elsewhere).allMatch(e -> e instanceof IllegalStateException);
      loop.run(() -> {
        assertThatThrownBy(() -> loop.run(() -> {})).isInstanceOf(IllegalStateException.class);
        assertThatThrownBy(loop::close)
            .isInstanceOf(IllegalStateException.class)
            .hasMessageContaining("use shutdown()");
      });
    }
    Throwable[] refused = new Throwable[1];
    Thread.ofVirtual()
        .start(() ->
            refused[0] =
                org.assertj.core.api.Assertions.catchThrowable(
                    () -> Loop.open(Loops.options(engine)).close()))
        .join();
    assertThat(refused[0])
        .isInstanceOf(IllegalStateException.class)
        .hasMessageContaining("platform thread");
  }

  @Test
  void shouldRefuseToRunInsideSynchronized() {
    assumeTrue(Loops.fiberMode() == FiberMode.NATIVE, "a baton's loop resumes no fiber by itself");
    Object lock = new Object();
    try (Loop loop = Loop.open(Loops.options(engine))) {
      List<Task> ways =
          List.of(
              () -> loop.run(() -> log.add("ran")),
              () -> loop.run(() -> log.add("ran")),
              () -> loop.driver().runUntilIdle(),
              loop::runUntilShutdown,
              () -> loop.driver().turn(Duration.ZERO));
      for (Task way : ways) {
        synchronized (lock) {
          assertThatThrownBy(way::run)
              .isInstanceOf(IllegalStateException.class)
              .hasMessageContaining("inside synchronized")
              .hasMessageContaining("shouldRefuseToRunInsideSynchronized");
        }
      }
      assertThat(log).isEmpty();
      loop.run(() -> log.add("ran"));
      assertThat(log).containsExactly("ran");
    }
  }

  @Test
  void shouldNotLetAFiberThatAlwaysYieldsStarveSocketsTimersAndPosts() {
    Loops.run(
        engine,
        () -> {
          boolean[] stop = {false};
          Fiber<?> busy =
              Fiber.start(() -> {
                while (!stop[0]) {
                  Fiber.yield();
                }
              });
          Loop loop = Loop.current();
          boolean[] posting = {true};
          loop.post(
              new Runnable() {
                @Override
                public void run() {
                  if (posting[0]) {
                    loop.post(this);
                  }
                }
              });
          TcpListener listener = TcpListener.bind("127.0.0.1", 0);
          listener.onConnection(stream -> stream.onData(stream::write));
          InetSocketAddress address = listener.address();
          try (SocketChannel client = Fiber.offload(() -> SocketChannel.open(address))) {
            Fiber.sleep(Duration.ofMillis(2));
            client.write(ByteBuffer.allocate(1));
            assertThat(Fiber.<Integer>offload(() -> client.read(ByteBuffer.allocate(1))))
                .isEqualTo(1);
          }
          posting[0] = false;
          stop[0] = true;
          busy.join();
          while (listener.connections() > 0) {
            Fiber.sleep(Duration.ofMillis(1));
          }
          listener.close();
        });
  }

  @Test
  void shouldListWhatIsOpen() {
    Loops.run(
        engine,
        () -> {
          try (TcpListener listener = TcpListener.bind("127.0.0.1", 0)) {
            listener.rename("front");
            assertThat(Loop.current().handles())
                .singleElement()
                .satisfies(info -> {
                  assertThat(info.kind()).isEqualTo("tcp-listener");
                  assertThat(info.name()).isEqualTo("front (127.0.0.1:" + listener.port() + ")");
                  assertThat(info.owner()).endsWith("main");
                  assertThat(info.state()).isEqualTo(Handle.State.OPEN);
                });
          }
          assertThat(Loop.current().handles()).isEmpty();
        });
  }

  @Test
  void shouldSayWhichEnginesThereAre() {
    assertThatThrownBy(() -> Loop.open(LoopOptions.defaults().engine("kqueue")))
        .hasMessageContaining("kqueue")
        .hasMessageContaining("io_uring")
        .hasMessageContaining("epoll")
        .hasMessageContaining("nio");
  }
}
