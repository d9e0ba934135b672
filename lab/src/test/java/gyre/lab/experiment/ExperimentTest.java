package gyre.lab.experiment;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import gyre.lab.LabException;
import gyre.lab.experiment.Judgement.Outcome;
import gyre.lab.experiment.Proposal.Decision;
import gyre.lab.result.Entry;
import gyre.lab.result.Latency;
import gyre.lab.result.Probe;
import gyre.lab.result.Sample;
import gyre.lab.result.Spread;
import gyre.lab.workload.Workload;
import gyre.lab.workload.Workloads;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.LocalDate;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ExperimentTest {
  private static final LocalDate DATE = LocalDate.of(2026, 1, 2);
  private static final Workload WORKLOAD = Workloads.quick().getFirst();

  @Test
  void shouldTakeForNoiseWhatTheBaseDoesAgainstItself() {
    double noise = Judgement.noise(Spread.of(List.of(0.98, 1.0, 1.02, 1.0)));
    assertThat(noise).isBetween(0.01, 0.0101);
    assertThat(Judgement.noise(Spread.of(List.of(1.04, 1.05, 1.06)))).isGreaterThan(0.05);
  }

  @Test
  void shouldTakeTheRoundsOfAllLegsAsOne() {
    List<Entry> joined = Legs.joined(List.of(entry(1, 2)), List.of(entry(3)));
    joined = Legs.joined(joined, List.of(entry(4, 5)));
    assertThat(joined.getFirst().samples())
        .extracting(Sample::round)
        .containsExactly(0, 1, 2, 3, 4);
    assertThat(joined.getFirst().samples())
        .extracting(Sample::visit)
        .containsExactly(0, 0, 1, 2, 2); // no visit has rounds of two legs
    assertThat(joined.getFirst().samples())
        .extracting(Sample::cpuNanos)
        .containsExactly(1L, 2L, 3L, 4L, 5L);
    Entry failed =
        new Entry(WORKLOAD, "", "base", List.of(), Probe.NONE, Entry.Status.FAILED, "ended");
    assertThat(Legs.joined(joined, List.of(failed))).containsExactly(failed);
  }

  @Test
  void shouldDecideWithinALegWhichRoundsCount() {
    Entry calm = entry(1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13);
    Entry disturbed = disturbed(calm, 0); // all of it
    Entry mixed = disturbed(calm, 12); // the last round
    List<Entry> joined = Legs.joined(List.of(), List.of(disturbed));
    joined = Legs.joined(joined, List.of(mixed));
    assertThat(joined.getFirst().counted()).hasSize(13 + 12);
  }

  private static Entry disturbed(Entry entry, int from) {
    List<Sample> samples =
        entry.samples().stream()
            .map(sample ->
                sample.at(
                    new Sample.Place(
                        new Sample.Moment(sample.round() / 4, sample.round(), 0),
                        0,
                        sample.round() >= from)))
            .toList();
    return new Entry(WORKLOAD, "", "base", samples, Probe.NONE, Entry.Status.MEASURED, "");
  }

  private static Entry entry(long... cpuNanos) {
    List<Sample> samples = new ArrayList<>();
    for (long nanos : cpuNanos) {
      Sample sample = Sample.unplaced(1, 1, nanos, 0, -1, -1, 0, Latency.empty());
      samples.add(
          sample.at(
              new Sample.Place(
                  new Sample.Moment(samples.size() / 4, samples.size(), 0), 0, false)));
    }
    return new Entry(WORKLOAD, "", "base", samples, Probe.NONE, Entry.Status.MEASURED, "");
  }

  @Test
  void shouldCallBetterOnlyWhatBeatsTheBaseBothTimes() {
    assertThat(outcome(0.95, 0.96)).isEqualTo(Outcome.IMPROVED);
    assertThat(outcome(0.95, 0.99)).isEqualTo(Outcome.NOISE);
    assertThat(outcome(1.05, 1.04)).isEqualTo(Outcome.REGRESSED);
    assertThat(Judgement.outcome(Spread.NONE, Spread.of(List.of(0.9)), 0.02))
        .isEqualTo(Outcome.UNKNOWN);
  }

  private static Outcome outcome(double toBase, double toAgain) {
    return Judgement.outcome(Spread.of(List.of(toBase)), Spread.of(List.of(toAgain)), 0.02);
  }

  @Test
  void shouldAcceptOnlyIfSomethingImprovesAndNothingRegresses() {
    assertThat(proposal("a", Outcome.IMPROVED, Outcome.NOISE).decision())
        .isEqualTo(Decision.ACCEPTED);
    assertThat(proposal("b", Outcome.IMPROVED, Outcome.REGRESSED).decision())
        .isEqualTo(Decision.REJECTED);
    assertThat(proposal("c", Outcome.NOISE).decision()).isEqualTo(Decision.REJECTED);
  }

  private static Proposal proposal(String name, Outcome... outcomes) {
    List<Judgement> judgements =
        Arrays.stream(outcomes)
            .map(o -> new Judgement("w", Spread.of(List.of(0.9)), 0.01, o, 50, 40, 0.1, 0.1))
            .toList();
    return new Proposal(
        name, "a change", DATE, "abc", "def", judgements, List.of("from here to there"), "");
  }

  @Test
  void shouldOnlyEverAddToTheLog(@TempDir Path folder) throws IOException {
    Log log = new Log(folder);
    log.add(proposal("first", Outcome.IMPROVED));
    String before = Files.readString(folder.resolve("EXPERIMENTS.md"));
    log.add(
        new Proposal(
            "second", "a change", DATE, "abc", "def", List.of(), List.of(), "does not compile"));
    assertThat(Files.readString(folder.resolve("EXPERIMENTS.md")))
        .startsWith(before)
        .contains("## second · 2026-01-02 · failed")
        .contains("does not compile");
    assertThat(Files.readString(folder.resolve("SUMMARY.md")))
        .contains("2 run: 1 accepted, 0 rejected, 1 failed")
        .contains("- second (2026-01-02)");
  }

  @Test
  void shouldGiveANameOnce(@TempDir Path folder) {
    Log log = new Log(folder);
    log.add(proposal("taken", Outcome.NOISE));
    assertThatThrownBy(() -> log.checkFree("taken"))
        .isInstanceOf(LabException.class)
        .hasMessageContaining("another name");
    assertThatThrownBy(() -> log.checkFree("no name")).isInstanceOf(LabException.class);
    log.checkFree("free");
  }
}
