package gyre.engine.choice;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import gyre.engine.EngineOptions;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * The choice of the engine. What happens where something is forbidden is tried in child processes
 * that forbid it to themselves for good.
 */
@Timeout(60)
class EnginesTest {
  @Test
  void shouldListTheValidNamesForAWrongOne() {
    assertThatThrownBy(() -> Engines.open("kqueue", EngineOptions.defaults()))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("engine: 'kqueue' is not an engine; engines: auto, io_uring, epoll, nio");
  }

  @ParameterizedTest
  @CsvSource({"nio", "epoll"})
  @EnabledOnOs(OS.LINUX)
  void shouldOpenTheOneAskedFor(String name) {
    EngineChoice choice = Engines.open(name, EngineOptions.defaults());
    choice.engine().close();
    assertThat(choice.engine().name()).isEqualTo(name);
    assertThat(choice.explanation()).isEqualTo(name + ", as asked for");
  }

  @Test
  void shouldOpenTheBestOne() {
    EngineChoice choice = Engines.open(Engines.AUTO, EngineOptions.defaults());
    choice.engine().close();
    assertThat(choice.explanation()).endsWith(choice.engine().name()).doesNotContain("\n");
  }

  @Test
  @EnabledOnOs(OS.LINUX)
  void shouldFallBackToEpollWhereIoUringIsForbidden() throws Exception {
    assertThat(child(List.of(), "auto", "io_uring"))
        .matches("io_uring: not permitted here \\(EPERM[^)]*\\) → epoll");
  }

  @Test
  @EnabledOnOs(OS.LINUX)
  void shouldFallBackToNioWhereEpollIsMissing() throws Exception {
    // Java's own selector stands on epoll, so a seccomp filter would take that away as well.
    assertThat(child(List.of("-Dos.arch=riscv64"), "auto"))
        .isEqualTo(
            "io_uring: system calls of this machine (riscv64) are not known; epoll: system calls of"
                + " this machine (riscv64) are not known → nio");
  }

  @ParameterizedTest
  @CsvSource({"Mac OS X", "Windows 11"})
  @EnabledOnOs(OS.LINUX)
  void shouldTouchNothingOfLinuxElsewhere(String system) throws Exception {
    String said =
        child(List.of("-Dos.name=" + system, "-Xlog:class+load:file=/dev/stderr"), "auto");
    assertThat(said.lines().filter(line -> line.contains("gyre.sys.Linux"))).isEmpty();
    assertThat(said.lines().filter(line -> line.contains("EpollEngine "))).isEmpty();
    assertThat(said).contains("io_uring: only on Linux, not on " + system).contains("→ nio");
  }

  @Test
  @EnabledOnOs(OS.LINUX)
  void shouldFailClearlyWhereTheOneAskedForIsForbidden() throws Exception {
    assertThat(child(List.of(), "io_uring", "io_uring"))
        .startsWith("unavailable: engine io_uring was asked for, but not permitted here (EPERM")
        .doesNotContain("\n");
  }

  @Test
  @EnabledOnOs(OS.LINUX)
  void shouldObeyTheSystemProperty() throws Exception {
    assertThat(child(List.of("-Dgyre.engine=nio"), "auto")).isEqualTo("nio, as asked for");
    assertThat(child(List.of("-Dgyre.engine=select"), "auto"))
        .isEqualTo(
            "invalid: -Dgyre.engine: 'select' is not an engine; engines: auto, io_uring, epoll,"
                + " nio");
  }

  @Test
  @EnabledOnOs(OS.LINUX)
  void shouldFallBackToNioWhereForeignCallsAreForbidden() throws Exception {
    assertThat(child(List.of("--illegal-native-access=deny"), "auto"))
        .contains("no foreign calls here")
        .endsWith("→ nio");
  }

  /** What a child says, whose first argument is the engine it asks for and the rest forbidden. */
  private static String child(List<String> flags, String... arguments) throws Exception {
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.addAll(List.of("-Xshare:auto", "-XX:TieredStopAtLevel=1"));
    if (!flags.contains("--illegal-native-access=deny")) {
      command.add("--enable-native-access=ALL-UNNAMED");
    }
    command.addAll(flags);
    command.addAll(List.of("-cp", System.getProperty("java.class.path")));
    command.add(ForbiddingMain.class.getName());
    command.addAll(List.of(arguments));
    Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
    try {
      String said = read(process);
      assertThat(process.waitFor(40, TimeUnit.SECONDS)).as("the child ended").isTrue();
      return said;
    } finally {
      process.destroyForcibly();
    }
  }

  private static String read(Process process) throws IOException {
    return new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8).strip();
  }
}
