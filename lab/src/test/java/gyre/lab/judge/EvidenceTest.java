package gyre.lab.judge;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Whoever reads that something failed is told at which step, and sees what was said there. */
@Timeout(60)
class EvidenceTest {
  private static final String UNREAD = "ends quietly when nobody reads it any more";

  @TempDir Path folder;

  private static Subject script(String text) {
    return Subject.of(List.of("bash", "-c", text));
  }

  @Test
  void shouldShowWhatAProgramSaidBeforeItFailed() {
    TimerJudge judge = new TimerJudge(script("echo 'out of luck' >&2; exit 3"));
    assertThat(judge.judge("ends with 0 at SIGTERM")).contains("it said: out of luck");
    assertThat(new TimerJudge(script("exit 3")).judge("ends with 0 at SIGTERM"))
        .isNotEmpty()
        .doesNotContain("it said");
  }

  @Test
  void shouldStillReadWhatAProgramSaysWhenItIsToEnd() {
    Subject draining =
        script(
            "trap 'echo draining >&2; kill $!; exit 1' TERM; sleep 600 & read a; echo fired a; wait");
    assertThat(new TimerJudge(draining).judge("ends with 0 at SIGTERM"))
        .contains("it exited with 1", "it said: draining");
  }

  @Test
  void shouldNotBlameOneCheckForWhatWasSaidInAnother() throws Exception {
    LastWords words = new LastWords();
    Process early = new ProcessBuilder("bash", "-c", "read a; echo early >&2").start();
    words.follow(early);
    words.clear();
    Process late = new ProcessBuilder("bash", "-c", "echo late >&2").start();
    words.follow(late);
    early.getOutputStream().close();
    assertThat(early.waitFor()).isZero();
    assertThat(words.lines()).containsExactly("late");
  }

  /** Of two lines it tells of the first, as the judge expects; then nobody reads the second. */
  private static TimerJudge unread(String atTheEnd) {
    return new TimerJudge(
        script("trap '' PIPE; read a; read b; echo fired a; read c; " + atTheEnd));
  }

  @Test
  void shouldFindWhoComplainsThatNobodyReads() {
    assertThat(unread("echo fired c 2>/dev/null; exit 0").judge(UNREAD)).isEmpty();
    assertThat(unread("echo fired c 2>/dev/null; exit 1").judge(UNREAD)).contains("exited with 1");
    assertThat(unread("echo fired c; exit 0").judge(UNREAD)).contains("it complains", "it said: ");
    assertThat(unread("kill -PIPE $$; trap - PIPE; kill -PIPE $$").judge(UNREAD)).isEmpty();
  }

  private List<String> failure(Duration limit, List<String> step) throws InterruptedException {
    List<String> told = new ArrayList<>();
    assertThat(Steps.run(folder, List.of(List.of("true"), step), limit, told::add)).isFalse();
    return told;
  }

  @Test
  void shouldSayWhichStepFailedAndTheEndOfWhatItPrinted() throws InterruptedException {
    List<String> told =
        failure(Duration.ofMinutes(1), List.of("bash", "-c", "seq 1000; echo no >&2; exit 7"));
    assertThat(told).contains("999", "1000", "no").doesNotContain("1", "700");
    assertThat(told)
        .anyMatch(line -> line.contains("exit code 7") && line.contains("only the end"));
    assertThat(told).anyMatch(line -> line.startsWith("FAILED: bash -c"));
    assertThat(told.getLast()).isEqualTo("in " + folder);
  }

  @Test
  void shouldKillAStepThatHangsAndWhatItHasStarted() throws InterruptedException {
    List<String> told = failure(Duration.ofMillis(300), List.of("bash", "-c", "sleep 600; true"));
    assertThat(told).anyMatch(line -> line.contains("killed"));
  }

  @Test
  void shouldSayThatAToolIsMissing() throws InterruptedException {
    List<String> told = failure(Duration.ofMinutes(1), List.of("./no-such-tool"));
    assertThat(told).anyMatch(line -> line.contains("no-such-tool"));
  }
}
