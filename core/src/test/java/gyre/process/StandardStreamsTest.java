package gyre.process;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import gyre.Loops;
import gyre.io.IoException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Programs with all kinds of standard descriptors, or without, or with too few of any. */
@Tag("fiber-modes-0")
@EnabledOnOs(OS.LINUX)
@Timeout(value = 120, unit = TimeUnit.SECONDS, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class StandardStreamsTest {
  /** Flags of a descriptor in fdinfo, which are octal. */
  private static final int NON_BLOCKING = 04000;

  @TempDir private Path temporary = Path.of("");

  private Path report() {
    return temporary.resolve("report");
  }

  /** A script in which {@code $PROGRAM} runs the program. */
  private Command script(String engine, String what, String script) {
    String fibers = System.getProperty("gyre.test.fibers", "native");
    String opens = "--add-opens=java.base/java.lang=ALL-UNNAMED"; // else it says so in baton mode
    String java = Path.of(System.getProperty("java.home"), "bin", "java").toString();
    String program =
        "%s -XX:TieredStopAtLevel=1 --enable-native-access=ALL-UNNAMED %s -Dgyre.test.fibers=%s %s %s %s %s"
            .formatted(
                java, opens, fibers, StandardProgram.class.getName(), engine, what, report());
    return Command.of("/bin/sh", "-c", script)
        .environment("CLASSPATH", System.getProperty("java.class.path"))
        .environment("PROGRAM", program)
        .directory(temporary);
  }

  private CommandResult run(String engine, String what, String script) {
    CommandResult[] result = new CommandResult[1];
    Loops.run("epoll", () -> result[0] = script(engine, what, script).run());
    assertThat(result[0].stderr()).asString().doesNotContain("Exception");
    return result[0];
  }

  private List<String> reported() throws IOException {
    return Files.readAllLines(report());
  }

  @ParameterizedTest
  @ValueSource(strings = {"io_uring", "epoll"})
  void shouldReadAndWritePipes(String engine) throws IOException {
    CommandResult result =
        run(engine, "upper", "{ echo one; echo two; } | $PROGRAM | cat; echo last");
    assertThat(result.output()).isEqualTo("ready\nONE\nTWO\nlast\n");
    assertThat(result.stderr()).asString().isEqualTo("2 lines\n");
    assertThat(reported()).containsExactly("ended after 2");
  }

  @ParameterizedTest
  @ValueSource(strings = {"io_uring", "epoll"})
  void shouldReadAndWriteFilesWhereTheOthersHaveStopped(String engine) throws IOException {
    String script =
        "printf 'a\\nb\\nc\\n' > in; { read x; echo $x; $PROGRAM; echo last; } < in > out 2> err; cat out err";
    CommandResult result = run(engine, "upper", script);
    assertThat(result.output()).isEqualTo("a\nready\nB\nC\nlast\n2 lines\n");
  }

  @ParameterizedTest
  @ValueSource(strings = {"io_uring", "epoll"})
  void shouldReadNothingAndWriteNowhere(String engine) throws IOException {
    CommandResult result = run(engine, "upper", "$PROGRAM < /dev/null > /dev/null");
    assertThat(result.output()).isEmpty();
    assertThat(reported()).containsExactly("ended after 0");
  }

  @ParameterizedTest
  @ValueSource(strings = {"io_uring", "epoll"})
  void shouldShareATerminalWithTheShell(String engine) {
    Loops.run(
        "epoll",
        () -> {
          Command command =
              script(engine, "upper", "stty -echo; $PROGRAM; cat /proc/self/fdinfo/0; echo last");
          try (ChildProcess child = command.onTerminal().start()) {
            assertThat(child.terminal().readLine(1000)).isEqualTo("ready");
            child.terminal().write("one\n");
            assertThat(child.terminal().readLine(1000)).isEqualTo("ONE");
            child.terminal().write("two\n\u0004"); // Ctrl-D: the end
            assertThat(child.terminal().readLine(1000)).isEqualTo("TWO");
            assertThat(child.terminal().readLine(1000)).isEqualTo("2 lines");
            String line = child.terminal().readLine(1000);
            while (line != null && !line.startsWith("flags:")) {
              line = child.terminal().readLine(1000);
            }
            assertThat(line).startsWith("flags:");
            int flags = Integer.parseInt(String.valueOf(line).substring(6).strip(), 8);
            assertThat(flags & NON_BLOCKING).as("non-blocking").isZero();
          }
        });
  }

  @ParameterizedTest
  @ValueSource(strings = {"io_uring", "epoll"})
  void shouldSayThatTheyAreClosedAndStartCommandsAllTheSame(String engine) throws IOException {
    CommandResult ignored = run(engine, "closed", "$PROGRAM <&- >&- 2>&-");
    assertThat(reported())
        .containsExactly(
            "open standard input: EBADF (bad descriptor): this program was started with it closed:"
                + " give it /dev/null",
            "in 0 1 2 3 err",
            "in 0 1 2 3 err",
            "/dev/null /dev/null 0 1 2 3 ");
  }

  @ParameterizedTest
  @ValueSource(strings = {"io_uring", "epoll"})
  void shouldSayThatThereAreTooFewDescriptorsAndLoseNothing(String engine) throws IOException {
    CommandResult ignored = run(engine, "few", "ulimit -n 100; exec $PROGRAM");
    assertThat(reported())
        .containsExactly("loaded", "before true", "ran true", "failures true", "left 0");
  }

  @Test
  void shouldSayWhichEngineToTake() {
    Loops.run(
        "nio",
        () ->
            assertThatThrownBy(StandardStreams::output)
                .isInstanceOf(IoException.class)
                .hasMessageContaining("open standard output: EOPNOTSUPP")
                .hasMessageContaining("use io_uring or epoll"));
  }
}
