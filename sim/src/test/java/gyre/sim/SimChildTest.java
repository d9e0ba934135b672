package gyre.sim;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import gyre.Cancellation;
import gyre.DeadlineExceededException;
import gyre.Fiber;
import gyre.engine.Errno;
import gyre.file.Files;
import gyre.io.ByteStream;
import gyre.io.IoException;
import gyre.process.ChildExit;
import gyre.process.ChildProcess;
import gyre.process.Command;
import gyre.process.OsSignal;
import gyre.process.ProcessException;
import gyre.process.SignalStream;
import gyre.process.StandardStreams;
import gyre.process.Stdio;
import gyre.sim.fault.Fault;
import gyre.sim.fault.Faults;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Locale;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Children of simulated programs, started by Gyre's own {@code Command}. */
@Timeout(60)
class SimChildTest {
  private static final Duration GRACE = Duration.ofSeconds(2);

  /** Writes what it reads in capitals. */
  private static int capitals(Invocation invocation) {
    try (ByteStream in = StandardStreams.input();
        ByteStream out = StandardStreams.output()) {
      for (String line = in.readLine(1000); line != null; line = in.readLine(1000)) {
        out.write(line.toUpperCase(Locale.ROOT) + "\n");
      }
    }
    return 0;
  }

  private static int count(Invocation invocation) {
    int lines = 0;
    try (ByteStream in = StandardStreams.input();
        ByteStream out = StandardStreams.output()) {
      for (String line = in.readLine(1000); line != null; line = in.readLine(1000)) {
        lines++;
      }
      out.write(lines + "\n");
    }
    return 0;
  }

  private static int forever(Invocation invocation) {
    Fiber.sleep(Duration.ofDays(10));
    return 0;
  }

  private static int deaf(Invocation invocation) {
    try (SignalStream signals = SignalStream.open(OsSignal.TERM)) {
      while (true) {
        var ignored = signals.next();
      }
    }
  }

  private static int polite(Invocation invocation) {
    try (SignalStream signals = SignalStream.open(OsSignal.TERM);
        ByteStream out = StandardStreams.output()) {
      out.write("ready\n");
      out.flush();
      var ignored = signals.next();
      out.write("good bye\n");
    }
    return 7;
  }

  private static void install(Host host) {
    host.program("capitals", SimChildTest::capitals)
        .program("count", SimChildTest::count)
        .program("forever", SimChildTest::forever)
        .program("deaf", SimChildTest::deaf)
        .program("polite", SimChildTest::polite)
        .program(
            "say",
            invocation -> {
              try (ByteStream out = StandardStreams.output();
                  ByteStream errors = StandardStreams.errors()) {
                out.write(String.join(" ", invocation.arguments()) + "\n");
                errors.write(invocation.environment().get("TONE") + "\n");
              }
              return invocation.arguments().size();
            });
  }

  private static void run(Faults faults, gyre.Task main) {
    for (int seed = 1; seed <= 5; seed++) {
      Simulation.seed(seed)
          .faults(faults)
          .world(world -> {
            install(world.host("host"));
            world.host("host").run(main);
          })
          .check();
    }
  }

  @Test
  void shouldHaveArgumentsEnvironmentStreamsAndACode() {
    run(
        Faults.timing(),
        () -> {
          var result = Command.of("say", "how", "are you").environment("TONE", "kind").run();

          assertThat(result.output()).isEqualTo("how are you\n");
          assertThat(new String(result.stderr(), StandardCharsets.UTF_8)).isEqualTo("kind\n");
          assertThat(result.exit().code()).isEqualTo(2);
        });
  }

  @Test
  void shouldTransformMoreThanAPipeHolds() {
    String text = "a line of text\n".repeat(20_000);
    run(
        Faults.timing(),
        () -> {
          byte[] input = text.getBytes(StandardCharsets.UTF_8);
          byte[] output = Command.of("capitals").transform(input).stdout();

          assertThat(new String(output, StandardCharsets.UTF_8))
              .isEqualTo(text.toUpperCase(Locale.ROOT));
        });
  }

  @Test
  void shouldRunAPipeline() {
    run(
        Faults.timing(),
        () -> {
          var result = Command.of("say", "one\ntwo\nthree").pipeTo(Command.of("count")).run();

          assertThat(result.output()).isEqualTo("3\n");
        });
  }

  @Test
  void shouldReadAndWriteFiles() {
    Path in = Path.of("/tmp/in");
    Path out = Path.of("/tmp/out");
    run(
        Faults.timing(),
        () -> {
          Files.write(in, "one\ntwo\n".repeat(10_000));
          Command capitals = Command.of("capitals").stdin(Stdio.file(in));

          assertThat(capitals.stdout(Stdio.file(out)).run().isSuccess()).isTrue();
          assertThat(Files.readText(out, 1 << 20)).isEqualTo("ONE\nTWO\n".repeat(10_000));

          Command say = Command.of("say", "more").environment("TONE", "loud").stderr(Stdio.MERGE);
          assertThat(say.stdout(Stdio.append(out)).run().exit().code()).isEqualTo(1);
          assertThat(Files.readText(out, 1 << 20)).hasSize(80_000 + 10).endsWith("more\nloud\n");

          Command nowhere = say.stdout(Stdio.file(Path.of("/missing/out")));
          assertThatThrownBy(nowhere::run)
              .isInstanceOf(ProcessException.class)
              .hasMessageContaining("ENOENT")
              .hasMessageContaining("/missing/out");
        });
  }

