package gyre.lab.experiment;

import gyre.lab.result.Entry;
import gyre.lab.result.Sample;
import java.util.ArrayList;
import java.util.List;

/** Races of the same plan, one after the other, taken as one. */
final class Legs {
  private Legs() {}

  /** All rounds of both; {@code earlier} is empty before the first leg. */
  static List<Entry> joined(List<Entry> earlier, List<Entry> later) {
    if (earlier.isEmpty()) {
      return later;
    }
    if (earlier.size() != later.size()) {
      throw new IllegalArgumentException("legs of different plans");
    }
    List<Entry> joined = new ArrayList<>();
    for (int i = 0; i < earlier.size(); i++) {
      joined.add(join(earlier.get(i), later.get(i)));
    }
    return joined;
  }

  private static Entry join(Entry one, Entry other) {
    if (!one.isMeasured() || !other.isMeasured()) {
      return one.isMeasured() ? other : one;
    }
    List<Sample> samples = new ArrayList<>(one.samples());
    int first = 1 + one.samples().stream().mapToInt(Sample::round).max().orElse(-1);
    other
        .samples()
        .forEach(sample -> samples.add(sample.at(first + sample.round(), sample.turn())));
    return new Entry(
        one.workload(), one.variant(), one.peer(), samples, one.probe(), one.status(), one.note());
  }
}
