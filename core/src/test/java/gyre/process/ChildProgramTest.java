package gyre.process;

import static org.assertj.core.api.Assertions.assertThat;

import gyre.Cancellation;
import gyre.CancelledException;
import gyre.ClosedException;
import gyre.Fiber;
import gyre.Loop;
import gyre.Loops;
import gyre.Scope;
import gyre.io.IoException;
import gyre.io.LimitExceededException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.Parameter;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Random programs with real children: whatever is done to those and whenever, nothing of them is
 * left, and what they said is right.
 */
@Tag("fiber-modes-1")
@ParameterizedClass
@ValueSource(strings = {"io_uring", "epoll"})
@Timeout(value = 120, unit = TimeUnit.SECONDS, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class ChildProgramTest {
  private static final int STEPS = 40;
  private static final int AT_ONCE = 8;
  private static final Duration GRACE = Duration.ofMillis(20);

  @Parameter private String engine = "";

  /** Nobody else sleeps for so long: by this the children of one program are found. */
  private String mark = "";

  @ParameterizedTest
  @ValueSource(longs = {1, 2, 3, 4, 5, 6, 7, 8})
  void shouldLeaveNothingBehind(long seed) {
    mark = ProcessHandle.current().pid() + "" + System.nanoTime();
    Loops.run(
        engine,
        () -> {
          assertThat(Command.of("true").run().isSuccess()).isTrue();
          long descriptors = Kin.descriptors();
          Random random = new Random(seed);
          for (int round = 0; round < STEPS / AT_ONCE; round++) {
            try (Scope scope = Scope.open("round")) {
              for (int i = 0; i < AT_ONCE; i++) {
                Random own = new Random(random.nextLong());
                Fiber<?> ignored = scope.start("step", () -> step(own));
              }
              scope.join();
            }
            assertThat(Kin.children()).as("children, seed " + seed).isZero();
          }
          assertThat(Kin.descriptors()).as("descriptors, seed " + seed).isEqualTo(descriptors);
          assertThat(Loop.current().handles()).as("handles, seed " + seed).isEmpty();
          while (hasMarked()) {
            Fiber.sleep(Duration.ofMillis(1)); // grandchildren are killed, and collected by others
          }
        });
  }

  private boolean hasMarked() throws IOException {
    try (Stream<Path> all = Files.list(Path.of("/proc"))) {
      return all.anyMatch(this::isMarked);
    }
  }

  private boolean isMarked(Path process) {
    try {
      return Files.readString(process.resolve("cmdline")).contains(mark);
    } catch (IOException none) {
      return false;
    }
  }

  private void step(Random random) throws Exception {
    try {
      if (random.nextInt(4) == 0) {
        Cancellation.within(
            Duration.ofMillis(random.nextInt(20)),
            () -> {
              act(random);
              return true;
            });
      } else {
        act(random);
      }
    } catch (CancelledException cancelled) {
      // As was asked for.
    }
  }

  private void act(Random random) {
    switch (random.nextInt(8)) {
      case 0 -> exit(random.nextInt(256));
      case 1 -> echo(random.nextInt(300_000));
      case 2 -> limit(random.nextInt(100_000));
      case 3 -> tooLate(random);
      case 4 -> endEarly(random);
      case 5 -> pipeline(random.nextInt(100_000));
      case 6 -> leave(random);
      default -> handle(random);
    }
  }

  private static void exit(int code) {
    assertThat(Command.shell("exit " + code).run().exit().code()).isEqualTo(code);
  }

  private static void echo(int length) {
    byte[] bytes = new byte[length];
    new Random(length).nextBytes(bytes);
    CommandResult result = Command.shell("echo loud >&2; exec cat").transform(bytes);
    assertThat(result.stdout()).isEqualTo(bytes);
    assertThat(result.stderr()).asString().isEqualTo("loud\n");
  }

  private static void limit(int bytes) {
    try {
      CommandResult ignored = Command.of("yes").outputLimitBytes(bytes).grace(GRACE).run();
      throw new AssertionError("yes has ended");
    } catch (OutputLimitException failed) {
      assertThat(failed.output().stdout()).hasSize(bytes);
    } catch (LimitExceededException failed) {
      throw new AssertionError(failed);
    }
  }

  /** Some ignore the request to end, and some have children that do. */
  private Command endless(Random random) {
    String ignore = random.nextBoolean() ? "trap '' TERM; " : "";
    String family =
        random.nextBoolean() ? "sleep 1000" + mark + " & wait" : "exec sleep 1000" + mark;
    return Command.shell(ignore + family).grace(random.nextInt(4) == 0 ? Duration.ZERO : GRACE);
  }

  private void tooLate(Random random) {
    try {
      Command command = endless(random).timeout(Duration.ofMillis(1 + random.nextInt(20)));
      CommandResult ignored = command.run();
      throw new AssertionError("it has ended");
    } catch (ProcessException failed) {
      assertThat(failed.isTimeout()).isTrue();
    }
  }

  private static void endEarly(Random random) {
    int wanted = random.nextInt(1000);
    CommandResult result =
        Command.of("head", "-c", "" + wanted).transform(new byte[random.nextInt(200_000) + 1000]);
    assertThat(result.stdout()).hasSize(wanted);
  }

  private static void pipeline(int length) {
    Pipeline counting = Command.of("cat").pipeTo(Command.of("cat")).pipeTo(Command.of("wc", "-c"));
    assertThat(counting.transform(new byte[length]).output().strip()).isEqualTo("" + length);
  }

  /** Starts some in a scope, and leaves that. */
  private void leave(Random random) {
    try (Scope scope = Scope.open("left")) {
      for (int i = random.nextInt(3); i >= 0; i--) {
        ChildProcess ignored = endless(random).start();
      }
      if (random.nextBoolean()) {
        scope.cancel("as was drawn");
      }
    }
  }

  /** One that somebody talks with, kills, or closes at once. */
  private void handle(Random random) {
    Command command = random.nextBoolean() ? Command.of("cat") : endless(random);
    try (ChildProcess child = command.stdin(Stdio.PIPE).start()) {
      for (int i = random.nextInt(5); i >= 0; i--) {
        switch (random.nextInt(5)) {
          case 0 -> child.stdin().write(new byte[random.nextInt(1000)]);
          case 1 -> child.stdin().close();
          case 2 -> {
            boolean ignored = child.signal(OsSignal.KILL);
          }
          case 3 -> child.stdout().close();
          default -> Fiber.yield();
        }
      }
      if (random.nextBoolean()) {
        ChildExit ignored = child.terminate();
      }
    } catch (IoException | ClosedException failed) {
      // It had ended, or was closed before.
    }
  }
}
