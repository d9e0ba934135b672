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
  void shouldSeeAnAcceptanceWithoutProfile() {
    entry("EXP-001", "accepted");
    tiny.log().refresh();
    assertThat(tiny.log().problems())
        .containsExactly(
            "EXP-001 is accepted without profile.txt",
            "EXP-001 is accepted without profile-after.txt",
            "EXP-001 is accepted without full.json");
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
  }
}
