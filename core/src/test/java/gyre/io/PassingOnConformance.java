package gyre.io;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import gyre.Cancellation;
import gyre.CancelledException;
import gyre.Fiber;
import gyre.Scope;
import gyre.net.StreamOptions;
import java.time.Duration;
import org.junit.jupiter.api.Test;

/** Passing on from one stream to another. */
abstract class PassingOnConformance extends DirectStyleConformance {
  // ---- passing on

  @Test
  void shouldTransferAllOrJustSoMuch() {
    run(() -> {
      Ends in = open(SMALL);
      Ends out = open(SMALL);
      byte[] much = pattern(300_000);
      try (Scope scope = Scope.open("transfer")) {
        scope.start(() -> {
          in.near().write(much);
          in.near().shutdownOutput();
        });
        scope.start(() -> {
          in.far().transferTo(out.near(), 0);
          in.far().transferTo(out.near(), 1);
          in.far().transferTo(out.near(), 99_999);
          assertThat(in.far().transferTo(out.near())).isEqualTo(200_000);
          assertThatThrownBy(() -> in.far().transferTo(out.near(), 1))
              .isInstanceOf(EndOfStreamException.class);
          out.near().shutdownOutput();
        });
        assertThat(readAll(out.far())).isEqualTo(much);
        scope.join();
      }
      close(in, out);
    });
  }

  @Test
  void shouldKeepWhatASinkRefuses() {
    run(() -> {
      Ends in = open(DEFAULTS);
      Ends out = open(DEFAULTS);
      in.near().write("kept");
      in.far().await(4);
      out.near().shutdownOutput();
      assertThatThrownBy(() -> in.far().transferTo(out.near()))
          .isInstanceOf(IllegalStateException.class);
      assertThatThrownBy(() -> in.far().transferTo(out.near(), 2))
          .isInstanceOf(IllegalStateException.class);
      assertThat(in.far().readExactly(4)).isEqualTo(bytes("kept"));
      close(in, out);
    });
  }

  private interface PipeBody {
    void run(ByteStream left, ByteStream right, Fiber<?> pipe) throws Exception;
  }

  /** Has the body use the outer ends of a pipe. */
  private void withPipe(StreamOptions options, PipeRun run, PipeBody body) {
    run(() -> {
      Ends left = open(options);
      Ends right = open(options);
      try (Scope scope = Scope.open("test")) {
        Fiber<?> fiber = scope.start("piping", () -> run.run(left.near(), right.near()));
        body.run(left.far(), right.far(), fiber);
        scope.join();
      }
      close(left, right);
    });
  }

  private interface PipeRun {
    void run(ByteStream left, ByteStream right) throws Exception;
  }

  @Test
  void shouldPipeBothWaysAndCount() {
    byte[] much = pattern(500_000);
    withPipe(
        SMALL,
        (left, right) -> {
          Pipe pipe = ByteStream.pipe(left, right);
          assertThat(pipe.bytesToRight()).isEqualTo(much.length);
          assertThat(pipe.bytesToLeft()).isEqualTo(3);
          assertThat(pipe.isRunning()).isFalse();
          assertThat(left.isOpen() && right.isOpen()).isTrue();
        },
        (left, right, pipe) -> {
          try (Scope scope = Scope.open("writer")) {
            scope.start(() -> {
              left.write(much);
              left.shutdownOutput();
            });
            assertThat(readAll(right)).isEqualTo(much);
            scope.join();
          }
          assertThat(pipe.isAlive()).isTrue(); // the other direction goes on
          right.write("end");
          right.shutdownOutput();
          assertThat(readAll(left)).isEqualTo(bytes("end"));
        });
  }

  @Test
  void shouldPassOnAResetThroughAPipe() {
    if (!tellsResets()) {
      return;
    }
    withPipe(
        DEFAULTS,
        (left, right) ->
            assertThatThrownBy(() -> ByteStream.pipe(left, right))
                .isInstanceOfSatisfying(
                    IoException.class, failure -> assertThat(failure.isRemote()).isTrue()),
        (left, right, pipe) -> {
          left.write("x");
          right.await(1);
          left.reset();
          assertReset(right);
        });
  }

  private static void assertReset(ByteStream stream) {
    assertThatThrownBy(() -> readAll(stream)).isInstanceOf(IoException.class);
  }

  @Test
  void shouldResetBothEndsOfAPipeThatIsCancelled() {
    withPipe(
        DEFAULTS,
        (left, right) ->
            assertThatThrownBy(
                    () -> Cancellation.within(SOON, () -> void_(ByteStream.pipe(left, right))))
                .isInstanceOf(CancelledException.class),
        (left, right, pipe) -> {
          pipe.join();
          if (tellsResets()) {
            assertReset(left);
            assertReset(right);
          }
        });
  }

  private static void void_(Pipe pipe) {
    assertThat(pipe.isRunning()).isFalse();
  }

  @Test
  void shouldEndAPipeInWhichNothingMoves() {
    withPipe(
        DEFAULTS,
        (left, right) ->
            assertThatThrownBy(() -> ByteStream.pipe(left, right, Duration.ofMillis(100)))
                .isInstanceOfSatisfying(
                    IdleTimeoutException.class,
                    failure -> {
                      assertThat(failure.isTimeout()).isTrue();
                      assertThat(failure).hasMessageContaining("nothing moved for PT0.1S");
                      assertThat(left.isOpen() || right.isOpen()).isFalse();
                    }),
        (left, right, pipe) -> {
          left.write("x");
          assertThat(right.await(1)).isTrue();
          pipe.join();
        });
  }

  @Test
  void shouldNotRunAPipeTwice() {
    with((near, far) -> {
      near.shutdownOutput();
      far.shutdownOutput();
      Pipe pipe = Pipe.between(near, far, Duration.ofMinutes(1));
      pipe.run();
      assertThatThrownBy(pipe::run).isInstanceOf(IllegalStateException.class);
    });
  }
}
