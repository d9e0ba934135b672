package gyre.process;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import gyre.Cancellation;
import gyre.CancelledException;
import gyre.DeadlineExceededException;
import gyre.Fiber;
import gyre.Loop;
import gyre.Loops;
import gyre.Scope;
import gyre.Source;
import gyre.Task;
import gyre.WatchedEngine;
import gyre.engine.Errno;
import gyre.engine.Spawn;
import gyre.file.Fifo;
import gyre.io.IoException;
import gyre.io.LimitExceededException;
import gyre.io.PipeOptions;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.Parameter;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.provider.ValueSource;

// Over 500 lines: each way to start and to end a child once.
/** Child processes: what they get, what they give, and how they end. */
@Tag("fiber-modes-1")
@ParameterizedClass
@ValueSource(strings = {"io_uring", "epoll"})
@Timeout(value = 60, unit = TimeUnit.SECONDS, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class CommandTest {
  private static final Duration SHORT = Duration.ofMillis(50);
  private static final Duration LONG = Duration.ofSeconds(10);

  @Parameter private String engine = "";

  @TempDir private Path temporary = Path.of("");

  private void run(Task main) {
    Loops.run(engine, main);
  }

  private static byte[] bytes(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }

  /** Parks until it is true; the limit of the test ends a wait in vain. */
  private static void awaitGone(long process) {
    while (Kin.isAlive(process)) {
      Fiber.sleep(Duration.ofMillis(1));
    }
  }

  // ---- what it gives

  @Test
  void shouldCollectBothOutputsAndTheExit() {
    run(() -> {
      CommandResult result = Command.shell("echo out; echo err >&2; exit 3").run();
      assertThat(result.output()).isEqualTo("out\n");
      assertThat(result.stderr()).isEqualTo(bytes("err\n"));
      assertThat(result.exit().code()).isEqualTo(3);
      assertThat(result.isSuccess()).isFalse();
      assertThat(result.isComplete()).isTrue();
      assertThat(result.exit().peakMemoryBytes()).isPositive();
    });
  }

  @Test
  void shouldGiveArgumentsAsTheyAre() {
    run(() -> {
      CommandResult result = Command.of("printf", "%s|", "a b", "$HOME", "*", "'\"", "ü", "").run();
      assertThat(result.output()).isEqualTo("a b|$HOME|*|'\"|ü||");
    });
  }

  @Test
  void shouldTakeItsArgumentsAsAList() {
    run(() -> {
      assertThat(Command.of(List.of("printf", "%s|", "a", "b c")).run().output())
          .isEqualTo("a|b c|");
      assertThatThrownBy(() -> Command.of(List.of()))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessageContaining("program is empty");
    });
  }

  @Test
  void shouldRunInADirectoryWithAnEnvironment() {
    run(() -> {
      Command command = Command.of("/bin/sh", "-c", "pwd; echo $MINE").environment("MINE", "yes");
      assertThat(command.directory(temporary).run().output())
          .isEqualTo(temporary.toRealPath() + "\nyes\n");
      assertThat(Command.of("/usr/bin/env").clearEnvironment().environment("A", "1").run().output())
          .isEqualTo("A=1\n");
    });
  }

  @Test
  void shouldTellOfASignal() {
    run(() -> {
      CommandResult result = Command.shell("kill -KILL $$").run();
      assertThat(result.exit().signal()).contains(OsSignal.KILL);
      assertThat(result.exit().code()).isEqualTo(128 + 9);
    });
  }

  @Test
  void shouldUseFilesAndMerge() {
    run(() -> {
      Path in = Files.writeString(temporary.resolve("in"), "from a file\n");
      Path out = temporary.resolve("out");
      Command cat = Command.shell("cat; echo err >&2").stdin(Stdio.file(in)).stderr(Stdio.MERGE);
      assertThat(cat.run().output()).isEqualTo("from a file\nerr\n");
      assertThat(cat.stdout(Stdio.file(out)).run().isSuccess()).isTrue();
      assertThat(cat.stdout(Stdio.append(out)).run().isSuccess()).isTrue();
      assertThat(out).hasContent("from a file\nerr\nfrom a file\nerr\n");
    });
  }

  @Test
  void shouldWriteReadAndDrainErrorsAtOnce() {
    run(() -> {
      byte[] much = new byte[10 << 20];
      Arrays.fill(much, (byte) 'x');
      CommandResult result = Command.of("cat").transform(much);
      assertThat(result.stdout()).isEqualTo(much);
      CommandResult loud = Command.shell("head -c 1000000 /dev/zero >&2; cat").transform(much);
      assertThat(loud.stdout()).hasSize(much.length);
      assertThat(loud.stderr()).hasSize(1_000_000);
    });
  }

  @Test
  void shouldLeaveAChildInPeaceThatEndsItsInputEarly() {
    run(() -> {
      CommandResult result = Command.of("head", "-c", "3").transform(new byte[5 << 20]);
      assertThat(result.stdout()).hasSize(3);
      assertThat(result.isSuccess()).isTrue();
    });
  }

  @Test
  void shouldTellOfAPipeThatNobodyReads() {
    run(() -> {
      ChildProcess child = Command.of("true").stdin(Stdio.PIPE).start();
      child.await();
      assertThatThrownBy(
              () -> {
                child.stdin().write(new byte[1 << 20]);
                child.stdin().flush();
              })
          .isInstanceOfSatisfying(
              IoException.class,
              failure -> {
                assertThat(failure.errno()).isEqualTo(Errno.EPIPE.number());
                assertThat(failure).hasMessageContaining("true").hasMessageContaining("EPIPE");
              });
      child.close();
    });
  }

  @Test
  void shouldTalkWithAChild() {
    run(() -> {
      try (ChildProcess child = Command.of("cat").stdin(Stdio.PIPE).start()) {
        for (int i = 0; i < 100; i++) {
          child.stdin().write("line " + i + "\n");
          assertThat(child.stdout().readLine(100)).isEqualTo("line " + i);
        }
        child.stdin().close();
        assertThat(child.stdout().readLine(100)).isNull();
        assertThat(child.await().isSuccess()).isTrue();
      }
    });
  }

  @Test
  void shouldFlushAnOutputThatIsShutDown() {
    run(() -> {
      try (ChildProcess child = Command.of("cat").stdin(Stdio.PIPE).start()) {
        child.stdin().write("last words\n");
        child.stdin().shutdownOutput();
        child.stdin().flush();
        child.stdin().flush(); // also when there is nothing to wait for
        assertThatThrownBy(() -> child.stdin().write("more"))
            .isInstanceOf(IllegalStateException.class)
            .hasMessageContaining("shut down");
        assertThat(child.stdout().readLine(100)).isEqualTo("last words");
      }
    });
  }

  @Test
  void shouldNotHoldUpOthersForAFifoThatNobodyElseHasOpen() {
    run(() -> {
      Path fifo = temporary.resolve("fifo");
      Fifo.at(fifo).create();
      Command cat = Command.of("cat");
      assertThat(cat.stdin(Stdio.file(fifo)).run().output()).isEmpty();
      assertThatThrownBy(() -> cat.stdout(Stdio.file(fifo)).run())
          .isInstanceOfSatisfying(
              ProcessException.class,
              failure -> assertThat(failure.errno()).isEqualTo(Errno.ENXIO.number()));
    });
  }

  @Test
  void shouldRunPipelines() {
    run(() -> {
      CommandResult result =
          Command.of("printf", "b\\na\\nc\\n")
              .pipeTo(Command.of("sort"))
              .pipeTo(Command.of("head", "-n", "2"))
              .run();
      assertThat(result.output()).isEqualTo("a\nb\n");
      assertThat(result.exits()).hasSize(3).allMatch(ChildExit::isSuccess);
      assertThat(Command.of("cat").pipeTo(Command.of("wc", "-c")).transform(new byte[999]).output())
          .isEqualToIgnoringWhitespace("999");
    });
  }

  @Test
  void shouldRunOnATerminal() {
    run(() -> {
      try (ChildProcess child =
          Command.shell("test -t 0 && test -t 1 && echo yes < /dev/tty").onTerminal().start()) {
        assertThat(child.terminal().readLine(100)).isEqualTo("yes");
        assertThat(child.await().isSuccess()).isTrue();
        assertThat(child.terminal().await(1)).isFalse();
      }
    });
  }

  /** More than a terminal takes that nobody reads from. */
  @Test
  void shouldCollectWhatIsWrittenToATerminal() {
    run(() -> {
      Command writing = Command.shell("head -c 200000 /dev/zero | tr '\\0' x; echo end >&2");
      CommandResult result = writing.onTerminal().timeout(LONG).run();
      assertThat(result.output()).hasSize(200_005).endsWith("xend\r\n");
      assertThat(result.isComplete()).isTrue();
      result = writing.onTerminal().stdout(Stdio.PIPE).timeout(LONG).run();
      assertThat(result.output()).hasSize(200_000);
      assertThat(result.stderr()).isEqualTo("end\r\n".getBytes(StandardCharsets.UTF_8));
    });
  }

  /** What a child wrote before its end is in its pipe, and needs no grace to be read. */
  @Test
  void shouldCollectAllOfTheOutputWithoutAnyGrace() {
    run(() -> {
      for (int i = 0; i < 10; i++) {
        CommandResult result = Command.shell("head -c 65536 /dev/zero").grace(Duration.ZERO).run();
        assertThat(result.stdout().length).isEqualTo(65_536);
        assertThat(result.isComplete()).isTrue();
      }
    });
  }

  @Test
  void shouldEndAChildThatHasLeftItsGroup() {
    run(() -> {
      String leaving = "setpgrp(0, getpgrp(getppid())); $| = 1; print qq(left\\n); sleep 1000";
      try (ChildProcess child = Command.of("perl", "-e", leaving).grace(SHORT).start()) {
        assertThat(child.stdout().readLine(100)).isEqualTo("left");
        assertThat(child.terminate().signal()).contains(OsSignal.TERM);
      }
    });
  }

  @Test
  void shouldGiveItsTerminalASize() {
    run(() -> {
      Command sizes = Command.shell("stty size; read x; stty size").onTerminal().grace(SHORT);
      try (ChildProcess child = sizes.start()) {
        assertThat(child.terminal().readLine(100)).isEqualTo("24 80");
        child.resizeTerminal(50, 132);
        child.terminal().write("\n");
        assertThat(child.terminal().readLine(100)).isEmpty(); // the echo
        assertThat(child.terminal().readLine(100)).isEqualTo("50 132");
        assertThatThrownBy(() -> child.resizeTerminal(0, 80))
            .isInstanceOf(IllegalArgumentException.class)
            .hasMessageContaining("0 rows");
      }
      try (ChildProcess child = sizes.terminalSize(10, 20).start()) {
        assertThat(child.terminal().readLine(100)).isEqualTo("10 20");
      }
      try (ChildProcess child = Command.of("true").stdin(Stdio.PIPE).start()) {
        assertThatThrownBy(() -> child.resizeTerminal(10, 20))
            .isInstanceOf(IllegalStateException.class)
            .hasMessageContaining("TERMINAL");
      }
    });
  }

  @Test
  void shouldLeaveAnInheritedInputAloneWhereTheOutputIsATerminal() {
    run(() -> {
      Command command =
          Command.shell("readlink /proc/self/fd/0; : > /dev/tty && echo controlled")
              .stdin(Stdio.INHERIT)
              .stdout(Stdio.TERMINAL)
              .newSession();
      try (ChildProcess child = command.start()) {
        String ours = Files.readSymbolicLink(Path.of("/proc/self/fd/0")).toString();
        assertThat(child.terminal().readLine(1000)).isEqualTo(ours);
        assertThat(child.terminal().readLine(1000)).isEqualTo("controlled");
      }
    });
  }

  // ---- what it inherits

  @Test
  void shouldInheritNoDescriptorsAndNoSignals() {
    run(() -> {
      try (var _ = Files.newInputStream(Path.of("/dev/zero"))) {
        String open = Command.of("ls", "/proc/self/fd").run().output();
        assertThat(open.lines().toList()).containsExactly("0", "1", "2", "3"); // 3 is the list
        String status = Command.of("cat", "/proc/self/status").run().output();
        assertThat(signals(status, "SigBlk:")).isZero();
        assertThat(signals(status, "SigIgn:")).isZero();
      }
    });
  }

  /** A set of signals in what the kernel tells of a process, without those of the C library. */
  private static long signals(String status, String name) {
    String line = status.lines().filter(each -> each.startsWith(name)).findFirst().orElseThrow();
    return Long.parseUnsignedLong(line.substring(name.length()).strip(), 16) & 0x7FFF_FFFF;
  }

  // ---- what cannot be run

  @Test
  void shouldTellWhyACommandCannotBeRun() {
    run(() -> {
      Path script = Files.writeString(temporary.resolve("script"), "echo no\n");
      assertFails(Command.of("no-such-command", "x"), Errno.ENOENT, "PATH");
      assertFails(Command.of(script.toString()), Errno.EACCES, "chmod +x");
      assertThat(script.toFile().setExecutable(true)).isTrue();
      assertFails(Command.of(script.toString()), Errno.ENOEXEC, "#!");
      assertFails(
          Command.of("true").directory(temporary.resolve("none")), Errno.ENOENT, "directory");
      assertFails(
          Command.of("cat").stdin(Stdio.file(temporary.resolve("none"))), Errno.ENOENT, "input");
      assertFails(Command.of("echo", "a\0b"), Errno.EINVAL, "character 0");
      assertFails(Command.of("echo", "x".repeat(200_000)), Errno.E2BIG, "its input or by a file");
      Path inFile = script.resolve("below");
      assertFails(Command.of(inFile.toString()), Errno.ENOTDIR, "is a file");
      assertFails(Command.of("true").directory(script), Errno.ENOTDIR, "no directory");
      assertFails(Command.of("true").stdout(Stdio.file(temporary)), Errno.EISDIR, "a directory");
    });
  }

  /** It is not the program of the user that is missing then. */
  @Test
  void shouldSayThatSetprivIsMissing() {
    Command command = Command.of("sleep", "1").endWithParent();
    assertThat(StartAdvice.of(command, Spawn.Part.COMMAND, Errno.ENOENT.negated()))
        .contains("setpriv")
        .contains("util-linux");
    run(() -> {
      CommandResult result = Command.of("no-such-command").endWithParent().run();
      assertThat(result.exit().code()).isEqualTo(127);
      assertThat(new String(result.stderr(), StandardCharsets.UTF_8)).contains("no-such-command");
    });
  }

  private static void assertFails(Command command, Errno errno, String advice) {
    assertThatThrownBy(command::run)
        .isInstanceOfSatisfying(
            ProcessException.class,
            failure -> {
              assertThat(failure.errno()).isEqualTo(errno.number());
              assertThat(failure.subject()).isEqualTo(command.toString());
              assertThat(failure).hasMessageContaining(errno.name()).hasMessageContaining(advice);
            });
  }

  // ---- how it ends

  @Test
  void shouldLimitWhatItWrites() {
    run(() -> {
      Command loud = Command.shell("echo why >&2; exec yes").outputLimitBytes(100_001);
      assertThatThrownBy(loud::run)
          .isInstanceOf(LimitExceededException.class)
          .hasMessageContaining("outputLimitBytes")
          .isInstanceOfSatisfying(
              OutputLimitException.class,
              failure -> {
                assertThat(failure.output().output()).isEqualTo("y\n".repeat(50_000) + "y");
                assertThat(failure.output().stderr()).isEqualTo(bytes("why\n"));
              });
      assertThat(Kin.zombies()).isZero();
    });
  }

  @Test
  void shouldHoldBackAChildThatNobodyReads() {
    run(() -> {
      PipeOptions small = PipeOptions.defaults().inputLimitBytes(4096);
      try (ChildProcess child = Command.of("yes").pipes(small).grace(SHORT).start()) {
        for (int i = 0; i < 100; i++) {
          assertThat(child.stdout().await(4096)).isTrue();
          assertThat(child.stdout().input().size()).isEqualTo(4096);
          child.stdout().input().clear();
        }
        assertThat(child.exit()).isEmpty();
      }
    });
  }

  @Test
  void shouldReadMuchMoreThanItHolds() {
    run(() -> {
      long wanted = 256L << 20;
      Command command = Command.of("head", "-c", Long.toString(wanted), "/dev/zero");
      try (ChildProcess child = command.start()) {
        long got = 0;
        while (child.stdout().await(1)) {
          got += child.stdout().input().size();
          child.stdout().input().clear();
        }
        assertThat(got).isEqualTo(wanted);
        assertThat(child.await().isSuccess()).isTrue();
      }
    });
  }

  @Test
  void shouldEndWhatTakesTooLong() {
    WatchedEngine watched = WatchedEngine.of(Loops.options(engine));
    Path ready = temporary.resolve("ready");
    Duration hour = Duration.ofHours(1);
    Loops.run(
        Loops.options(engine).engine(() -> watched),
        () -> {
          Command slow =
              Command.shell(
                      "trap 'echo last; exit' TERM; echo first; >ready;"
                          + " while :; do sleep 0.01; done")
                  .directory(temporary)
                  .timeout(hour)
                  .grace(LONG);
          Fiber<?> clock =
              Fiber.start(
                  "clock",
                  () -> {
                    // The child may have come so far before its starter knows, and counts.
                    while (!Files.exists(ready) || Loop.current().handles().isEmpty()) {
                      Fiber.sleep(Duration.ofMillis(1));
                    }
                    watched.pass(hour.toNanos());
                  });
          assertThatThrownBy(slow::run)
              .isInstanceOfSatisfying(
                  ProcessException.class,
                  failure -> {
                    assertThat(failure.isTimeout()).isTrue();
                    assertThat(failure.output().orElseThrow().output()).isEqualTo("first\nlast\n");
                  });
          clock.join();
          assertThat(Kin.zombies()).isZero();
        });
  }

  @Test
  void shouldKillWhatIgnoresTheRequestToEnd() {
    run(() -> {
      ChildProcess child =
          Command.shell("trap '' TERM; echo ready; while :; do sleep 1000; done")
              .grace(SHORT)
              .start();
      assertThat(child.stdout().readLine(100)).isEqualTo("ready");
      assertThat(child.terminate().signal()).contains(OsSignal.KILL);
      child.close();
    });
  }

  @Test
  void shouldEndTheGroupWithTheScope() {
    run(() -> {
      long grandchild;
      ChildProcess child;
      try (Scope _ = Scope.open("children")) {
        child = Command.shell("sleep 1000 & echo $!; wait").grace(SHORT).start();
        grandchild = Long.parseLong(child.stdout().readLine(100));
        assertThat(Kin.isAlive(grandchild)).isTrue();
      }
      awaitGone(grandchild);
      assertThat(child.exit()).isPresent();
      assertThat(Kin.zombies()).isZero();
    });
  }

  @Test
  void shouldEndTheGroupOfWhoeverIsCancelled() {
    run(() -> {
      ChildProcess child = Command.shell("sleep 1000 & echo $!; wait").grace(SHORT).start();
      long grandchild = Long.parseLong(child.stdout().readLine(100));
      assertThatThrownBy(() -> Cancellation.within(SHORT, () -> child.await().isSuccess()))
          .isInstanceOf(DeadlineExceededException.class);
      child.close();
      awaitGone(grandchild);
      assertThat(child.exit()).isPresent();
    });
  }

  @Test
  void shouldNotWaitForGrandchildrenThatHoldThePipe() {
    run(() -> {
      CommandResult result = Command.shell("sleep 1000 & echo $!").grace(SHORT).run();
      long grandchild = Long.parseLong(result.output().strip());
      assertThat(result.isSuccess()).isTrue();
      assertThat(result.isComplete()).isFalse();
      awaitGone(grandchild);
    });
  }

  @Test
  void shouldNotLoseAChildWhoseStarterIsCancelledMeanwhile() {
    run(() -> {
      String mark = "gyre-" + System.nanoTime();
      try (Scope scope = Scope.open("children")) {
        Fiber<?> starter =
            scope.start("starter", () -> Command.shell("sleep 1000; : " + mark).start());
        Fiber.yield(); // it is being started now
        scope.cancel("nobody wants it any more");
        Source ignored = Fiber.awaitFirst(starter.end());
      } catch (CancelledException cancelled) {
        assertThat(cancelled).hasMessageContaining("nobody wants it any more");
      }
      // One thread starts all children, so the one before has begun by now.
      assertThat(Command.of("true").run().isSuccess()).isTrue();
      while (ProcessHandle.current()
          .children()
          .anyMatch(child -> arguments(child).contains(mark))) {
        Fiber.sleep(Duration.ofMillis(1));
      }
    });
  }

  private static String arguments(ProcessHandle process) {
    try {
      return Files.readString(Path.of("/proc/" + process.pid() + "/cmdline"));
    } catch (IOException gone) {
      return "";
    }
  }

  @Test
  void shouldReapChildrenThatNobodyWaitsFor() {
    run(() -> {
      Command quiet = Command.of("true").stdout(Stdio.NULL).stderr(Stdio.NULL);
      quiet.run();
      long before = Kin.descriptors();
      for (int i = 0; i < 1000; i++) {
        quiet.start();
      }
      while (!Loop.current().handles().isEmpty()) {
        Fiber.sleep(Duration.ofMillis(1));
      }
      assertThat(Kin.zombies()).isZero();
      assertThat(Kin.descriptors()).isEqualTo(before);
    });
  }

  @Test
  void shouldEndWithItsParent() {
    run(() -> {
      CommandResult result = Command.of("true").endWithParent().run();
      assertThat(result.isSuccess()).isTrue();
      try (ChildProcess child =
          Command.shell("echo ready; sleep 1000").endWithParent().grace(SHORT).start()) {
        assertThat(child.stdout().readLine(100)).isEqualTo("ready");
        assertThat(child.exit()).isEmpty(); // the thread that has started it is still there
      }
    });
  }

  @Test
  void shouldLeaveProcessesOfTheJdkAlone() {
    run(() -> {
      Process theirs = new ProcessBuilder("sleep", "0.2").start();
      assertThat(Command.of("true").run().isSuccess()).isTrue();
      int code = Fiber.offload(theirs::waitFor);
      assertThat(code).isZero();
    });
  }
}
