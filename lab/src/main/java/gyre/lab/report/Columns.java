package gyre.lab.report;

import gyre.lab.result.Entry;
import gyre.lab.result.Latency;
import gyre.lab.result.Results;
import gyre.lab.result.Results.Group;
import gyre.lab.result.Sample;
import gyre.lab.workload.Cost;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/** What every table shows of a peer, whatever it is written in. */
final class Columns {
  /** Then what was measured is mostly what others did. */
  private static final double MOSTLY = 0.5;

  private Columns() {}

  static List<String> header(Group group) {
    Cost cost = group.first().workload().kind().cost();
    return switch (cost) {
      case SERVER_CPU_NANOS ->
          List.of(
              "peer",
              "ops/s",
              cost.unit(),
              "user ns",
              "p50 µs",
              "p99 µs",
              "p99.9 µs",
              "calls/op",
              "alloc B/op",
              "RSS",
              "÷ limit",
              "÷ best (min–max)");
      case ELAPSED_NANOS ->
          List.of(
              "peer",
              "ops/s",
              cost.unit(),
              "user ns",
              "calls/op",
              "alloc B/op",
              "RSS",
              "÷ limit",
              "÷ best (min–max)");
      case CONNECTION_BYTES ->
          List.of("peer", cost.unit(), "idle CPU ms/min", "RSS", "÷ limit", "÷ best (min–max)");
    };
  }

  static List<String> row(Group group, Entry entry) {
    List<String> row = new ArrayList<>(List.of(entry.peer()));
    Cost cost = entry.workload().kind().cost();
    String figure = Format.number(entry.cost().median());
    if (cost == Cost.CONNECTION_BYTES) {
      row.add(figure);
      row.add(Format.number(idleMillisPerMinute(entry)));
    } else {
      row.add(Format.rate(entry.spread(Sample::operationsPerSecond).median()));
      row.add(figure);
      row.add(Format.number(entry.userNanosPerOperation()));
      if (cost == Cost.SERVER_CPU_NANOS) {
        Latency latency = entry.latency();
        row.add(Format.number(latency.micros(50)));
        row.add(Format.number(latency.micros(99)));
        row.add(Format.number(latency.micros(99.9)));
      }
      row.add(Format.number(entry.probe().systemCallsPerOperation()));
      row.add(Format.number(entry.probe().allocatedBytesPerOperation()));
    }
    row.add(Format.mebibytes(entry.rssBytes()));
    row.add(Format.ratio(group.toLimit(entry)));
    row.add(Format.ratioWithSpread(group.toBest(entry)));
    return row;
  }

  /** CPU time that the peer would use in a minute of holding its connections. */
  static double idleMillisPerMinute(Entry entry) {
    return entry.spread(s -> 60e3 * s.cpuNanos() / s.elapsedNanos()).median();
  }

  /** What has to be said of all of them together; empty if nothing has. */
  static String conditions(Results results) {
    List<String> said = new ArrayList<>();
    if (results.entries().stream().anyMatch(Entry::isMeasured)) {
      said.add(
          "A ratio is the median of those within rounds, so it is not the quotient of two figures,"
              + " which need not be of the same rounds.");
    }
    if (results.groups().stream().allMatch(group -> group.limit().isEmpty())) {
      said.add("Without %s there is no ratio to the limit.".formatted(Results.LIMIT));
    }
    if (!results.machine().awake().isEmpty()) {
      said.add("The cores were kept awake by %s.".formatted(results.machine().awake()));
    }
    if (!results.machine().isWatched()) {
      said.add(
          "Nobody watched the cores all the time, so it is not known when others disturbed: see what"
              + " was said during the race.");
    }
    double share = results.disturbedShare();
    if (share > 0) {
      said.add(
          String.format(
              Locale.ROOT,
              "Others slowed this machine down in %s %% of all turns;"
                  + " where enough were left in peace, only those count%s.",
              String.format(Locale.ROOT, share < 0.01 ? "%.1f" : "%.0f", share * 100),
              share > MOSTLY ? ": here hardly any were, so trust none of these figures" : ""));
    }
    return String.join(" ", said);
  }

  /** What has to be said beside the figures. */
  static List<String> notes(Group group) {
    List<String> notes = new ArrayList<>();
    for (Entry entry : group.entries()) {
      if (!entry.note().isEmpty()) {
        notes.add(entry.peer() + " " + word(entry) + ": " + entry.note());
      }
      if (entry.isMeasured() && entry.isGeneratorBound()) {
        notes.add(
            "%s: the generator was at its limit with %s ns per operation, so the rate says little"
                .formatted(entry.peer(), Format.number(entry.generatorNanosPerOperation())));
      }
    }
    return notes;
  }

  private static String word(Entry entry) {
    return switch (entry.status()) {
      case MEASURED -> "measured";
      case ABSENT -> "absent";
      case FAILED -> "FAILED";
      case WRONG -> "WRONG";
    };
  }
}
