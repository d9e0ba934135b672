package gyre.lab.round;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assumptions.assumeThat;

import gyre.lab.LabException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.LocalDate;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Whole rounds on a tiny project, with answers that are replayed. */
class RoundTest {
  private static final String FASTER = TinyTarget.diff("echo 100", "echo 80");

  private final Path folder;
  private final TinyTarget tiny;

  RoundTest(@TempDir Path folder) {
    this.folder = folder;
    tiny = TinyTarget.in(folder.resolve("tiny"));
  }

  @Test
  void shouldAcceptWhatIsFasterAndExplained() {
    tiny.real();
    tiny.answers(FASTER);
    RoundLog.Entry entry = tiny.run();
    assertThat(entry.verdict()).as(tiny.said()).isEqualTo(Verdict.ACCEPTED);
    assertThat(entry.reason())
        .contains("work gained 19.9 %")
        .contains("cost fell from 100.0 to 80.0 %");
    assertThat(tiny.read("home/log/EXP-001/entry.md"))
        .contains(
            "engine-three: unavailable (probe: exit code 1: this machine has no third engine)")
        .contains("| work | target | 0.799 |")
        .contains("| propose-a | replay | replay | unknown | unknown | unknown |");
    assertThat(tiny.read("home/SUMMARY.md")).contains("1 rounds: 1 accepted, 0 rejected");
    assertThat(tiny.read("home/README.md")).contains("1 rounds: 1 accepted").endsWith("-->\ny\n");
    assertThat(tiny.read("home/memory/MEMORY.md"))
        .contains("[EXP-001](EXP-001.md): tiny, accepted");
    assertThat(tiny.log().problems()).isEmpty();
    assertThat(tiny.said()).contains("git apply");
  }

  @Test
  void shouldTakeTheBestOfThree() {
    tiny.answers(FASTER);
    tiny.implementation("b", TinyTarget.diff("echo 100", "echo 70"));
    tiny.implementation("c", TinyTarget.diff("echo 100", "echo 90"));
    assertThat(tiny.run().verdict()).as(tiny.said()).isEqualTo(Verdict.ACCEPTED);
    assertThat(tiny.read("home/log/EXP-001/best.txt")).isEqualTo("b");
  }

  @Test
  void shouldGoOnAfterEachStepAsIfNothingHadHappened() throws IOException {
    TinyTarget whole = TinyTarget.in(folder.resolve("whole"));
    whole.answers(FASTER);
    whole.run();
    tiny.answers(FASTER);
    String id = tiny.start(Step.BASELINE);
    int number = 0;
    for (Step step : Step.values()) {
      if (step != Step.BASELINE && step != Step.DONE) {
        if (++number % 3 == 0) {
          Tree.delete(tiny.path("work/EXP-001/trees")); // may be cleaned away in between
          Tree.delete(tiny.path("work/EXP-001/base.ready"));
          Tree.delete(tiny.path("work/EXP-001/a.ready"));
        }
        tiny.resume(id, step);
      }
    }
    for (String file : List.of("entry.md", "variants.json", "full.json", "state.json")) {
      String name = "home/log/EXP-001/" + file;
      assertThat(withoutPlaces(tiny.read(name))).isEqualTo(withoutPlaces(whole.read(name)));
    }
    assertThat(tiny.read("home/ledger.tsv")).isEqualTo(whole.read("home/ledger.tsv"));
    assertThatThrownBy(() -> tiny.resume(id, Step.DONE))
        .isInstanceOf(LabException.class)
        .hasMessageContaining("is over");
  }

  private static String withoutPlaces(String text) {
    return text.replaceAll("[0-9a-f]{12,64}", "HASH");
  }

  @Test
  void shouldDoAStepAgainThatWasCutOff() throws IOException {
    tiny.answers(FASTER);
    Files.delete(tiny.path("answers/propose-c.md"));
    assertThatThrownBy(() -> tiny.start(Step.DONE))
        .isInstanceOf(LabException.class)
        .hasMessageContaining("no answer to replay for propose-c");
    assertThat(tiny.log().entries()).isEmpty();
    assertThat(tiny.log().summary()).contains("1 in progress");
    tiny.proposal("c", "other-work", "never", "never falls");
    tiny.answer("propose-a", "something else, which nobody asks for again");
    tiny.resume("EXP-001", Step.DONE);
    assertThat(tiny.log().entries())
        .extracting(RoundLog.Entry::verdict)
        .containsExactly(Verdict.ACCEPTED);
    assertThat(tiny.log().ledger().rows("EXP-001")).hasSize(7);
  }

