package gyre.lab.judge;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assumptions.assumeThat;

import gyre.generator.Framing;
import gyre.generator.Generator;
import gyre.generator.ProgramKind;
import gyre.generator.Project;
import gyre.generator.ProjectOptions;
import gyre.generator.Target;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Judges find what is planted in programs that keep their promises otherwise. Only faults that show
 * at once: what hangs is found too, but takes the judge its time.
 */
@Timeout(180)
class JudgeTest {
  private static final String NAME = "planted";

  /** One text of a program for epoll, what stands there in its place, and who notices. */
  record Fault(ProgramKind program, String file, String text, String instead, String promise) {
    @Override
    public String toString() {
      return program.label() + " that does not keep: " + promise;
    }
  }

  static List<Fault> faults() {
    return List.of(
        new Fault(
            ProgramKind.TCP_ECHO,
            "src/main.c",
            "s->connections < s->options.max_connections ?",
            "s->connections <= s->options.max_connections ?",
            "serves no more than --max-connections"),
        new Fault(
            ProgramKind.TCP_SERVER,
            "src/main.c",
            "if (buffered(&c->in) < HEAD_BYTES + length) return NULL;",
            "",
            "takes messages in pieces of one byte, and several at once"),
        new Fault(
            ProgramKind.WEBSOCKET_SERVER,
            "src/frames.c",
            "if (first == 0xed) high = 0x9f;",
            "",
            "closes with 1007 text that is no UTF-8"),
        new Fault(
            ProgramKind.LAYER4_BALANCER,
            "src/main.c",
            "return shutdown(to->fd, SHUT_WR) == 0;",
            "return false;",
            "passes on a half-close, and what comes after it"),
        new Fault(
            ProgramKind.TIMER_WHEEL,
            "src/timers.c",
            "now_millis() + 1 + millis",
            "now_millis() + millis * 3 / 4",
            "fires none before its time"),
        new Fault(
            ProgramKind.FILE_WATCHER,
            "src/watcher.c",
            "exit(help ? 0 : 2);",
            "exit(0);",
            "explains wrong arguments, and exits with 2"));
  }

  @TempDir Path folder;

  @ParameterizedTest
  @MethodSource("faults")
  void shouldFindAPlantedFault(Fault fault) throws Exception {
    Toolchain tools = new Toolchain(Target.EPOLL);
    assumeThat(tools.refusal()).isEmpty();
    ProjectOptions options =
        fault.program() == ProgramKind.TCP_SERVER
            ? ProjectOptions.defaults().framing(Framing.LENGTH)
            : ProjectOptions.defaults();
    Project project = Generator.project(fault.program(), Target.EPOLL, NAME, options);
    assertThat(project.write(folder, false)).isNotEmpty();
    Path file = folder.resolve(fault.file());
    String source = Files.readString(file);
    assertThat(source).contains(fault.text());
    Files.writeString(file, source.replace(fault.text(), fault.instead()));
    List<String> told = new ArrayList<>();
    assertThat(Steps.run(folder, tools.steps(folder), told::add)).as(told.toString()).isTrue();

    Subject subject = Subject.of(tools.command(folder, NAME));
    try (Judge judge = Judges.of(fault.program(), subject, options, 10)) {
      assertThat(judge.judge(fault.promise())).isNotEmpty();
    }
  }
}
