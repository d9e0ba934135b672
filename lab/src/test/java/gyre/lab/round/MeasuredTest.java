package gyre.lab.round;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;

class MeasuredTest {
  private static final Target.Criteria CRITERIA = new Target.Criteria(3, 2, 1, 1, 3);

  @Test
  void shouldKnowHowFarAMedianMayBeFromTheTruth() {
    assertThat(Measured.of(3, 1, 2)).isEqualTo(new Measured(2, 1, 3)); // of few nothing is left out
    assertThat(Measured.of(1, 2, 3, 4, 5, 6, 7, 8, 9, 100)).isEqualTo(new Measured(5.5, 2, 9));
    assertThat(Measured.of(0.9, 1, 1.02).floor()).isEqualTo(0.1, within(1e-9));
  }

  @Test
  void shouldCompareRoundByRoundSinceMachinesChangeTheirSpeed() {
    Measured ratio = Measured.ratio(List.of(90.0, 180.0, 900.0), List.of(100.0, 200.0, 1000.0));
    assertThat(ratio.median()).isEqualTo(0.9, within(1e-9));
    assertThat(ratio.halfWidth()).isEqualTo(0, within(1e-9));
  }

  @Test
  void shouldBelieveOnlyWhatBeatsTheBaseBothTimes() {
    // The base itself was slower the first time: of 10 % gained, 5 are what is left.
    assertThat(row(List.of(95.0, 95.0, 95.0), List.of(105.5, 105.5, 105.5)).gain())
        .isEqualTo(0.05, within(1e-3));
    assertThat(row(List.of(95.0, 95.0, 95.0), List.of(94.0, 94.0, 94.0)).gain()).isZero();
  }

  private static RaceResult.Row row(List<Double> ours, List<Double> again) {
    List<Double> base = List.of(100.0, 100.0, 100.0);
    RaceResult result =
        new RaceResult(Map.of("w", Map.of("base", base, "base-again", again, "a", ours)));
    return RaceResult.of(result.json()).row("w", Target.Role.TARGET, "a", 0);
  }

  private static RaceResult.Row row(Target.Role role, double gain, double loss) {
    return new RaceResult.Row(role.name(), role, gain, loss, 0.015, 1 + loss - gain);
  }

  private static String verdict(double gain, double guardLoss, double controlGain) {
    return Judge.rule(
            List.of(
                row(Target.Role.TARGET, gain, 0),
                row(Target.Role.GUARD, 0, guardLoss),
                row(Target.Role.CONTROL, controlGain, 0)),
            CRITERIA)
        .map(Ruling::toString)
        .orElse("goes on");
  }

  @Test
  void shouldJudgeByTheCriteria() {
    assertThat(verdict(0.05, 0, 0)).isEqualTo("goes on");
    assertThat(verdict(0.05, 0.02, 0)).startsWith("rejected: GUARD got worse by 2.0 %");
    assertThat(verdict(0.05, 0.012, 0)).isEqualTo("goes on"); // within the noise
    assertThat(verdict(0.05, 0, 0.05)).startsWith("parked: the control CONTROL moved by 5.0 %");
    assertThat(verdict(0.012, 0, 0)).startsWith("parked: not measurable");
    assertThat(verdict(0.005, 0, 0)).startsWith("rejected: not measurable");
    assertThat(verdict(0.018, 0, 0)).startsWith("parked: TARGET gained 1.8 %, less than the 2.0 %");
  }

  @Test
  void shouldFindNothingOutWhereNothingCouldBeSeen() {
    RaceResult.Row blind = new RaceResult.Row("w", Target.Role.TARGET, 0, 0, 0.5, 1);
    assertThat(Judge.rule(List.of(blind), CRITERIA).map(Ruling::verdict)).contains(Verdict.PARKED);
  }

  @Test
  void shouldNotLetNoisePassAGuard() {
    RaceResult.Row gained = row(Target.Role.TARGET, 0.05, 0);
    for (Target.Role role : List.of(Target.Role.GUARD, Target.Role.CONTROL, Target.Role.TARGET)) {
      // Half as slow again would be within this noise, so that it is not seen says nothing.
      RaceResult.Row noisy = new RaceResult.Row("noisy", role, 0, 0.4, 0.5, 1.4);
      assertThat(Judge.rule(List.of(gained, noisy), CRITERIA).map(Ruling::toString))
          .hasValueSatisfying(ruling ->
              assertThat(ruling)
                  .startsWith("parked: not measurable: noisy has a noise of 50.0 %")
                  .contains("more than the 3.0 %"));
      RaceResult.Row calm = new RaceResult.Row("calm", role, 0, 0, 0.03, 1);
      assertThat(Judge.rule(List.of(gained, calm), CRITERIA)).isEmpty();
      RaceResult.Row unknown = new RaceResult.Row("lost", role, 0, 0, Double.NaN, 1);
      assertThat(Judge.rule(List.of(gained, unknown), CRITERIA).map(Ruling::verdict))
          .contains(Verdict.PARKED);
    }
  }

  @Test
  void shouldStillRejectWhatIsWorseThanAnyNoise() {
    RaceResult.Row gained = row(Target.Role.TARGET, 0.05, 0);
    RaceResult.Row worse = new RaceResult.Row("w", Target.Role.GUARD, 0, 0.6, 0.5, 1.6);
    assertThat(Judge.rule(List.of(gained, worse), CRITERIA).map(Ruling::verdict))
        .contains(Verdict.REJECTED);
  }

  @Test
  void shouldFindTheLinesThatADiffChanges() {
    String diff =
        """
        --- a/src/x.c
        +++ b/src/x.c
        @@ -3 +3,2 @@ f
        -a
        +b
        +c
        @@ -9,2 +9,0 @@
        -d
        -e
        """;
    assertThat(ChangedSymbols.lines(diff))
        .containsExactly(Map.entry(Path.of("src/x.c"), Set.of(3, 4, 9, 10)));
  }

  @Test
  void shouldSeeWhatFellInAProfile() {
    Profile before = Profile.parse("share a::b 12.5\nshare a::c 3\ncalls epoll_ctl 2.0\nkernel 60");
    assertThat(before.bottleneck()).startsWith("system calls: 60 %");
    Profile after = Profile.parse("share a::b 12.4\nshare a::c 1\ncalls epoll_ctl 1.0\nidle 70");
    assertThat(after.bottleneck()).startsWith("waiting");
    assertThat(before.shift(after, List.of("a::b", "a::c")))
        .containsExactly(
            "a::c fell from 3.0 to 1.0 %", "epoll_ctl fell from 2.000 to 1.000 an operation");
    assertThat(before.shift(Profile.parse("nothing"), List.of("x"))).isEmpty();
    // A look that was not possible the second time explains nothing.
    assertThat(before.shift(Profile.parse("share a::b 12.5\nshare a::c 3"), List.of("a::b")))
        .isEmpty();
    assertThat(before.shift(Profile.parse("calls epoll_ctl 2.0"), List.of("a::b"))).isEmpty();
  }
}
