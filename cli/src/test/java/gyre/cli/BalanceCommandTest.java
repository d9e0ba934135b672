package gyre.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import picocli.CommandLine;

/** {@code gyre balance} as it is typed. */
@Timeout(60)
class BalanceCommandTest {
  @TempDir private Path directory;

  private int code;

  /** What is printed. */
  private String run(String... arguments) {
    StringWriter text = new StringWriter();
    PrintWriter writer = new PrintWriter(text);
    CommandLine line = Main.commandLine().setOut(writer).setErr(writer);
    code = line.execute(arguments);
    return text.toString();
  }

  private String file(String text) throws Exception {
    Path file = directory.resolve("balance.toml");
    Files.writeString(file, text);
    return file.toString();
  }

  @Test
  void shouldCheckAFile() throws Exception {
    String right =
        file("[listen.a]\naddress=\":0\"\npool=\"a\"\n[pool.a]\ntargets=[\"10.0.0.1:80\"]\n");
    assertThat(run("balance", "check", right)).contains("ListenConfig[a").endsWith("is right\n");
    assertThat(code).isZero();
    String wrong =
        file("[listen.a]\naddress=\":0\"\npool=\"b\"\n[pool.a]\ntargets=[\"10.0.0.1:80\"]\n");
    assertThat(run("balance", "check", wrong))
        .contains("balance.toml:3: listen.a.pool \"b\" is no pool; there are: a");
    assertThat(code).isEqualTo(1);
  }

  @Test
  void shouldSayWhatIsMissing() {
    assertThat(run("balance"))
        .contains(
            "where to listen and at least one target are missing, for example: :8080 10.0.0.1:80");
    assertThat(code).isEqualTo(2);
    assertThat(run("balance", ":8080", "nonsense")).contains("\"nonsense\" is not HOST:PORT");
    assertThat(run("balance", "example.org:80", "10.0.0.1:80"))
        .contains("needs an address of this machine");
    assertThat(run("balance", "--config", "x.toml", ":80")).contains("not both");
  }

  @Test
  void shouldSayWhatACommandNeeds() {
    assertThat(run("balance", "ctl", "fly"))
        .contains("unknown command 'fly'; commands: add, drain, events, list");
    assertThat(run("balance", "ctl", "weight", "web/a")).contains("weight needs: target weight");
    assertThat(run("balance", "ctl", "add", "web", "10.0.0.1:80", "x"))
        .contains("'x' is not KEY=VALUE");
    assertThat(run("balance", "ctl", "--control", directory.resolve("none").toString(), "list"))
        .contains("is a balancer running with it?");
    assertThat(code).isEqualTo(1);
  }
}
