package gyre.cli;

import static org.assertj.core.api.Assertions.assertThat;

import gyre.Fiber;
import gyre.Loop;
import gyre.LoopOptions;
import gyre.io.ByteStream;
import gyre.process.ChildProcess;
import gyre.process.Command;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.io.Writer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import picocli.CommandLine;

/** What shows the loops of a process, here of this one. */
@Timeout(120)
class InsightCommandsTest {
  private static final String PID = Long.toString(ProcessHandle.current().pid());
  private static final CompletableFuture<Boolean> IS_OVER = new CompletableFuture<>();
  private static Thread watched = new Thread();

  private final StringBuilder seen = new StringBuilder();
  private String out = "";
  private String err = "";

  @BeforeAll
  static void openALoop() {
    CompletableFuture<Boolean> isOpen = new CompletableFuture<>();
    watched =
        Thread.ofPlatform()
            .start(() -> {
              try (Loop loop = Loop.open(LoopOptions.defaults().name("watched"))) {
                loop.run(() -> {
                  isOpen.complete(true);
                  Fiber<?> ignored = Fiber.start("ticker", InsightCommandsTest::tick);
                });
              }
            });
    boolean ignored = isOpen.join();
  }

  private static void tick() {
    while (!IS_OVER.isDone()) {
      Fiber.sleep(Duration.ofMillis(5));
    }
  }

  @AfterAll
  static void closeTheLoop() throws InterruptedException {
    IS_OVER.complete(true);
    watched.join();
  }

  private int run(String... arguments) {
    StringWriter output = new StringWriter();
    StringWriter errors = new StringWriter();
    CommandLine line = Main.commandLine();
    line.setOut(new PrintWriter(output, true));
    line.setErr(new PrintWriter(errors, true));
    int code = line.execute(arguments);
    out = output.toString();
    err = errors.toString();
    return code;
  }

  @Test
  void shouldPrintOneLook() {
    assertThat(run("top", PID, "--once", "--interval", "0.1")).isZero();
    assertThat(out).contains("process " + PID, "watched", "busy", "fiber run", "timer lateness");
  }

  @Test
  void shouldPrintALookAsJson() {
    assertThat(run("top", PID, "--once", "--json", "--interval", "0.1")).isZero();
    assertThat(out.lines()).hasSize(1);
    assertThat(out).startsWith("{\"pid\":" + PID).contains("\"name\":\"watched\"", "\"turns\":");
  }

  @Test
  void shouldDumpWhatFibersWaitFor() {
    do {
      assertThat(run("dump", PID)).isZero();
    } while (!out.contains("fiber ticker [PARKED] sleeping"));
    assertThat(out).contains("woken by the clock", "at gyre.cli.InsightCommandsTest.tick");
    do {
      assertThat(run("dump", PID, "--json")).isZero();
    } while (!out.contains("\"name\":\"ticker\""));
  }

  @Test
  void shouldTraceAsLinesAndAsAFile(@TempDir Path directory) throws IOException {
    do { // on a machine that is busy nothing may happen for so long
      assertThat(run("trace", PID, "--seconds", "0.2", "--handle", "ticker")).isZero();
      assertThat(out).doesNotContain("wait (system call)");
    } while (!out.contains("fiber     ticker"));
    Path file = directory.resolve("trace.json");
    String trace;
    do {
      assertThat(run("trace", PID, "--seconds", "0.1", "--output", file.toString())).isZero();
      trace = Files.readString(file);
      assertThat(trace).startsWith("[").endsWith("]\n");
    } while (!trace.contains("\"ph\":\"X\""));
  }

  /** A disk that is full, or a pipe whose reader has gone. */
  @Test
  void shouldSayThatTheOutputOfATraceIsCut() {
    StringWriter errors = new StringWriter();
    CommandLine line = Main.commandLine();
    line.setOut(new PrintWriter(new Full(), true));
    line.setErr(new PrintWriter(errors, true));
    assertThat(line.execute("trace", PID, "--seconds", "60")).isEqualTo(1);
    assertThat(errors.toString()).contains("the output takes no more");
  }

  private static final class Full extends Writer {
    @Override
    public void write(char[] text, int from, int length) throws IOException {
      throw new IOException("no space left");
    }

    @Override
    public void flush() {}

    @Override
    public void close() {}
  }

  @Test
  void shouldExamineTheMachineAndTheProcess() {
    assertThat(run("doctor", PID)).as(err).isBetween(0, 1);
    assertThat(out).contains("somaxconn", "nofile", "engine of watched");
    assertThat(run("doctor", "--json")).isBetween(0, 1);
    assertThat(out).startsWith("{\"goal\":\"ANY\"");
  }

  @Test
  void shouldSayWhatIsWrongWithArguments() {
    assertThat(run("top", "999999999", "--once")).isEqualTo(1);
    assertThat(err).contains("process 999999999 tells nothing", "no such process");
    assertThat(run("top", "999999999", "--web", "127.0.0.1:0")).isEqualTo(1);
    assertThat(err).contains("process 999999999 tells nothing");
    assertThat(run("top", PID, "--web", "nowhere")).isEqualTo(2);
    assertThat(run("top", PID, "--sort", "colour")).isEqualTo(2);
    assertThat(err).contains("columns: busy, name");
    assertThat(run("top", PID, "--interval", "0")).isEqualTo(2);
    assertThat(run("dump", "999999999")).isEqualTo(1);
    assertThat(err).contains("does not answer");
    assertThat(run("trace", PID, "--seconds", "0")).isEqualTo(2);
    assertThat(run("doctor", "--for", "C2")).isEqualTo(2);
  }

  // ---- on a terminal

  private static ChildProcess startTop(int columns, int rows) {
    String script = "stty cols " + columns + " rows " + rows + "; \"$@\"; echo ended $?";
    List<String> java =
        new ArrayList<>(
            List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-XX:TieredStopAtLevel=1",
                "--enable-native-access=ALL-UNNAMED",
                "--add-opens=java.base/java.lang=ALL-UNNAMED",
                "-cp",
                System.getProperty("java.class.path"),
                Main.class.getName(),
                "top",
                PID,
                "--interval",
                "0.2"));
    return Command.of("sh", "-c", script, "sh")
        .arguments(java.toArray(String[]::new))
        .environment("TERM", "xterm-256color")
        .timeout(Duration.ofSeconds(100))
        .onTerminal()
        .start();
  }

  private void await(ChildProcess child, String wanted) {
    ByteStream terminal = child.terminal();
    while (seen.indexOf(wanted) < 0) {
      assertThat(terminal.await(1)).as("%s in: %s", wanted, seen).isTrue();
      int bytes = (int) terminal.input().size();
      seen.append(terminal.input().readString(bytes, StandardCharsets.UTF_8));
    }
  }

  /** What is drawn anew is told in pieces, so each view is known by what no other has. */
  private void drillDownAndEnd(int columns, int rows) {
    try (Loop loop = Loop.open()) {
      loop.run(() -> {
        try (ChildProcess child = startTop(columns, rows)) {
          await(child, "watched");
          await(child, "sort: busy");
          child.terminal().write("s");
          await(child, "name");
          child.terminal().write("\r");
          await(child, "scroll");
          child.terminal().write("d");
          await(child, "gyre.cli.Insight");
          child.terminal().write("q");
          await(child, "ended 0");
          assertThat(child.await().code()).isZero();
        }
      });
    }
  }

  @Test
  void shouldDrillDownOnASmallTerminal() {
    drillDownAndEnd(60, 20);
  }

  @Test
  void shouldDrillDownOnALargeTerminal() {
    drillDownAndEnd(200, 60);
  }
}
