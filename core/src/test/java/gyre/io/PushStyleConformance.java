package gyre.io;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import gyre.Fiber;
import gyre.Scope;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Push style. */
abstract class PushStyleConformance extends JdkConformance {
  // ---- push style

  /** Sends back what it gets, and notes what it is told. */
  private static final class Echo implements DataHandler {
    final List<String> told = new ArrayList<>();
    private final ByteStream stream;

    Echo(ByteStream stream) {
      this.stream = stream;
    }

    @Override
    public void onData(ByteQueue in) {
      stream.write(in);
    }

    @Override
    public void onEnd(ByteStream ended) {
      told.add("end");
      ended.close();
    }

    @Override
    public void onFailure(ByteStream broken, IoException failure) {
      told.add("failure " + failure.subject().equals(broken.name()));
    }

    @Override
    public void onClosed(ByteStream closed) {
      told.add("closed");
    }

    void awaitClosed() {
      while (!told.contains("closed")) {
        Fiber.sleep(Duration.ofMillis(1));
      }
    }
  }

  @Test
  void shouldPushWhatArrivesWithBackPressure() {
    with(
        SMALL,
        (near, far) -> {
          byte[] much = pattern(300_000);
          Echo echo = new Echo(far);
          far.onData(echo);
          try (Scope scope = Scope.open("writer")) {
            scope.start(() -> {
              near.write(much);
              near.shutdownOutput();
            });
            assertThat(readAll(near)).isEqualTo(much);
            scope.join();
          }
          echo.awaitClosed();
          assertThat(echo.told).containsExactly("end", "closed");
        });
  }

  @Test
  void shouldPushFailuresAndTheClose() {
    if (!tellsResets()) {
      return;
    }
    with((near, far) -> {
      Echo echo = new Echo(far);
      far.onData(echo);
      near.reset();
      echo.awaitClosed();
      assertThat(echo.told).containsExactly("failure true", "closed");
    });
  }

  @Test
  void shouldPushNothingWhilePaused() {
    with((near, far) -> {
      List<Long> sizes = new ArrayList<>();
      far.onData(in -> {
        sizes.add(in.size());
        in.clear();
        far.write("!");
      });
      far.pauseInput();
      near.write("abc");
      near.flush();
      Fiber.yield();
      assertThat(sizes).isEmpty();
      far.resumeInput();
      assertThat(near.readExactly(1)).isEqualTo(bytes("!"));
      assertThat(sizes).isNotEmpty();
      assertThatThrownBy(() -> far.await(1)).isInstanceOf(IllegalStateException.class);
    });
  }
}
