package gyre.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.File;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Path;
import java.util.List;
import java.util.Objects;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import picocli.CommandLine;

@Timeout(120)
class ProfileCommandTest {
  private String out = "";
  private String err = "";

  private int run(String... arguments) {
    StringWriter output = new StringWriter();
    StringWriter errors = new StringWriter();
    CommandLine line = Main.commandLine();
    line.setOut(new PrintWriter(output, true));
    line.setErr(new PrintWriter(errors, true));
    int code = line.execute(arguments);
    out = output.toString();
    err = errors.toString();
    return code;
  }

  @Test
  void shouldProfileACommandAndEndIt(@TempDir Path folder) {
    String[] words = {
      "profile", "--seconds", "0.3", "--output", folder.toString(), "--", "sleep", "600"
    };
    assertThat(run(words)).as(err).isZero();
    assertThat(out).contains("sleep 600", "verdict: idle", "1  cycle budget", "4  system calls");
    assertThat(ProcessHandle.current().children().filter(ProcessHandle::isAlive)).isEmpty();
  }

  @Test
  void shouldLeaveNoFolderOfAProcessThatIsNotThere() {
    List<String> before = folders();
    assertThat(run("profile", "999999998")).isEqualTo(1);
    assertThat(folders()).isEqualTo(before);
  }

  private static List<String> folders() {
    String[] names =
        new File(System.getProperty("java.io.tmpdir"))
            .list((folder, name) -> name.startsWith("gyre-profile-999999998-"));
    return List.of(Objects.requireNonNull(names));
  }

  @Test
  void shouldSayWhatIsWrongWithArguments() {
    assertThat(run("profile")).isEqualTo(2);
    assertThat(run("profile", "--seconds", "0", "1")).isEqualTo(2);
    assertThat(run("profile", "999999999", "--seconds", "0.3")).isEqualTo(1);
    assertThat(err).contains("there is no process 999999999");
    assertThat(run("profile", "--", "/no/such/program")).isEqualTo(2);
    assertThat(err).contains("can't be started");
  }
}
