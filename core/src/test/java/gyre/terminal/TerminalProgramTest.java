package gyre.terminal;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.condition.EnabledIf;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Whole programs in a terminal that is theirs: it is as before, bit for bit, however they end or
 * stop.
 */
@Tag("fiber-modes-2")
@EnabledIf("hasSetsid")
@Timeout(120)
class TerminalProgramTest {
  private static final int HANG_SECONDS = 40;
  private static final String LEAVE_SCREEN = "\u001b[?25h\u001b[?1049l";

  private final Pty pty = new Pty(90, 30);
  private final String before = pty.settings();
  private @Nullable Process shell;

  @TempDir Path folder;

  static boolean hasSetsid() {
    return Files.isExecutable(Path.of("/usr/bin/setsid")) && Files.isExecutable(Path.of("/bin/sh"));
  }

  @AfterEach
  void end() {
    Process started = shell;
    if (started != null) {
      started.descendants().forEach(ProcessHandle::destroyForcibly);
      Process ignored = started.destroyForcibly();
    }
    pty.close();
  }

  /** Runs a script in a session of its own, with the terminal as its controlling one. */
  private Process start(String engine, String script, String term) throws IOException {
    String java = Path.of(System.getProperty("java.home"), "bin", "java").toString();
    String opens =
        System.getProperty("gyre.test.fibers", "native").equals("baton")
            ? "-Dgyre.test.fibers=baton"
            : "--add-opens=java.base/java.lang=ALL-UNNAMED";
    String program =
        "'%s' -XX:TieredStopAtLevel=1 --enable-native-access=ALL-UNNAMED %s -cp '%s' %s %s"
            .formatted(
                java,
                opens,
                System.getProperty("java.class.path"),
                TerminalProgram.class.getName(),
                engine);
    Path file = folder.resolve("run.sh");
    Files.writeString(
        file,
        "exec <%1$s >%1$s 2>&1\nPROGRAM=\"%2$s\"\n%3$s\n".formatted(pty.path(), program, script),
        StandardCharsets.UTF_8);
    ProcessBuilder builder =
        new ProcessBuilder("/usr/bin/setsid", "-w", "/bin/sh", file.toString())
            .redirectErrorStream(true);
    String ignored = builder.environment().put("TERM", term);
    Process started = builder.start();
    shell = started;
    return started;
  }

  private void assertEnded(Process started, int code) throws InterruptedException {
    assertThat(started.waitFor(HANG_SECONDS, TimeUnit.SECONDS)).as("it ended").isTrue();
    assertThat(started.exitValue()).isEqualTo(code);
    assertThat(pty.settings()).isEqualTo(before);
  }

  private static ProcessHandle programOf(Process started) {
    return started
        .descendants()
        .filter(each -> each.info().command().orElse("").endsWith("java"))
        .findFirst()
        .orElseThrow();
  }

  @ParameterizedTest
  @ValueSource(strings = {"io_uring", "epoll"})
  void shouldRestoreTheTerminalAtANormalEnd(String engine) throws Exception {
    Process started = start(engine, "eval \"$PROGRAM\"", "xterm-256color");
    pty.await("ready 90x30");
    assertThat(pty.settings()).isNotEqualTo(before);
    pty.resize(100, 35); // the kernel tells those in the foreground by a signal
    pty.await("100x35");
    pty.type("q");
    assertEnded(started, 0);
    assertThat(pty.read()).endsWith(LEAVE_SCREEN);
  }

  @Test
  void shouldPrintAFailureWhenTheScreenIsLeft() throws Exception {
    Process started = start("io_uring", "eval \"$PROGRAM\"", "xterm");
    pty.await("ready");
    pty.type("t");
    assertEnded(started, 1);
    String seen = pty.read();
    assertThat(seen.indexOf("planted failure")).isGreaterThan(seen.indexOf(LEAVE_SCREEN));
    assertThat(seen.substring(seen.indexOf(LEAVE_SCREEN))).contains("\r\n\tat ");
  }

  @Test
  void shouldRestoreTheTerminalWhenTheJvmExits() throws Exception {
    Process started = start("io_uring", "eval \"$PROGRAM\"", "xterm");
    pty.await("ready");
    pty.type("e");
    assertEnded(started, 3);
    assertThat(pty.read()).endsWith(LEAVE_SCREEN);
  }