  @Test
  void shouldTellOfADiskThatIsFull() {
    run(
        Faults.none().with(Fault.DISK_FULL, 1.0),
        () -> {
          Path out = Path.of("/tmp/out");
          assertThatThrownBy(() -> Command.of("count").stdout(Stdio.file(out)).run())
              .isInstanceOf(ProcessException.class)
              .hasMessageContaining("ENOSPC");
        });
  }

  @Test
  void shouldRefuseWhatIsNotInstalled() {
    run(
        Faults.none(),
        () ->
            assertThatThrownBy(() -> Command.of("missing").run())
                .isInstanceOfSatisfying(
                    IoException.class,
                    e -> assertThat(e.errno()).isEqualTo(Errno.ENOENT.number())));
  }

  @Test
  void shouldAskForTheEndAndKillWhoIsDeaf() {
    run(
        Faults.timing(),
        () -> {
          try (ChildProcess child = Command.of("polite").grace(GRACE).start()) {
            assertThat(child.stdout().readLine(100)).isEqualTo("ready");
            ChildExit exit = child.terminate();
            assertThat(exit.code()).isEqualTo(7);
          }
          Command silent = Command.of("deaf").grace(GRACE).stdout(Stdio.NULL).stderr(Stdio.NULL);
          try (ChildProcess child = silent.start()) {
            Fiber.sleep(Duration.ofMillis(100));
            ChildExit exit = child.terminate();
            assertThat(exit.signal()).contains(OsSignal.KILL);
          }
          try (ChildProcess child = Command.of("forever").start()) {
            ChildExit exit = child.terminate();
            assertThat(exit.signal()).contains(OsSignal.TERM);
            assertThat(exit.code()).isEqualTo(128 + 15);
          }
        });
  }

  @Test
  void shouldStopAndContinue() {
    run(
        Faults.none(),
        () -> {
          Command command = Command.of("capitals").stdin(Stdio.PIPE);
          try (ChildProcess child = command.start()) {
            assertThat(child.signal(OsSignal.STOP)).isTrue();
            Fiber.sleep(Duration.ofMillis(1));
            child.stdin().write("awake\n");
            assertThatThrownBy(
                    () -> Cancellation.within(Duration.ofHours(1), () -> child.stdout().await(1)))
                .isInstanceOf(DeadlineExceededException.class);
            assertThat(child.signal(OsSignal.CONT)).isTrue();
            assertThat(child.stdout().readLine(100)).isEqualTo("AWAKE");
          }
        });
  }

  @Test
  void shouldEndWhatTakesTooLong() {
    run(
        Faults.timing(),
        () ->
            assertThatThrownBy(() -> Command.of("forever").timeout(Duration.ofHours(5)).run())
                .isInstanceOf(ProcessException.class));
  }

  @Test
  void shouldFailTheRunByWhatAChildAsserts() {
    assertThatThrownBy(() ->
            Simulation.seed(1)
                .world(world ->
                    world
                        .host("host")
                        .program(
                            "wrong",
                            _ -> {
                              throw new AssertionError("seen in the child");
                            })
                        .run(() -> Command.of("wrong").run()))
                .run())
        .isInstanceOf(SimulationFailure.class)
        .hasMessageContaining("seen in the child");
  }

  @Test
  void shouldReapAllWhereverItIsCancelled() {
    CutReport report =
        CancelEverywhere.of(
                world -> {
                  install(world.host("host"));
                  world.host("host").run(SimChildTest::useChildren);
                })
            .cuts(Cut.CANCEL, Cut.DEADLINE, Cut.END_SCOPE)
            .excusing(IoException.class::isInstance)
            .mostParks(60)
            .check();
    assertThat(report.struck()).isPositive();
    assertThat(report.places()).anyMatch(place -> place.contains("waiting for the end of process"));
  }

  private static void useChildren() throws Exception {
    byte[] input = "some\nlines\n".getBytes(StandardCharsets.UTF_8);
    var result = Command.of("capitals").grace(GRACE).transform(input);
    boolean wasCutItself = result.exit().code() == 1; // it is the child that was cancelled
    assertThat(result.output()).isEqualTo(wasCutItself ? result.output() : "SOME\nLINES\n");
    try {
      Cancellation.within(Duration.ofMillis(50), () -> Command.of("deaf").grace(GRACE).run());
    } catch (DeadlineExceededException expected) {
      assertThat(gyre.Loop.current().handles()).isEmpty();
    }
  }
}
