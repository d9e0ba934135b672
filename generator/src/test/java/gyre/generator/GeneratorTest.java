package gyre.generator;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

class GeneratorTest {
  record Cell(ProgramKind program, Target target, ProjectOptions options) {}

  static Stream<Cell> cells() {
    return Stream.of(ProgramKind.values())
        .flatMap(kind -> Stream.of(Target.values()).flatMap(target -> cells(kind, target)));
  }

  /** Plain, with each option that is offered, and with all of them. */
  private static Stream<Cell> cells(ProgramKind kind, Target target) {
    if (!Generator.offers(kind, target)) {
      return Stream.of();
    }
    ProjectOptions plain = ProjectOptions.defaults();
    ProjectOptions all = plain;
    List<ProjectOptions> options = new ArrayList<>(List.of(plain));
    for (Feature feature : Generator.features(kind, target)) {
      options.add(with(plain, feature));
      all = with(all, feature);
    }
    options.add(all);
    return options.stream().map(each -> new Cell(kind, target, each));
  }

  private static ProjectOptions with(ProjectOptions options, Feature feature) {
    return switch (feature) {
      case FRAMING -> options.framing(Framing.LENGTH);
      case TLS -> options.tls(true);
      case METRICS -> options.metrics(true);
      case TESTS -> options.tests(true);
    };
  }

  @TempDir Path directory;

  @ParameterizedTest
  @MethodSource("cells")
  void shouldFillEveryPlaceOfEveryTemplate(Cell cell) {
    Project project = Generator.project(cell.program(), cell.target(), "some-name", cell.options());

    assertThat(project.files()).containsKey("README.md");
    project
        .files()
        .forEach((path, text) -> {
          assertThat(path).doesNotContain("{{", "..").doesNotStartWith("/");
          assertThat(text).as(path).doesNotContain("{{").endsWith("\n").doesNotContain("\t\n");
        });
    assertThat(project.files().values()).anyMatch(text -> text.contains("some-name"));
  }

  @Test
  void shouldOfferSomething() {
    assertThat(cells()).hasSizeGreaterThanOrEqualTo(4);
  }

  @Test
  void shouldSayWhyAProgramIsNotOfferedAndForWhatItIs() {
    assertThatThrownBy(() -> Generator.project(ProgramKind.TIMER_WHEEL, Target.KQUEUE, "a"))
        .isInstanceOf(GeneratorException.class)
        .hasMessageContaining("timer-wheel is not offered for kqueue: ")
        .hasMessageContaining("it is for ");
  }

  @Test
  void shouldSayWhyAnOptionIsNotOffered() {
    ProjectOptions options = ProjectOptions.defaults().framing(Framing.LENGTH);

    assertThatThrownBy(() -> Generator.project(ProgramKind.TCP_ECHO, Target.EPOLL, "echo", options))
        .isInstanceOf(GeneratorException.class)
        .hasMessageContaining("--framing is not offered for tcp-echo on epoll: an echo has no");
  }

