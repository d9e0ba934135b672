package gyre.lab.race;

import java.util.List;

/** Reads what {@code perf} and {@code strace} write. */
final class PerfOutput {
  private PerfOutput() {}

  /** Of {@code perf stat -x,}: the count of the one event; NaN where it was not counted. */
  static double count(List<String> lines) {
    for (String line : lines) {
      String[] fields = line.split(",", -1);
      if (fields.length > 2 && fields[0].matches("[0-9]+")) {
        return Double.parseDouble(fields[0]);
      }
    }
    return Double.NaN;
  }

  /**
   * Of {@code perf script -F comm,ip}: which share of the samples was outside the kernel, which has
   * the upper half of the addresses. Without those of a JVM's compilers, which are at rest in the
   * rounds that the share is for. NaN where the kernel was not seen at all.
   */
  static double userShare(List<String> samples) {
    long user = 0;
    long all = 0;
    for (String sample : samples) {
      String line = sample.strip();
      if (line.isEmpty() || ProcessFiles.isCompiler(line)) {
        continue;
      }
      String address = line.substring(line.lastIndexOf(' ') + 1); // names have spaces too
      all++;
      if (address.length() < 16 || address.charAt(0) < '8') {
        user++;
      }
    }
    return user == all ? Double.NaN : (double) user / all; // nobody does without the kernel here
  }

  /** Of {@code strace -c}: the total of the calls. */
  static double tracedCalls(List<String> lines) {
    for (String line : lines) {
      String[] words = line.strip().split("\\s+", -1);
      if (words.length >= 4 && words[words.length - 1].equals("total")) {
        return Double.parseDouble(words[3]);
      }
    }
    return Double.NaN;
  }
}
