package gyre.lab.experiment;

import gyre.lab.result.Entry;
import gyre.lab.result.Sample;
import gyre.lab.result.Sample.Moment;
import gyre.lab.result.Sample.Place;
import java.util.ArrayList;
import java.util.List;

/** Races of the same plan, one after the other, taken as one. */
final class Legs {
  private Legs() {}

  /** All rounds of both that count; {@code earlier} is empty before the first leg. */
  static List<Entry> joined(List<Entry> earlier, List<Entry> later) {
    List<Entry> decided = later.stream().map(Legs::decided).toList();
    if (earlier.isEmpty()) {
      return decided;
    }
    if (earlier.size() != decided.size()) {
      throw new IllegalArgumentException("legs of different plans");
    }
    List<Entry> joined = new ArrayList<>();
    for (int i = 0; i < earlier.size(); i++) {
      joined.add(join(earlier.get(i), decided.get(i)));
    }
    return joined;
  }

  /**
   * Which of a leg's rounds count is decided within it: else the calmest leg would speak for all,
   * and there are several because each has processes of its own.
   */
  private static Entry decided(Entry entry) {
    return with(
        entry,
        entry.counted().stream()
            .map(sample -> sample.at(new Place(sample.place().moment(), sample.process(), false)))
            .toList());
  }

  private static Entry join(Entry one, Entry other) {
    if (!one.isMeasured() || !other.isMeasured()) {
      return one.isMeasured() ? other : one;
    }
    List<Sample> samples = new ArrayList<>(one.samples());
    int last = one.samples().stream().mapToInt(Sample::round).max().orElse(-1);
    int lastVisit = one.samples().stream().mapToInt(Sample::visit).max().orElse(-1);
    for (Sample sample : other.samples()) {
      Moment moment =
          new Moment(lastVisit + 1 + sample.visit(), last + 1 + sample.round(), sample.turn());
      samples.add(sample.at(new Place(moment, sample.process(), false)));
    }
    return with(one, samples);
  }

  private static Entry with(Entry entry, List<Sample> samples) {
    return new Entry(
        entry.workload(),
        entry.variant(),
        entry.peer(),
        samples,
        entry.probe(),
        entry.status(),
        entry.note());
  }
}
