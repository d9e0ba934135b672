package gyre.engine.choice;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import gyre.engine.EngineOptions;
import gyre.engine.EngineUnavailable;
import java.util.List;
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
  private static final List<String> OPENED =
      List.of("-ea", "--add-opens", "java.base/java.lang=ALL-UNNAMED");

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
  void shouldFallBackWhereARingMayBeMadeAndNotUsed() throws Exception {
    assumeAvailable("io_uring");
    assertThat(child(List.of(), "auto", "io_uring_enter"))
        .matches("io_uring: io_uring_enter: not permitted here \\(EPERM[^)]*\\) → epoll");
  }

  @Test
  @EnabledOnOs(OS.LINUX)
  void shouldNotTakeARefusalForAnOldKernel() throws Exception {
    assumeAvailable("io_uring");
    assertThat(child(List.of(), "auto", "io_uring_register"))
        .matches("io_uring: io_uring_register: not permitted here \\(EPERM[^)]*\\) → epoll");
  }

  @Test
  @EnabledOnOs(OS.LINUX)
  void shouldFallBackToNioWhereEpollMayNotBeWaitedFor() throws Exception {
    assertThat(child(List.of(), "auto", "io_uring", "epoll_wait"))
        .contains("epoll: EPERM (operation not permitted) → nio");
  }

  @ParameterizedTest
  @CsvSource({"io_uring, io_uring_enter", "epoll, epoll_wait"})
  @EnabledOnOs(OS.LINUX)
  void shouldFailWhereWaitingFails(String name, String call) throws Exception {
    assumeAvailable(name);
    assertThat(child(List.of(), name, call, "late"))
        .isEqualTo("broken: " + call + ": EPERM (operation not permitted)");
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
        .isEqualTo(
            "io_uring: native access is denied, allow it by java --enable-native-access=ALL-UNNAMED;"
                + " epoll: native access is denied, allow it by java"
                + " --enable-native-access=ALL-UNNAMED → nio");
  }

  @ParameterizedTest
  @CsvSource({"io_uring", "epoll", "nio"})
  @EnabledOnOs(OS.LINUX)
  void shouldGoOnAcceptingAfterTheDescriptorsRanOut(String name) throws Exception {
    assumeAvailable(name);
    assertThat(Children.run(ScarceDescriptorsMain.class, List.of("-ea"), name))
        .isEqualTo("resumed");
  }

  @ParameterizedTest
  @CsvSource({"io_uring", "epoll", "nio"})
  @EnabledOnOs(OS.LINUX)
  void shouldLogThoughThereIsNoDescriptorLeft(String name) throws Exception {
    assumeAvailable(name);
    assertThat(Children.run(ScarceLoggingMain.class, OPENED, name))
        .contains("failed while there are none")
        .contains("accept on ")
        .contains("failed when there are some")
        .endsWith("ended");
  }

  @Test
  @EnabledOnOs(OS.LINUX)
  void shouldLeaveNoRingBehindWhereThereIsNoMemory() throws Exception {
    assumeAvailable("io_uring");
    assertThat(Children.run(ScarceMemoryMain.class, List.of("-ea"))).isEqualTo("rings: 0");
  }

  private static void assumeAvailable(String name) {
    try {
      Engines.open(name, EngineOptions.defaults()).engine().close();
    } catch (EngineUnavailable unavailable) {
      assumeTrue(false, unavailable.getMessage());
    }
  }

  /** What a child says, whose first argument is the engine it asks for and the rest forbidden. */
  private static String child(List<String> flags, String... arguments) throws Exception {
    return Children.run(ForbiddingMain.class, flags, arguments);
  }
}
