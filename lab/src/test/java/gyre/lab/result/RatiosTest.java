package gyre.lab.result;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.data.Offset.offset;

import java.util.ArrayList;
import java.util.List;
import java.util.function.IntToLongFunction;
import org.junit.jupiter.api.Test;

class RatiosTest {
  /** So many rounds. */
  private static final int VISIT = 4;

  @Test
  void shouldCompareOnlyWithinARound() {
    // The machine got twice as slow in between, for both.
    List<Sample> one = List.of(sample(0, 100), sample(1, 200), sample(2, 210));
    List<Sample> other = List.of(sample(0, 200), sample(1, 400), sample(2, 400));
    Spread ratio = Ratios.pairwise(one, other, Sample::cpuNanosPerOperation);
    assertThat(ratio.median()).isEqualTo(0.5);
    assertThat(ratio.least()).isEqualTo(0.5);
    assertThat(ratio.greatest()).isEqualTo(0.525);
  }

  @Test
  void shouldCompareWithWhatWasMeasuredJustBeforeAndJustAfter() {
    List<Sample> reference =
        List.of(sample(0, 0, 100), sample(0, 2, 300), sample(0, 4, 1000), sample(1, 5, 7));
    assertThat(ratio(sample(0, 1, 200), reference)).isEqualTo(1);
    assertThat(ratio(sample(0, 3, 1300), reference)).isEqualTo(2);
    assertThat(ratio(sample(0, 9, 1000), reference)).isEqualTo(1); // none comes after it
    assertThat(ratio(sample(1, 4, 7), reference)).isEqualTo(1); // none comes before it
    assertThat(ratio(sample(2, 4, 7), reference)).isNaN();
    assertThat(Ratios.pairwise(reference, reference, Sample::cpuNanosPerOperation))
        .isEqualTo(Spread.of(List.of(1.0, 1.0, 1.0, 1.0)));
  }

  private static double ratio(Sample sample, List<Sample> reference) {
    return Ratios.pairwise(List.of(sample), reference, Sample::cpuNanosPerOperation).median();
  }

  @Test
  void shouldGoByWhatNobodyDisturbed() {
    List<Sample> one = new ArrayList<>();
    List<Sample> other = new ArrayList<>();
    for (int round = 0; round < 40; round++) {
      boolean isDisturbed = round % 3 != 0; // 14 are not
      one.add(
          sample(round, 100)
              .at(new Sample.Place(new Sample.Moment(round / VISIT, round, 0), 0, isDisturbed)));
      other.add(
          sample(round, isDisturbed ? 200 : 50)
              .at(new Sample.Place(new Sample.Moment(round / VISIT, round, 0), 0, isDisturbed)));
    }
    Spread ratio = Ratios.pairwise(one, other, Sample::cpuNanosPerOperation);
    assertThat(ratio.count()).isEqualTo(14);
    assertThat(ratio.greatest()).isEqualTo(2);
    assertThat(Sample.counted(one)).hasSize(14);
  }

  @Test
  void shouldGoByAllWhereTooLittleWasInPeace() {
    List<Sample> one = new ArrayList<>();
    for (int round = 0; round < 20; round++) {
      one.add(
          sample(round, 100)
              .at(new Sample.Place(new Sample.Moment(round / VISIT, round, 0), 0, round >= 5)));
    }
    assertThat(Ratios.pairwise(one, one, Sample::cpuNanosPerOperation).count()).isEqualTo(20);
    assertThat(Sample.counted(one)).hasSize(20);
    assertThat(Sample.counted(one.subList(0, 6))).hasSize(5); // few, but nearly all of them
  }

  @Test
  void shouldKnowARatioAsWellAsVisitsAgree() {
    Spread inTurns = inRounds(round -> round % 2 == 0 ? 100 : 120, _ -> 1);
    Spread byVisits = inRounds(round -> round / VISIT % 2 == 0 ? 100 : 120, _ -> 1);
    assertThat(byVisits.median()).isEqualTo(inTurns.median());
    assertThat(byVisits.upper() - byVisits.lower()).isEqualTo(inTurns.upper() - inTurns.lower());
    assertThat(byVisits.uncertainty()).isGreaterThan(1.5 * inTurns.uncertainty());
  }

