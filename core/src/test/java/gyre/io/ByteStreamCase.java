package gyre.io;

import static org.assertj.core.api.Assertions.assertThatThrownBy;

import gyre.Cancellation;
import gyre.DeadlineExceededException;
import gyre.Loops;
import gyre.Task;
import gyre.net.StreamOptions;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import org.junit.jupiter.params.Parameter;

/** What the tests of {@link ByteStream} need: two ends that are connected, in a loop. */
abstract class ByteStreamCase {
  static final Duration SOON = Duration.ofMillis(5);
  static final StreamOptions DEFAULTS = StreamOptions.defaults();
  static final StreamOptions SMALL =
      DEFAULTS.inputLimitBytes(4096).outputLimitBytes(4096).sendBufferBytes(8192);

  @Parameter private String engine = "";

  /** Two ends that are connected to each other; both are of the calling fiber's scope. */
  public record Ends(ByteStream near, ByteStream far) {}

  /** Opens two ends, of which both behave as the options say. */
  protected abstract Ends open(StreamOptions options);

  /** Whether the other end is told of a reset. */
  protected abstract boolean tellsResets();

  /** Runs the body in a fiber, in a world that has to be empty afterwards. */
  protected void run(String engineName, Task body) {
    Loops.run(engineName, body);
  }

  final void run(Task body) {
    run(engine, body);
  }

  interface Body {
    void run(ByteStream near, ByteStream far) throws Exception;
  }

  final void with(StreamOptions options, Body body) {
    run(() -> {
      Ends ends = open(options);
      body.run(ends.near(), ends.far());
      ends.near().close();
      ends.far().close();
    });
  }

  final void with(Body body) {
    with(DEFAULTS, body);
  }

  static byte[] bytes(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }

  static byte[] pattern(int length) {
    byte[] bytes = new byte[length];
    for (int i = 0; i < length; i++) {
      bytes[i] = (byte) (i * 31 + (i >> 8));
    }
    return bytes;
  }

  static byte[] readAll(ByteStream stream) {
    try (ByteQueue all = ByteQueue.create()) {
      while (stream.await(1)) {
        all.append(stream.input());
      }
      return all.take((int) all.size());
    }
  }

  static void assertLate(Task work) {
    assertThatThrownBy(() -> Cancellation.within(SOON, work))
        .isInstanceOf(DeadlineExceededException.class);
  }

  static void close(Ends... all) {
    for (Ends ends : all) {
      ends.near().close();
      ends.far().close();
    }
  }
}
