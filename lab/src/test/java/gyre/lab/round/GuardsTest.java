package gyre.lab.round;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import gyre.lab.LabException;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What stands between a figure and a verdict. */
class GuardsTest {
  private static final String FASTER = TinyTarget.diff("echo 100", "echo 80");

  private final TinyTarget tiny;

  GuardsTest(@TempDir Path folder) {
    tiny = TinyTarget.in(folder);
  }

  private RoundLog.Entry run(String diff) {
    tiny.answers(diff);
    return tiny.run();
  }

  @Test
  void shouldRefuseADiffOutsideOfTheAllowList() {
    RoundLog.Entry entry = run("--- /dev/null\n+++ b/other.txt\n@@ -0,0 +1 @@\n+x\n");
    assertThat(entry.verdict()).isEqualTo(Verdict.REJECTED);
    assertThat(entry.reason()).contains("it changes other.txt, which is outside");
  }

  @Test
  void shouldSeeAFileThatGitIsToldToIgnore() {
    RoundLog.Entry entry = run("--- /dev/null\n+++ b/bench/Main.class\n@@ -0,0 +1 @@\n+x\n");
    assertThat(entry.verdict()).isEqualTo(Verdict.REJECTED);
    assertThat(entry.reason()).contains("it changes the harness: bench/Main.class");
  }

  @Test
  void shouldRefuseADiffThatLeavesTheTree() {
    RoundLog.Entry entry = run("--- /dev/null\n+++ b/src/../../out.txt\n@@ -0,0 +1 @@\n+x\n");
    assertThat(entry.verdict()).isEqualTo(Verdict.REJECTED);
    assertThat(entry.reason()).contains("does not apply");
  }

  @Test
  void shouldRefuseALink() {
    RoundLog.Entry entry =
        run(
            """
            diff --git a/src/link b/src/link
            new file mode 120000
            --- /dev/null
            +++ b/src/link
            @@ -0,0 +1 @@
            +../bench
            \\ No newline at end of file
            """);
    assertThat(entry.reason()).contains("it makes a link: src/link");
  }

  @Test
  void shouldParkWhatBuildsToTheSame() {
    RoundLog.Entry entry = run(TinyTarget.diff("  echo 100", "  # compiled out\n  echo 100"));
    assertThat(entry.verdict()).isEqualTo(Verdict.PARKED);
    assertThat(entry.reason()).contains("what is built is the same");
  }

  @Test
  void shouldParkWhatDidNotRun() {
    RoundLog.Entry entry = run(TinyTarget.diff("echo 1\n}", "echo 2\n}"));
    assertThat(entry.verdict()).isEqualTo(Verdict.PARKED);
    assertThat(entry.reason()).contains("none of what it changes ran: never");
  }

  @Test
  void shouldCallNotMeasurableWhatIsBelowTheNoise() {
    // The base against itself differs by a tenth; the change gains a twentieth.
    tiny.put("checkout/bench/bench.sh", "");
    tiny.target("bench.sh cost", "bench.sh cost; expr 3 + $RUN % 7 >/dev/null");
    tiny.target(
        "sh bench/bench.sh cost\"",
        ". $BUILD/work.sh; echo time $(($(cost) * (10 + RUN * RUN % 3)))\"");
    RoundLog.Entry entry = run(TinyTarget.diff("echo 100", "echo 95"));
    assertThat(entry.verdict()).isEqualTo(Verdict.PARKED);
    assertThat(entry.reason()).startsWith("not measurable: work gained");
  }

  @Test
  void shouldRejectWhatGainsNothing() {
    RoundLog.Entry entry = run(TinyTarget.diff("echo 100", "echo $((100))"));
    assertThat(entry.verdict()).isEqualTo(Verdict.REJECTED);
    assertThat(entry.reason()).startsWith("not measurable: work gained");
  }

  @Test
  void shouldParkWhatMovesTheControl() {
    RoundLog.Entry entry = run(TinyTarget.diff("echo 100", "echo 80", "echo 500", "echo 400"));
    assertThat(entry.verdict()).isEqualTo(Verdict.PARKED);
    assertThat(entry.reason()).contains("the control still moved by");
  }

  @Test
  void shouldParkWhatIsNotExplainedByAProfile() {
    tiny.target("echo share cost $(cost).0", "exit 3");
    RoundLog.Entry entry = run(FASTER);
    assertThat(entry.verdict()).isEqualTo(Verdict.PARKED);
    assertThat(entry.reason()).contains("no profile of both");
  }

  @Test
  void shouldParkWhereTheProfileShowsNoShift() {
    tiny.target("echo share cost $(cost).0", "echo share cost 50.0");
    RoundLog.Entry entry = run(FASTER);
    assertThat(entry.verdict()).isEqualTo(Verdict.PARKED);
    assertThat(entry.reason()).contains("the profile shows no shift");
  }

  @Test
  void shouldNotRaceWhatDoesNotBuild() {
    RoundLog.Entry entry = run(TinyTarget.diff("echo 100", "echo 80)"));
    assertThat(entry.verdict()).isEqualTo(Verdict.REJECTED);
    assertThat(entry.reason()).contains("a: it does not build").contains("b: no usable diff");
  }

