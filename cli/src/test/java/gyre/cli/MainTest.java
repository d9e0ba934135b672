package gyre.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.PrintWriter;
import java.io.StringWriter;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import picocli.CommandLine;

class MainTest {
  private final StringWriter out = new StringWriter();
  private final StringWriter err = new StringWriter();

  private int run(String... arguments) {
    CommandLine commandLine = Main.commandLine();
    return commandLine
        .setOut(new PrintWriter(out, true))
        .setErr(new PrintWriter(err, true))
        .execute(arguments);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "--frob | gyre: unknown option '--frob'; options: --help, --version",
        "serve --lisen=1 | gyre serve: unknown option '--lisen=1'; options: --access-log,"
            + " --echo, --engine, --files, --help, --listen, --listing, --loops, --proxy-protocol,"
            + " --tls, --trust, --trust-field, --version, --websocket-echo",
        "serve here | gyre serve: unexpected 'here'; options: --access-log, --echo, --engine,"
            + " --files, --help, --listen, --listing, --loops, --proxy-protocol, --tls, --trust,"
            + " --trust-field, --version, --websocket-echo",
        "serve --trust 10/8 | gyre serve: --trust: '10/8' is no block of addresses like"
            + " 10.0.0.0/8: four numbers from 0 to 255 are needed",
        "serve --trust 10.0.0.1 | gyre serve: --trust needs HTTP: --files DIR or --websocket-echo",
        "serve --files . --trust-field x | gyre serve: --trust-field: 'x' is neither forwarded nor"
            + " x-forwarded",
        "serve --files . --trust-field forwarded | gyre serve: --trust-field needs --trust"
            + " ADDRESSES",
        "serve --engine kqueue | gyre serve: Invalid value for option '--engine': 'kqueue' is not"
            + " an engine; engines: auto, io_uring, epoll, nio",
        "serve --loops 0 | gyre serve: --loops: 0 is not from 1 to 1024",
        "serve --loops x | gyre serve: Invalid value for option '--loops': 'x' is not an int",
        "sim --seeds 0 | gyre sim: --seeds: 0 is not at least 1",
        "sim --seeds many | gyre sim: Invalid value for option '--seeds': 'many' is not a long",
        "sim --jobs 0 | gyre sim: --jobs: 0 is not at least 1",
        "sim --minutes -1 | gyre sim: --minutes: -1.0 is not more than 0",
        "sim --trace | gyre sim: --trace needs --seed",
        "sim --only 3 | gyre sim: --only needs --seed",
      })
  void shouldSayInOneLineWhatWouldBeRight(String arguments, String line) {
    assertThat(run(arguments.split(" "))).isEqualTo(2);
    assertThat(err.toString()).isEqualToIgnoringNewLines(line).hasLineCount(1);
    assertThat(out.toString()).isEmpty();
  }

  @Test
  void shouldListTheCommandsWhereNoneOrAWrongOneIsGiven() {
    String commands = String.join(", ", Main.commandLine().getSubcommands().keySet());
    assertThat(commands).contains("serve", "test");
    assertThat(run()).isEqualTo(2);
    assertThat(run("frob")).isEqualTo(2);
    assertThat(err.toString().lines())
        .containsExactly(
            "gyre: a command is missing; commands: " + commands,
            "gyre: unknown command 'frob'; commands: " + commands);
  }

  @Test
  void shouldRefuseAnAddressWithoutPort() {
    assertThat(run("serve", "--listen", "localhost")).isEqualTo(2);
    assertThat(err.toString())
        .startsWith("gyre serve: Invalid value for option '--listen': 'localhost' is not HOST:PORT")
        .hasLineCount(1);
  }

  @Test
  void shouldPrintHelpOfEveryCommand() {
    for (String name : Main.commandLine().getSubcommands().keySet()) {
      assertThat(run(name, "--help")).isZero();
      assertThat(out.toString()).contains("Usage: gyre " + name);
    }
    assertThat(err.toString()).isEmpty();
  }

  @Test
  void shouldListEachCommandWithAWholeSentence() {
    assertThat(sentences(Main.commandLine())).hasSizeGreaterThan(30).allMatch(s -> s.endsWith("."));
  }

  /** What lists of commands show of each: the first element of its description, and no more. */
  private static List<String> sentences(CommandLine parent) {
    return parent.getSubcommands().values().stream()
        .flatMap(child ->
            Stream.concat(
                Stream.of(child.getCommandSpec().usageMessage().description()[0]),
                sentences(child).stream()))
        .toList();
  }

  @Test
  void shouldNoticeArgumentsThatTheJvmCouldNotRead() {
    assertThat(Main.isMisread(List.of("queue", "enqueue", "SELECT '\uFFFD'"), "ANSI_X3.4-1968"))
        .isTrue();
    assertThat(Main.isMisread(List.of("queue", "enqueue", "SELECT 1"), "ANSI_X3.4-1968")).isFalse();
    assertThat(Main.isMisread(List.of("SELECT '\u00e9\uFFFD'"), "UTF-8")).isFalse();
  }

  @Test
  void shouldPrintItsVersion() {
    assertThat(run("--version")).isZero();
    assertThat(out.toString()).startsWith("gyre ").contains("JDK " + Runtime.version());
  }
}
