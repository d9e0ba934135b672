package gyre.process;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.BufferedReader;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;

/** How signals end a program: in a process of its own. */
@Tag("fiber-modes-1")
@EnabledOnOs(OS.LINUX)
@Timeout(value = 60, unit = TimeUnit.SECONDS, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class StopTest {
  private @Nullable Process process;
  private @Nullable BufferedReader said;

  private void start(String what, String... flags) throws IOException {
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.addAll(List.of("-XX:TieredStopAtLevel=1", "--enable-native-access=ALL-UNNAMED"));
    command.addAll(List.of("--add-opens", "java.base/java.lang=ALL-UNNAMED"));
    command.add("-Dgyre.test.fibers=" + System.getProperty("gyre.test.fibers", "native"));
    command.addAll(List.of(flags));
    command.addAll(List.of("-cp", System.getProperty("java.class.path")));
    command.addAll(List.of(StoppedProgram.class.getName(), "epoll", what));
    Process started = new ProcessBuilder(command).redirectErrorStream(true).start();
    process = started;
    said = started.inputReader(StandardCharsets.UTF_8);
  }

  private String line() throws IOException {
    return Objects.requireNonNull(Objects.requireNonNull(said).readLine());
  }

  private String rest() throws IOException {
    return Objects.requireNonNull(said).readAllAsString();
  }

  private void kill(OsSignal signal) throws Exception {
    Kill.send(Objects.requireNonNull(process).pid(), signal, 1);
  }

  private int exitCode() throws InterruptedException {
    return Objects.requireNonNull(process).waitFor();
  }

  @AfterEach
  void end() {
    if (process != null) {
      Process ignored = process.destroyForcibly();
    }
  }

  @Test
  void shouldLetWorkUnderWayEndAfterTheFirstSignalAndAfterHangUps() throws Exception {
    start("work");
    assertThat(line()).isEqualTo("ready");
    kill(OsSignal.HUP);
    assertThat(line()).isEqualTo("reloads");
    kill(OsSignal.TERM);
    assertThat(line()).isEqualTo("drains");
    kill(OsSignal.HUP); // nobody reloads any more, and nothing ends
    kill(OsSignal.USR1);
    assertThat(line()).isEqualTo("signals came"); // or HUP might end what has ended its work
    Process running = Objects.requireNonNull(process);
    running.outputWriter().append('x').flush();
    String rest = rest();
    assertThat(rest).contains("worked 120").contains("ended TERM: drained in ");
    assertThat(exitCode()).isZero();
  }

  @Test
  void shouldEndAtTheSecondSignal() throws Exception {
    start("work");
    assertThat(line()).isEqualTo("ready");
    kill(OsSignal.TERM);
    assertThat(line()).isEqualTo("drains");
    kill(OsSignal.INT);
    assertThat(rest()).contains("exit code 130");
    assertThat(exitCode()).isEqualTo(130);
  }

  @Test
  void shouldNameWhoStaysAndFail() throws Exception {
    start("stay");
    assertThat(line()).isEqualTo("ready");
    kill(OsSignal.INT);
    assertThat(rest())
        .contains("ended INT: ended in ")
        .contains("forced: fiber stays at ")
        .contains("StoppedProgram.lambda$stay");
    assertThat(exitCode()).isEqualTo(1);
  }

  @Test
  void shouldEndTheProcessIfAFiberNeverGivesWay() throws Exception {
    start("hang");
    assertThat(line()).isEqualTo("ready");
    kill(OsSignal.TERM);
    assertThat(rest())
        .contains("the time for that is over: loop in fiber hangs at ")
        .contains("StoppedProgram.lambda$hang");
    assertThat(exitCode()).isEqualTo(1);
  }

  @Test
  void shouldEndWithoutASignalWhenNothingIsLeftToDo() throws Exception {
    start("done");
    assertThat(line()).isEqualTo("ready");
    assertThat(rest()).contains("ended everything has ended");
    assertThat(exitCode()).isZero();
  }

  @Test
  void shouldGiveTheSystemsOwnEffectBack() throws Exception {
    start("default");
    assertThat(line()).isEqualTo("ready");
    kill(OsSignal.USR1);
    assertThat(exitCode()).isEqualTo(128 + OsSignal.USR1.number());
  }

  @Test
  void shouldSayThatAJvmWithReducedSignalsHasNone() throws Exception {
    start("done", "-Xrs");
    assertThat(rest()).contains("receive SIGHUP: the JVM refuses: it was started with -Xrs");
    assertThat(exitCode()).isEqualTo(1);
  }
}