  @Test
  void shouldLeaveOutWhatShowsNoFigure() {
    tiny.answers(FASTER);
    tiny.implementation("b", TinyTarget.diff("echo 100", "[ -n \"${RUN-}\" ] || echo 100"));
    assertThat(tiny.run().verdict()).as(tiny.said()).isEqualTo(Verdict.ACCEPTED);
    assertThat(tiny.read("home/log/EXP-001/variants.json")).contains("not-raced");
  }

  @Test
  void shouldNotRaceAnotherArtifactThanWasJudged() {
    tiny.answers(FASTER);
    String id = tiny.start(Step.LIGHT);
    String built = "work/EXP-001/builds/a/work.sh";
    tiny.put(built, tiny.read(built).replace("echo 80", "echo 60"));
    tiny.resume(id, Step.DONE);
    RoundLog.Entry entry = RoundLog.entry(tiny.log().folder(id)).orElseThrow();
    assertThat(entry.verdict()).isEqualTo(Verdict.REJECTED);
    assertThat(entry.reason()).contains("built as a is not what an earlier step worked on");
    assertThat(tiny.log().problems()).isEmpty();
  }

  @Test
  void shouldNotTakeFiguresOfABaseThatWasChanged() {
    tiny.answers(FASTER);
    String id = tiny.start(Step.LIGHT);
    String built = "work/EXP-001/builds/base/work.sh";
    tiny.put(built, tiny.read(built).replace("echo 100", "echo 300"));
    tiny.resume(id, Step.DONE);
    assertThat(RoundLog.entry(tiny.log().folder(id)).orElseThrow().reason())
        .contains("built as base is not what an earlier step worked on");
  }

  @Test
  void shouldSeeWhatRewritesItselfWhileItIsRaced() {
    RoundLog.Entry entry =
        run(TinyTarget.diff("echo 100", "[ $RUN -lt 3 ] || echo >>$BUILD/work.sh; echo 80"));
    assertThat(entry.verdict()).isEqualTo(Verdict.REJECTED);
    assertThat(entry.reason()).contains("built as a was changed while it was judged");
  }

  @Test
  void shouldNotGoOnWithAnotherIdeaDiffOrFigure() {
    tiny.answers(FASTER);
    String id = tiny.start(Step.RACE);
    for (String file : List.of("answers/propose-a.md", "variants/a.diff", "race.json")) {
      String before = tiny.read("home/log/EXP-001/" + file);
      tiny.put("home/log/EXP-001/" + file, before + " ");
      assertThatThrownBy(() -> tiny.resume(id, Step.DONE))
          .isInstanceOf(LabException.class)
          .hasMessageContaining(file + " is not as an earlier step left it");
      tiny.put("home/log/EXP-001/" + file, before);
    }
    tiny.resume(id, Step.DONE);
    assertThat(tiny.log().entries())
        .extracting(RoundLog.Entry::verdict)
        .containsExactly(Verdict.ACCEPTED);
  }

  @Test
  void shouldAcceptNothingByAPartOfTheFullGate() {
    tiny.target(
        "test $(engine_one) = right\"\n", "test $(engine_one) = right\"\nsets = [\"quick\"]\n");
    tiny.answers(FASTER);
    tiny.gates("quick");
    String id = tiny.start(Step.RACE);
    tiny.resume(id, Step.DONE);
    RoundLog.Entry entry = RoundLog.entry(tiny.log().folder(id)).orElseThrow();
    assertThat(entry.verdict()).isEqualTo(Verdict.PARKED);
    assertThat(entry.reason()).contains("only the set 'quick' was run");
    assertThat(tiny.read("home/log/EXP-001/full.json"))
        .contains("engine-one")
        .doesNotContain("leaks");
    assertThat(tiny.read("home/log/EXP-001/entry.md")).contains("of which the set 'quick'");
    assertThat(tiny.log().problems()).isEmpty();
    tiny.gates("none");
    assertThatThrownBy(() -> tiny.start(Step.DONE)).hasMessageContaining("sets: all, quick");
  }

  @Test
  void shouldSealTheProgramsThatMeasure() {
    tiny.target(
        "artifacts = [\"work.sh\"]\n", "artifacts = [\"work.sh\"]\nprograms = [\"meter/**\"]\n");
    RoundLog.Entry entry =
        run(
            TinyTarget.diff(
                "echo 100",
                "echo 80",
                "at_build() {\n  :",
                "at_build() {\n  mkdir $BUILD/meter; echo x >$BUILD/meter/m"));
    assertThat(entry.verdict()).isEqualTo(Verdict.REJECTED);
    assertThat(entry.reason()).contains("the harness was changed: $BUILD/meter/m");
  }

  @Test
  void shouldNotLetTheChairTakeWhatWasRefused() {
    tiny.answers(FASTER);
    tiny.proposal("a", "less-work", "cost", "By magic it falls");
    RoundLog.Entry entry = tiny.run();
    assertThat(entry.verdict()).isEqualTo(Verdict.NONE);
    assertThat(entry.reason())
        .contains("the chair chose a, which was refused: non-starter magic: there is none");
  }
}
