package gyre.lab.round;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * A gate is worth what it can refuse: in each round a diff that would be accepted, as it is faster
 * by a fifth, has a fault planted in it, and has to be refused for that.
 */
class PlantedFaultsTest {
  private static final String SLOW = "echo 100";
  private static final String FAST = "echo 80";

  private final TinyTarget tiny;

  PlantedFaultsTest(@TempDir Path folder) {
    tiny = TinyTarget.in(folder);
  }

  private RoundLog.Entry run(String diff) {
    tiny.answers(diff);
    return tiny.run();
  }

  @Test
  void shouldRefuseADeadlock() {
    tiny.target("limit-seconds = 60", "limit-seconds = 2");
    RoundLog.Entry entry =
        run(TinyTarget.diff(SLOW, FAST, "loop() {\n  :", "loop() {\n  sleep 600"));
    assertThat(entry.verdict()).isEqualTo(Verdict.REJECTED);
    assertThat(entry.reason()).contains("gate suite failed: not over after 2 s");
  }

  @Test
  void shouldRefuseALeak() {
    RoundLog.Entry entry = run(TinyTarget.diff(SLOW, FAST, "echo 0", "echo 3"));
    assertThat(entry.verdict()).isEqualTo(Verdict.REJECTED);
    assertThat(entry.reason()).startsWith("gate leaks failed");
  }

  @Test
  void shouldRefuseAnEngineThatIsWrongThoughTheMeasuredOneIsRight() {
    RoundLog.Entry entry =
        run(
            TinyTarget.diff(
                SLOW, FAST, "engine_two() {\n  echo right", "engine_two() {\n  echo wrong"));
    assertThat(entry.verdict()).isEqualTo(Verdict.REJECTED);
    assertThat(entry.reason()).startsWith("gate engine-two failed");
    assertThat(tiny.read("home/log/EXP-001/full.json"))
        .contains("\"engine-one\"")
        .contains("\"outcome\":\"failed\"");
  }

  @Test
  void shouldRefuseASlowDown() {
    RoundLog.Entry entry = run(TinyTarget.diff(SLOW, "echo 120"));
    assertThat(entry.verdict()).isEqualTo(Verdict.REJECTED);
    assertThat(entry.reason()).startsWith("work got worse by 19.9 %").contains("noise of 1.0 %");
  }

  @Test
  void shouldRefuseAnEditOfTheHarness() {
    String bench = tiny.read("checkout/bench/bench.sh");
    String edit = TinyTarget.whole("bench/bench.sh", bench, bench.replace("* 10", "* 5"));
    RoundLog.Entry entry = run(TinyTarget.diff(SLOW, FAST) + edit);
    assertThat(entry.verdict()).isEqualTo(Verdict.REJECTED);
    assertThat(entry.reason()).contains("it changes the harness: bench/bench.sh");
  }

  @Test
  void shouldRefuseAnEditOfTheHarnessWhileItIsBuilt() {
    // Ignored by git, so that only the hashes of the files can see it.
    RoundLog.Entry entry =
        run(
            TinyTarget.diff(
                SLOW,
                FAST,
                "at_build() {\n  :",
                "at_build() {\n  echo 'echo time 1' >>bench/bench.sh;"
                    + " git update-index --assume-unchanged bench/bench.sh"));
    assertThat(entry.verdict()).isEqualTo(Verdict.REJECTED);
    assertThat(entry.reason()).contains("the harness was changed: bench/bench.sh");
  }

  @Test
  void shouldRefuseAnEditOfTheHarnessWhileItIsRaced() {
    RoundLog.Entry entry =
        run(TinyTarget.diff(SLOW, "[ $RUN -lt 3 ] || echo '# x' >>bench/bench.sh; echo 80"));
    assertThat(entry.verdict()).isEqualTo(Verdict.REJECTED);
    assertThat(entry.reason()).contains("the harness was changed: bench/bench.sh");
  }

  @Test
  void shouldTakeForFailedWhatSaysThatItsCommandIsNotThere() {
    tiny.target(". $BUILD/work.sh; test $(engine_two) = right", "env ENGINE=two no_such_function");
    RoundLog.Entry entry = run(TinyTarget.diff(SLOW, FAST));
    assertThat(entry.verdict()).isEqualTo(Verdict.REJECTED);
    assertThat(entry.reason()).startsWith("gate engine-two failed: exit code 127");
  }

  @Test
  void shouldNotDoWithoutARequiredGate() {
    tiny.target("required = true", "required = true\nprobe = \"false\"");
    RoundLog.Entry entry = run(TinyTarget.diff(SLOW, FAST));
    assertThat(entry.verdict()).isEqualTo(Verdict.REJECTED);
    assertThat(entry.reason()).startsWith("gate leaks is required, and not here");
  }
}
