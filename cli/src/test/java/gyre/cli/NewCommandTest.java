package gyre.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import picocli.CommandLine;

class NewCommandTest {
  @TempDir Path folder;

  private final StringWriter said = new StringWriter();

  private int run(String... arguments) {
    PrintWriter writer = new PrintWriter(said, true);
    CommandLine line = Main.commandLine().setOut(writer).setErr(writer);
    String[] all = new String[arguments.length + 1];
    all[0] = "new";
    System.arraycopy(arguments, 0, all, 1, arguments.length);
    return line.execute(all);
  }

  private String inFolder(String name) {
    return folder.resolve(name).toString();
  }

  @ParameterizedTest
  @ValueSource(strings = {"my echo", "écho", "7echo", "echo_server", "src", "..."})
  void shouldSayWhoseNameIsWrongAndHowToGiveAnother(String name) {
    assertThat(run("tcp-echo", "--for", "epoll", inFolder(name))).isEqualTo(2);
    assertThat(said.toString()).contains("'" + name + "'", "--name gives the project another one");
    assertThat(folder).isEmptyDirectory();
    assertThat(run("tcp-echo", "--for", "epoll", "--name", "echo", inFolder(name))).isZero();
    assertThat(folder.resolve(name).resolve("Makefile")).content().startsWith("CFLAGS");
  }

  @Test
  void shouldNotWriteIntoTheRootOfAllForWantOfAName() {
    assertThat(run("tcp-echo", "--for", "epoll", "/")).isEqualTo(2);
    assertThat(said.toString()).contains("'' is no name", "--name");
  }

  @Test
  void shouldNotHintAtAnotherNameWhereOneWasGiven() {
    assertThat(run("tcp-echo", "--for", "epoll", "--name=-x", inFolder("echo"))).isEqualTo(2);
    assertThat(said.toString()).contains("'-x' is no name").doesNotContain("the directory's");
  }

  /** To a Java program its name is no word of the language. */
  @Test
  void shouldTakeAKeyword() {
    assertThat(run("tcp-echo", "--for", "gyre", "--metrics", inFolder("class"))).isZero();
    assertThat(folder.resolve("class/pom.xml")).content().contains("<artifactId>class<");
  }

  @Test
  void shouldSayThatAFileIsInTheWay() throws IOException {
    Path file = Files.writeString(folder.resolve("echo"), "mine");
    assertThat(run("tcp-echo", "--for", "epoll", file.toString())).isEqualTo(1);
    assertThat(said.toString()).contains(file + " is a file, and should be a directory");
    assertThat(file).hasContent("mine");
  }

  @Test
  void shouldShowWhatDiffersBeforeItIsForced() throws IOException {
    String directory = inFolder("echo");
    assertThat(run("tcp-echo", "--for", "epoll", directory)).isZero();
    Path makefile = folder.resolve("echo/Makefile");
    Files.writeString(makefile, "mine\n");

    assertThat(run("tcp-echo", "--for", "epoll", directory)).isEqualTo(1);
    assertThat(said.toString()).contains("-mine\n", "nothing was written (--force does it)");
    assertThat(makefile).hasContent("mine\n");

    assertThat(run("tcp-echo", "--for", "epoll", "--force", directory)).isZero();
    assertThat(said.toString()).contains("replaced " + makefile);
    assertThat(makefile).content().startsWith("CFLAGS");
  }

  @Test
  void shouldNotJudgeAllWhereSomethingElseWasMeant() {
    for (List<String> more :
        List.of(List.of("--tls"), List.of("tcp-echo", inFolder("x")), List.of("--force"))) {
      String[] all = new String[more.size() + 1];
      all[0] = "--verify-all";
      System.arraycopy(more.toArray(), 0, all, 1, more.size());
      assertThat(run(all)).as(more.toString()).isEqualTo(2);
    }
    assertThat(said.toString()).contains("--verify-all takes PROGRAM");
  }
}
