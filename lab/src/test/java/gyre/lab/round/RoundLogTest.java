package gyre.lab.round;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import gyre.lab.Home;
import gyre.lab.WrongInputException;
import java.nio.file.Path;
import java.time.LocalDate;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class RoundLogTest {
  private static final LocalDate DATE = LocalDate.of(2026, 1, 3);

  private final TinyTarget tiny;

  RoundLogTest(@TempDir Path folder) {
    tiny = TinyTarget.in(folder);
  }

  @Test
  void shouldAgreeInWhatIsCommitted() {
    RoundLog committed = new RoundLog(Home.find().root().resolve("lab/rounds"));
    assertThat(committed.problems()).isEmpty();
  }

  @Test
  void shouldReadTheTargetsThatAreCommitted() {
    RoundLog committed = new RoundLog(Home.find().root().resolve("lab/rounds"));
    for (String name : java.util.List.of("gyre", "libevent")) {
      Target target =
          TargetFile.read(committed.targets(), name, java.util.Optional.of(Path.of("/somewhere")));
      assertThat(Rules.read(target.rules()).techniques()).as(name).isNotEmpty();
    }
  }

  @Test
  void shouldNeverGiveAnIdTwice() {
    assertThat(tiny.log().create().id()).isEqualTo("EXP-001");
    assertThat(tiny.log().create().id()).isEqualTo("EXP-002");
    Tree.delete(tiny.path("home/log/EXP-002"));
    tiny.put("home/ledger.tsv", Ledger.HEAD + "\nEXP-002\tpropose\n");
    assertThat(tiny.log().create().id()).isEqualTo("EXP-003");
    tiny.put("home/memory/EXP-041.md", "x");
    assertThat(tiny.log().create().id()).isEqualTo("EXP-042");
  }

  @Test
  void shouldSeeCountsThatWereEdited() {
    entry("EXP-001", "rejected");
    tiny.log().refresh();
    assertThat(tiny.log().problems()).isEmpty();
    tiny.put("home/README.md", tiny.read("home/README.md").replace("1 rejected", "2 rejected"));
    tiny.put("home/SUMMARY.md", tiny.read("home/SUMMARY.md") + "more\n");
    assertThat(tiny.log().problems())
        .anyMatch(problem -> problem.startsWith("SUMMARY.md is not"))
        .anyMatch(problem -> problem.startsWith("the counts of README.md"));
    assertThat(tiny.rounds().check()).isFalse();
    tiny.rounds().summarize();
    assertThat(tiny.rounds().check()).isTrue();
  }

  @Test
  void shouldSeeAnEntryThatNobodyCounted() {
    tiny.log().refresh();
    entry("EXP-001", "rejected");
    assertThat(tiny.log().problems()).isNotEmpty();
  }

  @Test
  void shouldSeeAMemoryThatLeadsNowhere() {
    tiny.log().memory().put("EXP-001", "a line", "text");
    tiny.log().refresh();
    assertThat(tiny.log().problems()).isEmpty();
    Tree.delete(tiny.path("home/memory/EXP-001.md"));
    tiny.put("home/memory/lonely.md", "x");
    assertThat(tiny.log().problems())
        .containsExactly(
            "MEMORY.md names EXP-001.md, which is not there", "lonely.md is not in MEMORY.md");
  }

  @Test
  void shouldSeeAnAcceptanceWithoutEvidence() {
    entry("EXP-001", "accepted");
    tiny.log().refresh();
    assertThat(tiny.log().problems()).containsExactly("EXP-001 is accepted without evidence.json");
  }

  @Test
  void shouldSeeAnEntryThatNoRoundHasWritten() {
    entry("EXP-001", "rejected");
    Tree.delete(tiny.path("home/log/EXP-001/state.json"));
    tiny.log().refresh();
    assertThat(tiny.log().problems()).singleElement().asString().contains("no state.json");
  }

  /** Entry and state agree with each other, and not with the figures. */
  @Test
  void shouldCountAVerdictAgainThatSomebodyWrote() {
    tiny.answers(TinyTarget.diff("echo 100", "echo 120"));
    assertThat(tiny.run().verdict()).isEqualTo(Verdict.REJECTED);
    assertThat(tiny.log().problems()).isEmpty();
    for (String file : new String[] {"entry.md", "state.json"}) {
      String name = "home/log/EXP-001/" + file;
      tiny.put(name, tiny.read(name).replace("rejected", "accepted"));
    }
    tiny.log().refresh();
    assertThat(tiny.log().problems())
        .anyMatch(problem ->
            problem.startsWith("EXP-001 says 'accepted: work got worse by 19.9 %")
                && problem.contains("but counted again it is 'rejected: work got worse by 19.9 %"))
        .anyMatch(problem -> problem.startsWith("EXP-001: entry.md is not as the round left it"));
  }

  @Test
  void shouldSeeFiguresGatesAndDiffsThatWereChangedLater() {
    tiny.answers(TinyTarget.diff("echo 100", "echo 80"));
    assertThat(tiny.run().verdict()).isEqualTo(Verdict.ACCEPTED);
    assertThat(tiny.log().problems()).isEmpty();
    String log = "home/log/EXP-001/";
    String race = tiny.read(log + "race.json");
    tiny.put(log + "race.json", race.replace("800.0", "990.0").replace("801.0", "991.0"));
    assertThat(tiny.log().problems())
        .anyMatch(problem -> problem.contains("counted again it is 'parked: not measurable"))
        .anyMatch(problem -> problem.contains("race.json is not as the round left it"));
    tiny.put(log + "race.json", race);
    String full = tiny.read(log + "full.json");
    tiny.put(log + "full.json", full.replace("\"leaks\"", "\"leek\""));
    assertThat(tiny.log().problems())
        .anyMatch(
            problem -> problem.contains("counted again it is 'rejected: gates were left out"));
    tiny.put(log + "full.json", full);
    tiny.put(log + "variants/a.diff", "");
    assertThat(tiny.log().problems()).singleElement().asString().contains("variants/a.diff");
  }

  @Test
  void shouldSayWhichArtifactAndIdeaAnEntryIsOf() {
    tiny.answers(TinyTarget.diff("echo 100", "echo 80"));
    String entry = tiny.read("home/log/" + tiny.run().id() + "/entry.md");
    String proposal = tiny.read("home/log/EXP-001/answers/propose-a.md");
    byte[] bytes = proposal.getBytes(java.nio.charset.StandardCharsets.UTF_8);
    assertThat(entry)
        .contains("- proposal: `" + Seal.hash(bytes) + "`")
        .containsPattern("- a, as built, gated and raced: `[0-9a-f]{64}`")
        .containsPattern("- base, as built: `[0-9a-f]{64}`");
  }

  @Test
  void shouldRevokeOnlyWhatWasAcceptedAndWithAReason() {
    entry("EXP-001", "rejected");
    entry("EXP-002", "accepted");
    assertThatThrownBy(() -> tiny.log().revoke("EXP-001", "x", DATE))
        .isInstanceOf(WrongInputException.class)
        .hasMessageContaining("is rejected, so nothing can be revoked");
    assertThatThrownBy(() -> tiny.log().revoke("EXP-002", " ", DATE))
        .isInstanceOf(WrongInputException.class);
    assertThatThrownBy(() -> tiny.log().revoke("../EXP-002", "x", DATE))
        .isInstanceOf(WrongInputException.class);
    tiny.log().revoke("EXP-002", "the control had moved", DATE);
    assertThat(tiny.log().summary()).contains("0 accepted, 1 rejected, 0 parked, 1 revoked");
    assertThat(tiny.read("home/log/EXP-002/entry.md")).contains("accepted");
    assertThat(tiny.read("home/memory/MEMORY.md")).contains("revoked: the control had moved");
  }

  private void entry(String id, String verdict) {
    tiny.put(
        "home/log/" + id + "/entry.md",
        "# %s · tiny · %s · 2026-01-02%n%nwhy%n".formatted(id, verdict));
    new RoundState(
            "tiny",
            "0",
            "0",
            "2026-01-02",
            3,
            Target.ALL_GATES,
            Step.DONE,
            java.util.Optional.of(new Ruling(Verdict.named(verdict), "why")))
        .write(tiny.log().folder(id));
  }
}