  @Test
  void shouldKnowARatioAsWellAsTwoProcessesAgree() {
    IntToLongFunction nanos = round -> round < 4 * VISIT ? 100 : 110;
    Spread ofOne = inRounds(nanos, _ -> 1);
    Spread ofTwo = inRounds(nanos, round -> round < 4 * VISIT ? 1 : 2);
    assertThat(ofOne.relativeUncertainty()).isLessThan(0.055); // eight visits hide it
    assertThat(ofTwo.uncertainty()).isCloseTo(0.1, offset(1e-9));
    assertThat(ofTwo.median()).isEqualTo(ofOne.median());
  }

  /** Eight visits. */
  private static Spread inRounds(IntToLongFunction nanos, IntToLongFunction process) {
    List<Sample> one = new ArrayList<>();
    List<Sample> other = new ArrayList<>();
    for (int round = 0; round < 8 * VISIT; round++) {
      Sample.Moment moment = new Sample.Moment(round / VISIT, round, 0);
      Sample.Place place = new Sample.Place(moment, process.applyAsLong(round), false);
      one.add(sample(round, nanos.applyAsLong(round)).at(place));
      other.add(sample(round, 100).at(place));
    }
    return Ratios.pairwise(one, other, Sample::cpuNanosPerOperation);
  }

  @Test
  void shouldLeaveOutRoundsThatOneOfThemMissed() {
    Spread ratio =
        Ratios.pairwise(
            List.of(sample(0, 100), sample(2, 300)),
            List.of(sample(1, 1), sample(2, 100)),
            Sample::cpuNanosPerOperation);
    assertThat(ratio.count()).isEqualTo(1);
    assertThat(ratio.median()).isEqualTo(3);
  }

  @Test
  void shouldKnowNothingOfWhatWasNotMeasured() {
    Spread ratio =
        Ratios.pairwise(
            List.of(sample(0, Sample.UNKNOWN)),
            List.of(sample(0, 100)),
            Sample::cpuNanosPerOperation);
    assertThat(ratio.isKnown()).isFalse();
  }

  @Test
  void shouldTakeTheMiddleOfAnEvenNumber() {
    assertThat(Spread.of(List.of(4.0, 1.0, 3.0, 2.0)).median()).isEqualTo(2.5);
    assertThat(Spread.of(List.of(Double.NaN, 7.0)).median()).isEqualTo(7);
  }

  @Test
  void shouldKnowTheMiddleHalf() {
    Spread spread = Spread.of(List.of(1.0, 2.0, 3.0, 4.0, 5.0));
    assertThat(spread.lower()).isEqualTo(2);
    assertThat(spread.upper()).isEqualTo(4);
    Spread more = Spread.of(List.of(1.0, 2.0, 3.0, 4.0, 5.0, 1.0, 2.0, 3.0, 4.0, 5.0));
    assertThat(more.uncertainty()).isLessThan(spread.uncertainty());
    assertThat(Spread.of(List.of(7.0)).uncertainty()).isInfinite(); // how far from what?
    assertThat(Spread.of(List.of(7.0, 9.0, 8.0)).uncertainty()).isEqualTo(2); // no middle half
    assertThat(spread.relativeUncertainty()).isEqualTo(spread.uncertainty() / 3);
    assertThat(Spread.NONE.relativeUncertainty()).isInfinite();
  }

  @Test
  void shouldAddUpSamplesOfOneRound() {
    Sample sum = sample(3, 100).plus(sample(3, 50));
    assertThat(sum.round()).isEqualTo(3);
    assertThat(sum.operations()).isEqualTo(2);
    assertThat(sum.cpuNanosPerOperation()).isEqualTo(75);
    assertThat(sample(3, 100).plus(sample(3, Sample.UNKNOWN)).cpuNanosPerOperation()).isNaN();
  }

  @Test
  void shouldMergeLatenciesByTheirCounts() {
    Latency merged =
        Latency.merged(
            List.of(
                Latency.of(List.of(1_000L), List.of(98L)),
                Latency.of(List.of(1_000_000L), List.of(2L))));
    assertThat(merged.micros(50)).isCloseTo(1, offset(0.01));
    assertThat(merged.micros(99)).isCloseTo(1000, offset(2.0));
    assertThat(Latency.empty().micros(50)).isNaN();
  }

  static Sample sample(int round, long cpuNanos) {
    return sample(round, 0, cpuNanos);
  }

  private static Sample sample(int round, int turn, long cpuNanos) {
    return Sample.unplaced(1, 1000, cpuNanos, 0, Sample.UNKNOWN, Sample.UNKNOWN, 0, Latency.empty())
        .at(new Sample.Place(new Sample.Moment(round / VISIT, round, turn), 0, false));
  }
}
