package gyre.examples;

import static org.assertj.core.api.Assertions.assertThat;

import gyre.Loop;
import gyre.process.CommandResult;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The example {@code run}. */
@Timeout(120)
class RunTest {
  private static CommandResult run(String engine, String... arguments) {
    try (Loop loop = Loop.open()) {
      return loop.run(() -> Program.of(Run.class, engine, arguments).run());
    }
  }

  private static String errors(CommandResult result) {
    return new String(result.stderr(), StandardCharsets.UTF_8);
  }

  @ParameterizedTest
  @ValueSource(strings = {"io_uring", "epoll"})
  void shouldLabelBothOutputsAndPassOnTheCode(String engine) {
    String script = "echo one; echo two >&2; printf 'no end'; exit 3";
    CommandResult result = run(engine, "30", "sh", "-c", script);
    assertThat(result.output().lines())
        .containsExactlyInAnyOrder("out one", "err two", "out no end");
    assertThat(result.exit().code()).isEqualTo(3);
    assertThat(errors(result)).isEmpty();
  }

  @Test
  void shouldCutLinesThatAreTooLong() {
    CommandResult result = run("io_uring", "30", "sh", "-c", "printf '%010000d\\n' 0");
    assertThat(result.output().lines())
        .containsExactly("out " + "0".repeat(8192), "out " + "0".repeat(10_000 - 8192));
  }

  @Test
  void shouldEndACommandThatTakesTooLongAndItsChildren() {
    CommandResult result = run("epoll", "3", "sh", "-c", "echo begun; sleep 1000 & sleep 1000");
    assertThat(result.exit().code()).isEqualTo(124);
    assertThat(result.output()).isEqualTo("out begun\n");
    assertThat(errors(result)).startsWith("run: run sh -c").contains("PT3S");
  }

  @Test
  void shouldSayWhatIsWrongWithACommand() {
    CommandResult result = run("io_uring", "30", "/nonexistent/command");
    assertThat(result.exit().code()).isEqualTo(1);
    assertThat(errors(result)).startsWith("run: run /nonexistent/command: ENOENT");
  }
}
