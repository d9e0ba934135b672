package gyre.lab.profile;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** System calls by name. */
record CallCounts(Map<String, Long> counts) {
  record Call(String name, long count) {}

  CallCounts {
    counts = Map.copyOf(counts);
  }

  /** From the tables of {@code perf trace -s}: one for each thread, name and count first. */
  static CallCounts ofPerfTrace(List<String> lines) {
    Map<String, Long> counts = new HashMap<>();
    for (String line : lines) {
      String[] words = line.strip().split("\\s+", -1);
      if (words.length >= 8 && words[0].matches("[a-z_0-9]+") && words[1].matches("[0-9]+")) {
        counts.merge(words[0], Long.parseLong(words[1]), Long::sum);
      }
    }
    return new CallCounts(counts);
  }

  /** From the table of {@code strace -c}: the name last, the count fourth. */
  static CallCounts ofStrace(List<String> lines) {
    Map<String, Long> counts = new HashMap<>();
    for (String line : lines) {
      String[] words = line.strip().split("\\s+", -1);
      String name = words[words.length - 1];
      if (words.length >= 5 && words[3].matches("[0-9]+") && !name.equals("total")) {
        counts.merge(name, Long.parseLong(words[3]), Long::sum);
      }
    }
    return new CallCounts(counts);
  }

  List<Call> mostFirst() {
    List<Call> calls = new ArrayList<>();
    counts.forEach((name, count) -> calls.add(new Call(name, count)));
    calls.sort(Comparator.comparingLong(Call::count).reversed().thenComparing(Call::name));
    return calls;
  }

  long total() {
    return counts.values().stream().mapToLong(count -> count).sum();
  }
}
