package gyre;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import gyre.net.TcpListener;
import gyre.net.TcpStream;
import java.nio.ByteBuffer;
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

/** What a program wants done while its loop shuts down. */
@Tag("fiber-modes")
@ParameterizedClass
@ValueSource(strings = {"io_uring", "epoll", "nio"})
@Timeout(value = 30, unit = TimeUnit.SECONDS, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class ShutdownActionsTest {
  private static final Duration LONG = Duration.ofHours(1);
  private static final Duration SHORT = Duration.ofMillis(10);

  @Parameter String engine = "";

  private final List<String> log = new ArrayList<>();
  private final List<String> reported = new ArrayList<>();

  private Loop open() {
    return Loop.open(Loops.options(engine).failures((source, e) -> reported.add(e.getMessage())));
  }

  private static ShutdownReport report(Loop loop) {
    return Objects.requireNonNull(loop.shutdownReport(), "there was a shutdown");
  }

  @Test
  void shouldRunActionsInFibersTheLastRegisteredFirst() {
    try (Loop loop = open()) {
      loop.run(() -> {
        for (String name : List.of("first", "second", "third")) {
          loop.onShutdown(() -> {
            Fiber.sleep(Duration.ofMillis(1));
            log.add(name);
          });
        }
        loop.shutdown(ShutdownOptions.defaults());
      });
      assertThat(log).containsExactly("third", "second", "first");
      assertThat(report(loop).isClean()).isTrue();
    }
    assertThat(log).hasSize(3);
  }

  @Test
  void shouldRunActionsWhenTheLoopIsJustClosed() {
    try (Loop loop = open()) {
      loop.onShutdown(() -> {
        Fiber.sleep(Duration.ofMillis(1));
        log.add("done");
      });
      loop.run(() -> {});
      assertThat(log).isEmpty();
    }
    assertThat(log).containsExactly("done");
  }

  @Test
  void shouldNotRunAnActionThatWasTakenBack() {
    try (Loop loop = open()) {
      Registration registration = loop.onShutdown(() -> log.add("wrong"));
      loop.onShutdown(() -> log.add("right"));
      registration.close();
      registration.close();
    }
    assertThat(log).containsExactly("right");
  }

  @Test
  void shouldReportAnActionThatThrowsAndRunTheNext() {
    try (Loop loop = open()) {
      loop.onShutdown(() -> log.add("runs"));
      loop.onShutdown(() -> {
        throw new IllegalStateException("action is broken");
      });
    }
    assertThat(log).containsExactly("runs");
    assertThat(reported).containsExactly("action is broken");
  }

  @Test
  void shouldLetAnActionTalkToAPeerWhileConnectionsDrain() {
    try (LoopGroup peers = LoopGroup.open(1, Loops.options(engine))) {
      int port = listen(peers.loop(0));
      try (Loop loop = open()) {
        loop.run(() -> {
          loop.onShutdown(() -> {
            try (TcpStream stream = TcpStream.connect("127.0.0.1", port)) {
              stream.write(new byte[] {7});
              ByteBuffer answer = ByteBuffer.allocate(1);
              stream.readFully(answer);
              log.add("answer " + answer.get(0));
            }
          });
          loop.shutdown(ShutdownOptions.defaults());
        });
      }
    }
    assertThat(log).containsExactly("answer 7");
    assertThat(reported).isEmpty();
  }

  private static int listen(Loop loop) {
    try {
      return loop.call(() -> {
        TcpListener listener = TcpListener.bind("127.0.0.1", 0);
        listener.onConnection(stream -> stream.onData(stream::write));
        return listener.port();
      });
    } catch (InterruptedException e) {
      throw new AssertionError(e);
    }
  }

  @Test
  void shouldCancelAnActionWhenTheTimeIsUpAndNameThoseThatDidNotRun() {
    try (Loop loop = open()) {
      loop.run(() -> {
        loop.onShutdown(() -> log.add("too late"));
        loop.onShutdown(() -> {
          try {
            Fiber.sleep(LONG);
          } catch (CancelledException e) {
            log.add("cancelled");
            throw e;
          }
        });
        loop.shutdown(ShutdownOptions.defaults().drain(SHORT).cancel(SHORT));
      });
      assertThat(log).containsExactly("cancelled");
      assertThat(report(loop).cancelled()).contains("an action of the shutdown");
      assertThat(report(loop).forced())
          .containsExactly("1 actions of the shutdown, for which there was no time");
    }
    assertThat(reported).isEmpty();
  }

  @Test
  void shouldLeaveAnActionBehindThatDoesNotEndWhenItIsCancelled() {
    try (Loop loop = open()) {
      loop.run(() -> {
        loop.onShutdown(() -> {
          while (true) {
            try {
              Cancellation.shield(LONG, () -> Fiber.sleep(LONG));
            } catch (CancelledException e) {
              log.add("ignored");
            }
          }
        });
        loop.shutdown(ShutdownOptions.defaults().drain(SHORT).cancel(SHORT).close(SHORT));
      });
      assertThat(report(loop).forced())
          .singleElement()
          .asString()
          .startsWith("fiber shutdown-actions at");
    }
  }

  @Test
  void shouldRefuseAnActionDuringTheShutdown() {
    try (Loop loop = open()) {
      loop.onShutdown(() ->
          assertThatThrownBy(() -> loop.onShutdown(() -> {}))
              .isInstanceOf(IllegalStateException.class)
              .hasMessageContaining("shutting down already"));
    }
    assertThat(reported).isEmpty();
  }
}