  @Test
  void shouldHaveTemplatesForWhatIsOfferedAndForNothingElse() {
    for (ProgramKind kind : ProgramKind.values()) {
      for (Target target : Target.values()) {
        assertThat(Template.isThere(kind, target))
            .as(kind.label() + " for " + target.label())
            .isEqualTo(Generator.offers(kind, target));
      }
    }
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "offer tcp-echo",
        "offer tcp-echo vms :",
        "offer tcp-echo gyre : speed",
        "refuse tls * * :",
        "refuse speed * * : no",
        "allow tcp-echo gyre",
        "offer tcp-echo gyre :\noffer tcp-echo gyre :"
      })
  void shouldNotReadAMatrixWithFaults(String matrix) {
    assertThatThrownBy(() -> Matrix.parse(matrix)).hasMessageContaining("cannot be read");
  }

  @Test
  void shouldTellTheFirstReasonThatCovers() {
    Matrix matrix =
        Matrix.parse(
            """
            offer tcp-echo gyre : metrics
            refuse tls * epoll,io_uring : first
            refuse tls * * : second
            refuse program timer-wheel * : third
            """);

    assertThat(matrix.features(ProgramKind.TCP_ECHO, Target.GYRE)).containsExactly(Feature.METRICS);
    assertThat(matrix.offers(ProgramKind.TCP_ECHO, Target.EPOLL)).isFalse();
    Optional<Feature> tls = Optional.of(Feature.TLS);
    assertThat(matrix.reason(tls, ProgramKind.TCP_SERVER, Target.EPOLL)).isEqualTo("first");
    assertThat(matrix.reason(tls, ProgramKind.TCP_SERVER, Target.MIO)).isEqualTo("second");
    assertThat(matrix.reason(Optional.empty(), ProgramKind.TIMER_WHEEL, Target.MIO))
        .isEqualTo("third");
    assertThat(matrix.reason(Optional.empty(), ProgramKind.TCP_ECHO, Target.MIO)).isNotEmpty();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "A",
        "1a",
        "a--b",
        "-a",
        "a-",
        "a b",
        "a/b",
        "..",
        "a\"",
        "é",
        "test",
        "src",
        "deps",
        "makefile",
        "install",
        "nul"
      })
  void shouldRefuseNamesThatABuildToolWouldNotTake(String name) {
    assertThatThrownBy(() -> Generator.project(ProgramKind.TCP_ECHO, Target.EPOLL, name))
        .isInstanceOf(GeneratorException.class)
        .hasMessageContaining("'" + name + "'");
  }

  @Test
  void shouldWriteWhatIsNewAndLeaveAloneWhatIsThere() throws IOException {
    Project project = Generator.project(ProgramKind.TCP_ECHO, Target.EPOLL, "echo");
    assertThat(project.write(directory, false))
        .allMatch(change -> change.kind() == FileChange.Kind.NEW);
    assertThat(project.write(directory, false))
        .allMatch(change -> change.kind() == FileChange.Kind.SAME);
    Path makefile = directory.resolve("Makefile");
    String mine = Files.readString(makefile).replace("-O2", "-O3");
    Files.writeString(makefile, mine);
    Files.delete(directory.resolve("README.md"));

    assertThatThrownBy(() -> project.write(directory, false)).hasMessageContaining("--force");
    assertThat(makefile).hasContent(mine);
    assertThat(directory.resolve("README.md")).doesNotExist();
    assertThat(project.compare(directory))
        .filteredOn(change -> change.kind() == FileChange.Kind.DIFFERS)
        .singleElement()
        .satisfies(change ->
            assertThat(change.diff())
                .startsWith("--- Makefile\n+++ Makefile (generated)\n@@ -1,4 +1,4 @@\n")
                .contains("-CFLAGS ?= -O3\n+CFLAGS ?= -O2\n"));

    List<FileChange> forced = project.write(directory, true);

    assertThat(forced).anyMatch(change -> change.kind() == FileChange.Kind.DIFFERS);
    assertThat(Files.readString(makefile)).isEqualTo(project.files().get("Makefile"));
  }

  /** As a disk that is full would; what can't be written here is that folder's name. */
  @Test
  void shouldKeepWhatIsThereWhereTheNewCannotBeWritten() throws IOException {
    Files.createDirectories(directory.resolve(".Makefile.new/in-the-way"));
    Files.writeString(directory.resolve("Makefile"), "mine\n");
    Project project = Generator.project(ProgramKind.TCP_ECHO, Target.EPOLL, "echo");

    assertThatThrownBy(() -> project.write(directory, true))
        .isInstanceOf(GeneratorException.class)
        .hasMessageContaining("cannot write " + directory.resolve("Makefile"));
    assertThat(directory.resolve("Makefile")).hasContent("mine\n");
  }

  @Test
  void shouldLeaveNothingBesideTheProject() throws IOException {
    Project project = Generator.project(ProgramKind.TCP_ECHO, Target.EPOLL, "echo");
    assertThat(project.write(directory, false)).isNotEmpty();
    try (Stream<Path> files = Files.walk(directory)) {
      assertThat(files.filter(Files::isRegularFile)).hasSize(project.files().size());
    }
  }

  @Test
  void shouldSayWhatIsInTheWay() throws IOException {
    Files.createDirectory(directory.resolve("README.md"));
    Project project = Generator.project(ProgramKind.TCP_ECHO, Target.EPOLL, "echo");

    assertThatThrownBy(() -> project.write(directory, true))
        .hasMessageContaining("README.md is no file");
  }

  @Test
  void shouldPrintEachChangeWithWhatStandsAroundIt() {
    String before = "a\nb\nc\nd\ne\nf\ng\nh\ni\nj\nk\nl\nm\nn\n";

    String diff =
        LineDiff.of(Path.of("x"), before, before.replace("c\n", "C\n").replace("m\n", "M\nM2\n"));

    assertThat(diff)
        .isEqualTo(
            """
            --- x
            +++ x (generated)
            @@ -1,6 +1,6 @@
             a
             b
            -c
            +C
             d
             e
             f
            @@ -10,5 +10,6 @@
             j
             k
             l
            -m
            +M
            +M2
             n
            """);
  }
}
