package gyre.lab.report;

import gyre.lab.result.Entry;
import gyre.lab.result.Latency;
import gyre.lab.result.Results;
import gyre.lab.result.Results.Group;
import gyre.lab.result.Sample;
import gyre.lab.workload.Cost;
import java.util.ArrayList;
import java.util.List;

/** The results as a table for the terminal. */
public final class TableReport {
  private TableReport() {}

  public static String of(Results results) {
    StringBuilder text = new StringBuilder();
    for (Group group : results.groups()) {
      text.append('\n').append(group(group));
    }
    results
        .absent()
        .forEach((peer, reason) ->
            text.append("absent: ").append(peer).append(": ").append(reason).append('\n'));
    if (!results.complete()) {
      text.append("ended early: this is what was measured until then\n");
    }
    return text.toString();
  }

  private static String group(Group group) {
    Grid grid = new Grid(header(group));
    List<String> notes = new ArrayList<>();
    for (Entry entry : group.entries()) {
      if (entry.isMeasured()) {
        grid.add(row(group, entry));
      }
      if (!entry.note().isEmpty()) {
        notes.add(entry.peer() + " " + word(entry) + ": " + entry.note());
      }
      if (entry.isMeasured() && entry.isGeneratorBound()) {
        notes.add(entry.peer() + ": the generator was at its limit, so the rate says little");
      }
    }
    StringBuilder text = new StringBuilder(group.first().label()).append('\n').append(grid);
    notes.forEach(note -> text.append("  ").append(note.replace("\n", "\n    ")).append('\n'));
    return text.toString();
  }

  private static String word(Entry entry) {
    return switch (entry.status()) {
      case MEASURED -> "measured";
      case ABSENT -> "absent";
      case FAILED -> "FAILED";
      case WRONG -> "WRONG";
    };
  }

  private static List<String> header(Group group) {
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

  private static List<String> row(Group group, Entry entry) {
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
}
