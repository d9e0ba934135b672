package gyre.examples;

import static org.assertj.core.api.Assertions.assertThat;

import gyre.Loop;
import gyre.io.ByteStream;
import gyre.process.ChildProcess;
import gyre.process.Command;
import gyre.process.CommandResult;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The example {@code clock}, in a pseudo-terminal. */
@Timeout(120)
class ClockTest {
  private static final String ENTER_SCREEN = "\u001b[?1049h";
  private static final String LEAVE_SCREEN = "\u001b[?1049l";

  private final StringBuilder seen = new StringBuilder();

  /** A shell sets the size, and tells when the clock has ended and the terminal is as before. */
  private static ChildProcess start(String engine) {
    String script =
        "stty cols 90 rows 30; old=$(stty -g); \"$@\"; echo ended $?;"
            + " test \"$old\" = \"$(stty -g)\" && echo restored";
    Command clock = Program.of(Clock.class, engine);
    Command shell =
        Command.of("sh", "-c", script, "sh").arguments(clock.all().toArray(String[]::new));
    return shell
        .environment("TERM", "xterm-256color")
        .environment("TZ", "Africa/Abidjan") // is GMT all year
        .timeout(clock.timeout())
        .onTerminal()
        .start();
  }

  /** Reads on until that is there; the pseudo-terminal tells that all of its users have ended. */
  private void await(ChildProcess child, String wanted) {
    ByteStream terminal = child.terminal();
    while (seen.indexOf(wanted) < 0) {
      assertThat(terminal.await(1)).as("%s in: %s", wanted, seen).isTrue();
      int bytes = (int) terminal.input().size();
      seen.append(terminal.input().readString(bytes, StandardCharsets.ISO_8859_1));
    }
  }

  private void awaitEnd(ChildProcess child) {
    await(child, "ended 0");
    await(child, "restored");
    assertThat(seen.indexOf("ended")).isGreaterThan(seen.indexOf(LEAVE_SCREEN));
    assertThat(child.await().code()).isZero();
  }

  @ParameterizedTest
  @ValueSource(strings = {"io_uring", "epoll"})
  void shouldShowTheTimeOnTheFullScreenAndEndInOrder(String engine) {
    try (Loop loop = Loop.open()) {
      loop.run(() -> {
        try (ChildProcess child = start(engine)) {
          await(child, "u UTC  q end");
          assertThat(seen)
              .contains(ENTER_SCREEN)
              .contains("90x30")
              .containsPattern("\\d\\d:\\d\\d");
          child.terminal().write("q");
          awaitEnd(child);
        }
      });
    }
  }

  @Test
  void shouldDrawAnewWhenTheSizeChanges() {
    try (Loop loop = Loop.open()) {
      loop.run(() -> {
        try (ChildProcess child = start("auto")) {
          await(child, "90x30");
          Path device = Files.readSymbolicLink(Path.of("/proc", child.number() + "", "fd/0"));
          Command resize = Command.of("stty", "-F", device + "", "cols", "100", "rows", "35");
          assertThat(resize.run().isSuccess()).isTrue();
          await(child, "100x35");
          child.terminal().write("\u001b"); // Escape, alone
          awaitEnd(child);
        }
      });
    }
  }

  @Test
  void shouldShowUtcAtAKey() {
    try (Loop loop = Loop.open()) {
      loop.run(() -> {
        try (ChildProcess child = start("auto")) {
          await(child, "q end"); // which is the end of a frame
          assertThat(seen).contains("GMT");
          seen.setLength(0);
          child.terminal().write("u");
          await(child, "UTC");
          child.terminal().write("\u0003"); // Ctrl-C
          awaitEnd(child);
        }
      });
    }
  }

  @Test
  void shouldPrintLinesIntoAPipe() {
    try (Loop loop = Loop.open()) {
      CommandResult result = loop.run(() -> Program.of(Clock.class, "auto").run());
      assertThat(result.isSuccess()).isTrue();
      assertThat(result.output()).contains("80x24").doesNotContain("\u001b");
    }
  }
}
