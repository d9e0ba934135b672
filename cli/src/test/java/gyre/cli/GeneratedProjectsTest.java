package gyre.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assumptions.assumeThat;

import gyre.generator.ProgramKind;
import gyre.generator.ProjectOptions;
import gyre.generator.Target;
import gyre.lab.judge.GeneratedProjects;
import gyre.lab.judge.GeneratedProjects.Verdict;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Path;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Those that build quickly; the others by {@code gyre new --verify-all}. */
@Timeout(180)
class GeneratedProjectsTest {
  @TempDir Path folder;

  @ParameterizedTest
  @EnumSource(
      value = Target.class,
      names = {"GYRE", "EPOLL"})
  void shouldKeepThePromisesOfAnEchoServer(Target target) throws Exception {
    shouldKeepItsPromises(ProgramKind.TCP_ECHO, target, ProjectOptions.defaults());
  }

  @ParameterizedTest
  @EnumSource(
      value = ProgramKind.class,
      names = {"TCP_SERVER", "WEBSOCKET_SERVER", "LAYER4_BALANCER", "TIMER_WHEEL", "FILE_WATCHER"})
  void shouldKeepThePromisesOfAProgramInC(ProgramKind program) throws Exception {
    shouldKeepItsPromises(
        program, Target.EPOLL, GeneratedProjects.everything(program, Target.EPOLL));
  }

  private void shouldKeepItsPromises(ProgramKind program, Target target, ProjectOptions options)
      throws Exception {
    StringWriter said = new StringWriter();

    Verdict verdict =
        new GeneratedProjects(folder, new PrintWriter(said), 100).verify(program, target, options);

    assumeThat(verdict).isNotEqualTo(Verdict.SKIPPED);
    assertThat(verdict).as(said.toString()).isEqualTo(Verdict.KEPT);
  }
}
