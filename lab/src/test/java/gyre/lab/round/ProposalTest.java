package gyre.lab.round;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What is refused by code, whatever an agent was told. */
class ProposalTest {
  private static final String GOOD =
      """
      Here is my idea:

      PROPOSAL
      **technique:** less-work
      symbol: `cost`, never
      hypothesis: it falls
        by a fifth
      expected: 20 %
      files: src/work.sh
      confidence: High
      reasoning: yes
      """;

  private final Target target;
  private final Rules rules;
  private Profile profile = Profile.parse("share cost 90.5\nkernel 12");

  ProposalTest(@TempDir Path folder) {
    TinyTarget.in(folder);
    target = TargetFile.read(folder.resolve("home/targets"), "tiny", Optional.of(folder));
    rules = Rules.read(target.rules());
  }

  private String refusal(String what, String with) {
    Proposal proposal = Proposal.parse("a", GOOD.replace(what, with));
    return proposal.refusal(target, rules, profile, Set.of("less-work tried")).orElse("");
  }

  @Test
  void shouldReadWhatIsWellSaid() {
    Proposal proposal = Proposal.parse("a", GOOD);
    assertThat(proposal.symbols()).containsExactly("cost", "never");
    assertThat(proposal.hypothesis()).isEqualTo("it falls\n  by a fifth");
    assertThat(refusal("x", "x")).isEmpty();
  }

  @Test
  void shouldRefuseWhatTheRulesForbid() {
    assertThat(refusal("less-work", "hope")).contains("'hope' is not in the playbook");
    assertThat(refusal("`cost`", "frozen_solid")).contains("frozen_solid is known to be cold");
    assertThat(refusal("`cost`", "unheard")).contains("neither in the manifest nor in the profile");
    assertThat(refusal("it falls", "MAGIC it falls")).contains("non-starter magic");
    assertThat(refusal("`cost`, never", "tried")).contains("was tried before");
    assertThat(refusal("src/work.sh", "bench/bench.sh")).contains("outside of what may be changed");
    assertThat(refusal("src/work.sh", "src/../bench/x")).contains("outside of what may be changed");
    assertThat(refusal("src/work.sh", "/etc/passwd")).contains("outside of what may be changed");
    assertThat(refusal("hypothesis", "hypothese")).contains("does not say");
  }

  @Test
  void shouldRefuseConfidenceThatTheProfileDoesNotShow() {
    profile = Profile.parse("kernel 12");
    assertThat(refusal("x", "x")).contains("high confidence needs a symbol that the profile shows");
  }

  @Test
  void shouldReadTheFirstFencedDiff() {
    String diff = "--- a/x\n+++ b/x\n@@ -1 +1 @@\n-a\n+b\n";
    assertThat(Asking.diff("summary: s\n```diff\n" + diff + "```\nthanks\n")).contains(diff);
    assertThat(Asking.diff("```sh\nls\n```\n```\ndiff --git a/x b/x\n" + diff + "```\n"))
        .contains("diff --git a/x b/x\n" + diff);
    assertThat(Asking.diff("no diff: it cannot be done")).isEmpty();
  }
}