  @ParameterizedTest
  @ValueSource(strings = {"TERM", "HUP", "INT"})
  void shouldRestoreTheTerminalWhenASignalEndsIt(String signal) throws Exception {
    Process started = start("epoll", "eval \"$PROGRAM\"", "xterm");
    pty.await("ready");
    kill(programOf(started).pid(), signal);
    int number = signal.equals("TERM") ? 15 : signal.equals("HUP") ? 1 : 2;
    assertEnded(started, 128 + number);
    assertThat(pty.read()).contains(LEAVE_SCREEN);
  }

  @Test
  void shouldRestoreTheTerminalWhileItIsStoppedAndDrawAnewAfterwards() throws Exception {
    Process started =
        start(
            "io_uring",
            "set -m; eval \"$PROGRAM\"; echo STOPPED $?; read x; fg >/dev/null; echo DONE $?",
            "xterm");
    pty.await("ready");
    pty.type("\u001a");
    String seen = pty.await("STOPPED");
    assertThat(seen.indexOf("STOPPED")).isGreaterThan(seen.indexOf(LEAVE_SCREEN));
    assertThat(pty.settings()).isEqualTo(before);
    pty.forget();
    pty.type("\r");
    pty.await("sumed 90x30"); // which is what differs from ready
    assertThat(pty.settings()).isNotEqualTo(before);
    pty.type("q");
    pty.await("DONE 0");
    assertEnded(started, 0);
  }

  @Test
  void shouldStopForASignalFromElsewhereToo() throws Exception {
    Process started =
        start(
            "io_uring",
            "set -m; eval \"$PROGRAM\"; echo STOPPED $?; read x; fg >/dev/null; echo DONE $?",
            "xterm");
    pty.await("ready");
    kill(programOf(started).pid(), "TSTP");
    pty.await("STOPPED");
    assertThat(pty.settings()).isEqualTo(before);
    pty.type("\r");
    pty.await("sumed 90x30"); // which is what differs from ready
    pty.type("q");
    pty.await("DONE 0");
    assertEnded(started, 0);
  }

  @Test
  void shouldPrintLinesIntoAPipe() throws Exception {
    Path output = folder.resolve("output");
    String script = "echo q | eval \"$PROGRAM\" | cat >'" + output + "'";
    Process started = start("io_uring", script, "xterm");
    assertEnded(started, 0);
    assertThat(Files.readString(output)).isEqualTo("ready 80x24 plain\n");
    assertThat(pty.read()).doesNotContain("\u001b");
  }

  /**
   * Its reader begins when another fiber of the same loop says so, while the terminal is closed. It
   * runs by then: how long a program takes to start is not part of what is given up for being late.
   */
  @ParameterizedTest
  @ValueSource(strings = {"io_uring", "epoll"})
  void shouldServeOthersWhileTheLastLinesWaitForAFullPipe(String engine) throws Exception {
    Path output = folder.resolve("output");
    Path told = folder.resolve("told");
    String script =
        "export TOLD='%1$s'; mkfifo '%1$s'; eval \"$PROGRAM flood\" | cat '%1$s' - >'%2$s'"
            .formatted(told, output);
    Process started = start(engine, script, "xterm");
    assertEnded(started, 0);
    assertThat(Files.readString(output)).contains("\nthe last line\n");
  }

  @ParameterizedTest
  @ValueSource(strings = {"io_uring", "epoll"})
  void shouldPrintLinesIntoAFileAndReadOne(String engine) throws Exception {
    Path input = Files.writeString(folder.resolve("input"), "abcq");
    Path output = folder.resolve("output");
    String script = "eval \"$PROGRAM\" <'" + input + "' >'" + output + "'";
    Process started = start(engine, script, "xterm");
    assertEnded(started, 0);
    assertThat(Files.readString(output)).endsWith("c 80x24 plain\n");
  }

  private static void kill(long pid, String signal) throws Exception {
    Process kill = new ProcessBuilder("kill", "-" + signal, "" + pid).inheritIO().start();
    assertThat(kill.waitFor(HANG_SECONDS, TimeUnit.SECONDS)).isTrue();
    assertThat(kill.exitValue()).isZero();
  }
}