  /** {@code /dev/full} answers as a disk that has no room. */
  @Test
  void shouldGoOnWhenAFullDiskHasRoomAgain() throws IOException {
    tiny.answers(FASTER);
    String id = tiny.start(Step.BASELINE);
    Path full = Path.of("/dev/full");
    assumeThat(full).exists();
    Map<String, Step> cut =
        Map.of("profile.txt", Step.PROFILE, "state.json", Step.PROPOSE, "full.json", Step.DONE);
    for (String file : List.of("profile.txt", "state.json", "full.json")) {
      Path beside = tiny.path("home/log/EXP-001/" + file + ".tmp");
      Files.createSymbolicLink(beside, full);
      assertThatThrownBy(() -> tiny.resume(id, Objects.requireNonNull(cut.get(file))))
          .isInstanceOf(LabException.class)
          .hasMessageContaining("cannot write ")
          .hasMessageContaining(file)
          .hasMessageContaining("No space left on device");
      assertThat(tiny.said()).endsWith("./gyre lab round resume EXP-001\n");
      Files.delete(beside);
    }
    tiny.resume(id, Step.DONE);
    assertThat(tiny.log().entries())
        .extracting(RoundLog.Entry::verdict)
        .containsExactly(Verdict.ACCEPTED);
    assertThat(tiny.log().ledger().rows(id)).hasSize(7);
    assertThat(tiny.log().problems()).isEmpty();
  }

  @Test
  void shouldGoOnBehindARowOfTheLedgerThatWasCut() throws IOException {
    tiny.answers(FASTER);
    String id = tiny.start(Step.PROPOSE);
    Path ledger = tiny.path("home/ledger.tsv");
    Files.writeString(ledger, Files.readString(ledger) + "EXP-001\tchair\trep");
    tiny.resume(id, Step.DONE);
    assertThat(tiny.log().ledger().rows(id)).hasSize(7);
    assertThat(tiny.read("home/log/EXP-001/entry.md")).contains("| chair | replay |");
  }

  /** A program that is killed within a pipe of the shell leaves nothing, and exit code 0. */
  @Test
  void shouldAskAgainWhereNothingWasAnswered() {
    tiny.answers(FASTER);
    tiny.answer("propose-b", "\n");
    assertThatThrownBy(() -> tiny.start(Step.DONE))
        .isInstanceOf(LabException.class)
        .hasMessageContaining("answered propose-b with nothing");
    assertThat(tiny.said()).contains("EXP-001: cut off in step propose; what is done stays");
    tiny.proposal("b", "other-work", "never", "never falls");
    tiny.resume("EXP-001", Step.PROPOSE);
    assertThat(tiny.read("home/log/EXP-001/answers/propose-b.md")).contains("never falls");
  }

  @Test
  void shouldNotGoOnByOtherRulesThanItBeganWith() {
    tiny.answers(FASTER);
    String id = tiny.start(Step.BASELINE);
    tiny.target("bench.sh cost", "bench.sh leaked");
    assertThatThrownBy(() -> tiny.resume(id, Step.DONE))
        .isInstanceOf(LabException.class)
        .hasMessageContaining("are not those that EXP-001 began with");
  }

  @Test
  void shouldTakeTheProfileOfAnEarlierRoundOnlyAsThatLeftIt() {
    tiny.answers(FASTER);
    String first = tiny.start(Step.PROFILE);
    String profile = tiny.read("home/log/" + first + "/profile.txt");
    tiny.put("home/log/" + first + "/profile.txt", profile.replace("cost 100", "cost 999"));
    String second = tiny.start(Step.PROFILE);
    assertThat(tiny.read("home/log/" + second + "/profile.txt")).isEqualTo(profile);
  }

  @Test
  void shouldNotTryTwiceWhatWasTriedToAnEnd() {
    tiny.answers(FASTER);
    assertThat(tiny.run().verdict()).isEqualTo(Verdict.ACCEPTED);
    RoundLog.Entry again = tiny.run();
    assertThat(again.id()).isEqualTo("EXP-002");
    assertThat(again.verdict()).isEqualTo(Verdict.NONE);
    assertThat(again.reason()).contains("was tried before");
    tiny.log().revoke("EXP-001", "it was noise", LocalDate.of(2026, 1, 3));
    assertThat(tiny.read("home/SUMMARY.md"))
        .contains("2 rounds: 0 accepted, 0 rejected, 0 parked, 1 revoked, 1 without")
        .contains("2026-01-03: it was noise");
    assertThat(tiny.log().problems()).isEmpty();
  }

  @Test
  void shouldEndWithNoneWhereTheChairSaysSo() {
    tiny.answers(FASTER);
    tiny.answer("chair", "winner: none\nreasoning: nothing is worth it\n");
    RoundLog.Entry entry = tiny.run();
    assertThat(entry.verdict()).isEqualTo(Verdict.NONE);
    assertThat(entry.reason()).isEqualTo("the chair chose none: nothing is worth it");
    assertThat(tiny.log().problems()).isEmpty();
  }
}
