package gyre.process;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import gyre.Loop;
import gyre.Loops;
import gyre.Task;
import gyre.engine.Errno;
import gyre.sys.CallState;
import gyre.sys.LinuxChildren;
import java.lang.foreign.Arena;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.Parameter;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.provider.ValueSource;

/** Child processes while the kernel refuses something, or the loop ends under them. */
@Tag("fiber-modes")
@ParameterizedClass
@ValueSource(strings = {"io_uring", "epoll"})
@Timeout(value = 60, unit = TimeUnit.SECONDS, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class ChildFaultTest {
  private static final Duration SHORT = Duration.ofMillis(50);

  @Parameter private String engine = "";

  @TempDir private Path temporary = Path.of("");

  private TamperedEngine tamper() {
    return TamperedEngine.of(engine);
  }

  private void run(TamperedEngine tampered, Task main) {
    Loops.runReporting(Loops.options(engine).engine(tampered::engine), main);
  }

  /** A shell with a child of its own, whose number it writes to a file. */
  private Command family(Path file) {
    return Command.shell("sleep 1000 & echo $! > " + file + "; wait").grace(SHORT);
  }

  @Test
  void shouldEndAChildThatWasBeingStartedWhenItsLoopWasClosed() throws Exception {
    Path file = temporary.resolve("number");
    endWhileStarting(file, family(file).stdin(Stdio.PIPE)::start);
  }

  @Test
  void shouldEndAPipelineThatWasBeingStartedWhenItsLoopWasClosed() throws Exception {
    Path file = temporary.resolve("number");
    endWhileStarting(file, () -> family(file).pipeTo(Command.of("cat")).run().isSuccess());
  }

  private void endWhileStarting(Path file, Task start) throws Exception {
    long before = Kin.descriptors();
    CountDownLatch begun = new CountDownLatch(1);
    CountDownLatch mayGoOn = new CountDownLatch(1);
    AtomicInteger child = new AtomicInteger();
    TamperedEngine tampered = tamper();
    tampered.spawned =
        process -> {
          String ignored = Kin.awaitLine(file);
          child.set(process);
          begun.countDown();
          awaitLatch(mayGoOn);
          return process;
        };
    try (Loop loop = Loop.open(Loops.options(engine).engine(tampered::engine))) {
      Thread forcing =
          Thread.ofPlatform()
              .start(() -> {
                awaitLatch(begun);
                loop.forceShutdown();
              });
      loop.run(start);
      forcing.join();
    }
    long grandchild = Long.parseLong(Kin.awaitLine(file));
    assertThat(Kin.isAlive(child.get())).as("the child, which nobody can know of").isTrue();
    mayGoOn.countDown();
    Kin.awaitGone(child.get());
    Kin.awaitGone(grandchild);
    Kin.awaitCollected(before);
    assertThat(Kin.descriptors()).isEqualTo(before);
  }

  private static void awaitLatch(CountDownLatch latch) {
    try {
      latch.await();
    } catch (InterruptedException e) {
      throw new AssertionError(e);
    }
  }

  @Test
  void shouldEndTheGroupOfAChildThatCannotBeWatched() throws Exception {
    Path file = temporary.resolve("number");
    TamperedEngine tampered = tamper();
    tampered.opened =
        process -> {
          String ignored = Kin.awaitLine(file);
          return Errno.EMFILE.negated();
        };
    run(
        tampered,
        () ->
            assertThatThrownBy(family(file)::start)
                .isInstanceOf(ProcessException.class)
                .hasMessageContaining("run /bin/sh -c sleep 1000")
                .hasMessageContaining("EMFILE")
                .hasMessageContaining("ulimit -n"));
    Kin.awaitGone(Long.parseLong(Kin.awaitLine(file)));
    Kin.awaitCollected(Long.MAX_VALUE);
  }

  @Test
  void shouldFindTheEndOfAChildWhoseWatchFails() {
    TamperedEngine tampered = tamper();
    run(
        tampered,
        () -> {
          tampered.failingPolls = 3;
          try (ChildProcess child = Command.shell("exit 7").start()) {
            assertThat(child.await().code()).isEqualTo(7);
            assertThat(tampered.failingPolls).isLessThan(3);
          }
          tampered.failingPolls = 1;
          ChildProcess child = Command.of("sleep", "1000").grace(SHORT).start();
          child.close();
          assertThat(child.exit()).isPresent();
          assertThat(Kin.zombies()).isZero();
        });
  }

  @Test
  void shouldSayThatSomebodyElseHasTakenWhatBecameOfAChild() {
    run(
        tamper(),
        () -> {
          try (ChildProcess child = Command.of("true").start()) {
            takeExit(child.number());
            assertThatThrownBy(child::await)
                .isInstanceOfSatisfying(
                    ProcessException.class,
                    failure -> assertThat(failure.errno()).isEqualTo(Errno.ECHILD.number()))
                .hasMessageContaining("wait for the end of process-")
                .hasMessageContaining("true")
                .hasMessageContaining("waitpid(-1)");
            assertThatThrownBy(child::exit).isInstanceOf(ProcessException.class);
            assertThat(child.signal(OsSignal.TERM)).isFalse();
          }
        });
  }

  /** As a library would that waits for all children there are; holds up the loop meanwhile. */
  private static void takeExit(int process) {
    try (Arena arena = Arena.ofConfined()) {
      long answer = arena.allocate(LinuxChildren.ANSWER_BYTES, 8).address();
      assertThat(LinuxChildren.await(new CallState(arena), process, answer)).isOne();
    }
  }
}
