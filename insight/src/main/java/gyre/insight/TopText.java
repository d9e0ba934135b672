package gyre.insight;

import gyre.insight.Observation.Look;
import gyre.probe.Counter;
import gyre.probe.Distribution;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/** A look at a process as lines of text: what {@code gyre top --once} prints. */
public final class TopText {
  /** The heads of the table of loops. */
  static final List<String> HEADS =
      List.of(
          "loop", "engine", "busy", "poll", "turns/s", "cbs/s", "fibers", "handles", "cb p99",
          "cb max", "stalls");

  /** What a narrow screen leaves out, the first of them first. */
  private static final List<String> LEAST =
      List.of("poll", "engine", "turns/s", "handles", "fibers");

  static final List<String> KIND_HEADS =
      List.of("kind", "open", "callbacks/s", "p50", "p99", "max", "of the time");

  static final List<String> SPREAD_HEADS = List.of("", "count/s", "p50", "p90", "p99", "max");

  private static final int BAR = 24;

  /** What held up a loop is told for so long: a look sees the last second alone. */
  private static final long LATELY_NANOS = 300_000_000_000L;

  private static final int LATELY_MAX = 3;

  /** By what loops can be sorted. */
  public enum Order {
    BUSY,
    NAME,
    TURNS,
    CALLBACKS,
    FIBERS,
    HANDLES,
    P99,
    STALLS
  }

  private TopText() {}

  /** What is wrong, what the loops do, and of each what holds it up. */
  public static List<String> lines(Look look, Order order) {
    return lines(look, order, System.nanoTime());
  }

  static List<String> lines(Look look, Order order, long nowNanos) {
    List<String> lines = new ArrayList<>();
    lines.add(head(look));
    lines.addAll(verdicts(look));
    lines.addAll(lately(look, nowNanos));
    lines.add("");
    List<List<String>> rows = new ArrayList<>();
    for (LoopSnapshot loop : sorted(look, order)) {
      rows.add(row(loop, look.seconds()));
    }
    lines.addAll(table(HEADS, rows));
    for (LoopSnapshot loop : sorted(look, order)) {
      lines.add("");
      lines.addAll(loop(loop, look.seconds()));
    }
    return lines;
  }

  static String head(Look look) {
    StringBuilder line = new StringBuilder();
    line.append("process ").append(look.pid()).append("  ").append(look.command());
    look.facts()
        .residentBytes()
        .ifPresent(bytes -> line.append("  rss ").append(Figures.bytes(bytes)));
    look.facts().openDescriptors().ifPresent(open -> line.append("  descriptors ").append(open));
    look.facts().descriptorLimit().ifPresent(limit -> line.append('/').append(limit));
    return line.toString();
  }

  static List<String> verdicts(Look look) {
    List<String> lines = new ArrayList<>();
    for (Verdict verdict : look.verdicts()) {
      lines.add(
          "! " + verdict.disease().key() + "  " + verdict.subject() + ": " + verdict.evidence());
      if (!verdict.place().isEmpty()) {
        lines.add("    at " + verdict.place());
      }
      lines.add("    " + verdict.disease().cure());
    }
    return lines;
  }

  /** What is told of several stalls at once. */
  private record Culprit(long loop, String kind, StallReport.Cause cause, String place) {
    private static Culprit of(StallReport stall) {
      return new Culprit(stall.loopNumber(), stall.kind(), stall.cause(), stall.place());
    }
  }

  /**
   * What held up the loops lately and is no verdict of this look, the program's own doing first.
   */
  static List<String> lately(Look look, long nowNanos) {
    Map<Culprit, List<StallReport>> culprits = new LinkedHashMap<>();
    look.stalls().stream()
        .filter(stall -> stall.ageNanos(nowNanos) < LATELY_NANOS)
        .sorted(
            Comparator.comparing((StallReport stall) -> !stall.cause().isItsOwn())
                .thenComparingLong(stall -> stall.ageNanos(nowNanos)))
        .forEach(stall ->
            culprits.computeIfAbsent(Culprit.of(stall), key -> new ArrayList<>()).add(stall));
    culprits
        .keySet()
        .removeIf(culprit ->
            !culprit.place().isEmpty()
                && look.verdicts().stream()
                    .anyMatch(verdict -> verdict.place().equals(culprit.place())));
    List<String> lines = new ArrayList<>();
    culprits.entrySet().stream()
        .limit(LATELY_MAX)
        .forEach(each -> {
          lines.add(lately(each.getValue(), nowNanos));
          if (!each.getKey().place().isEmpty()) {
            lines.add("    at " + each.getKey().place());
          }
        });
    return lines;
  }

  private static String lately(List<StallReport> stalls, long nowNanos) {
    StallReport newest = stalls.getFirst();
    long longest = stalls.stream().mapToLong(StallReport::nanos).max().orElse(0);
    return "- "
        + (newest.endedNanos() == 0 ? "now" : Figures.nanos(newest.ageNanos(nowNanos)) + " ago")
        + "  "
        + newest.loop()
        + (stalls.size() > 1 ? ": " + stalls.size() + " stalls of up to " : ": a stall of ")
        + Figures.nanos(longest)
        + ": "
        + newest.verdict();
  }

  static List<LoopSnapshot> sorted(Look look, Order order) {
    Comparator<LoopSnapshot> comparator =
        switch (order) {
          case NAME -> Comparator.comparing(LoopSnapshot::name);
          case BUSY -> descending(loop -> loop.get(Counter.BUSY_NANOS));
          case TURNS -> descending(loop -> loop.get(Counter.TURNS));
          case CALLBACKS -> descending(loop -> loop.get(Counter.CALLBACKS));
          case FIBERS -> descending(LoopSnapshot::liveFibers);
          case HANDLES -> descending(LoopSnapshot::openHandles);
          case P99 -> descending(loop -> loop.callbacks().percentile(99));
          case STALLS -> descending(loop -> loop.get(Counter.STALLS));
        };
    return look.change().loops().stream().sorted(comparator).toList();
  }

  private static Comparator<LoopSnapshot> descending(
      java.util.function.ToLongFunction<LoopSnapshot> key) {
    return Comparator.comparingLong(key).reversed();
  }

  static List<String> row(LoopSnapshot loop, double seconds) {
    Spread callbacks = loop.callbacks();
    return List.of(
        loop.name(),
        loop.engine(),
        Figures.percent(loop.get(Counter.BUSY_NANOS) / (seconds * 1e9)),
        Figures.percent(loop.get(Counter.POLL_NANOS) / (seconds * 1e9)),
        Figures.count(loop.get(Counter.TURNS) / seconds),
        Figures.count(loop.get(Counter.CALLBACKS) / seconds),
        Long.toString(loop.liveFibers()),
        Long.toString(loop.openHandles()),
        Figures.nanos(callbacks.percentile(99)),
        Figures.nanos(callbacks.max()),
        Long.toString(loop.get(Counter.STALLS)));
  }

  /** All about one loop. */
  static List<String> loop(LoopSnapshot loop, double seconds) {
    List<String> lines = new ArrayList<>();
    lines.add(title(loop));
    lines.add("");
    lines.addAll(table(SPREAD_HEADS, spreads(loop, seconds)));
    lines.add("");
    lines.addAll(table(KIND_HEADS, kinds(loop, seconds)));
    lines.add("");
    lines.add(
        "sent "
            + Figures.bytes(loop.get(Counter.BYTES_SENT) / seconds)
            + "/s, received "
            + Figures.bytes(loop.get(Counter.BYTES_RECEIVED) / seconds)
            + "/s, system calls "
            + Figures.count(
                (loop.get(Counter.CALLS_WAITING) + loop.get(Counter.CALLS_OTHER)) / seconds)
            + "/s, wake-ups "
            + Figures.count(loop.get(Counter.WAKES) / seconds)
            + "/s");
    lines.add(
        "pool "
            + Figures.bytes(loop.get(Counter.POOL_USED_BYTES))
            + " of "
            + Figures.bytes(loop.get(Counter.POOL_LIMIT_BYTES))
            + ", inbox "
            + loop.get(Counter.INBOX_DEPTH)
            + ", failures "
            + loop.get(Counter.FAILURES)
            + ", of peers "
            + loop.get(Counter.PEER_FAILURES)
            + ", offloaded "
            + loop.get(Counter.OFFLOADED));
    lines.add("");
    lines.addAll(histogram("callbacks", loop.callbacks()));
    return lines;
  }

  static String title(LoopSnapshot loop) {
    return loop.name()
        + "  "
        + loop.engine()
        + ", fibers "
        + loop.fiberMode()
        + (loop.phase() == LoopSnapshot.Phase.RUNNING
            ? ", in a turn for " + Figures.nanos(loop.turnNanos())
            : ", " + loop.phase().name().toLowerCase(Locale.ROOT))
        + (loop.isConsistent() ? "" : " (read while it wrote)");
  }

  static List<List<String>> spreads(LoopSnapshot loop, double seconds) {
    List<List<String>> rows = new ArrayList<>();
    for (Distribution distribution : Distribution.values()) {
      Spread spread = loop.spread(distribution);
      if (spread.count() > 0) {
        rows.add(
            List.of(
                distribution.key().replace('_', ' '),
                Figures.count(spread.count() / seconds),
                figure(distribution, spread.percentile(50)),
                figure(distribution, spread.percentile(90)),
                figure(distribution, spread.percentile(99)),
                figure(distribution, spread.max())));
      }
    }
    return rows;
  }

  private static String figure(Distribution distribution, long value) {
    return distribution.isTime() ? Figures.nanos(value) : Long.toString(value);
  }

  static List<List<String>> kinds(LoopSnapshot loop, double seconds) {
    List<List<String>> rows = new ArrayList<>();
    for (KindSnapshot kind : loop.kinds()) {
      Spread spread = kind.callbacks();
      if (spread.count() > 0 || kind.open() > 0) {
        rows.add(
            List.of(
                kind.name(),
                Long.toString(kind.open()),
                Figures.count(spread.count() / seconds),
                Figures.nanos(spread.percentile(50)),
                Figures.nanos(spread.percentile(99)),
                Figures.nanos(spread.max()),
                Figures.percent(spread.sum() / (seconds * 1e9))));
      }
    }
    return rows;
  }

  /** Bars by powers of ten. */
  static List<String> histogram(String name, Spread spread) {
    List<String> lines = new ArrayList<>();
    lines.add(name + ", " + spread.count() + " in this interval");
    long low = 0;
    for (long high = 1_000; high <= 10_000_000_000L; high *= 10) {
      long number = spread.between(low, high);
      if (number > 0) {
        double share = (double) number / spread.count();
        lines.add(
            String.format(
                Locale.ROOT,
                "%9s %-" + BAR + "s %5.1f %%",
                "< " + Figures.nanos(high),
                "#".repeat((int) Math.max(1, Math.round(share * BAR))),
                share * 100));
      }
      low = high;
    }
    return lines;
  }

  /** Without the columns that a screen has no room for; the heads are the first row. */
  static List<List<String>> fitting(List<List<String>> rows, int width) {
    List<List<String>> shown = new ArrayList<>(rows);
    for (String least : LEAST) {
      int column = shown.getFirst().indexOf(least);
      if (column >= 0 && width(shown) > width) {
        shown.replaceAll(row -> {
          List<String> rest = new ArrayList<>(row);
          rest.remove(column);
          return rest;
        });
      }
    }
    return shown;
  }

  private static int width(List<List<String>> rows) {
    return table(rows.getFirst(), rows.subList(1, rows.size())).stream()
        .mapToInt(String::length)
        .max()
        .orElse(0);
  }

  /** Columns as wide as they need; the first one to the left, the others to the right. */
  static List<String> table(List<String> heads, List<List<String>> rows) {
    int[] widths = new int[heads.size()];
    List<List<String>> all = new ArrayList<>();
    all.add(heads);
    all.addAll(rows);
    for (List<String> row : all) {
      for (int i = 0; i < widths.length; i++) {
        widths[i] = Math.max(widths[i], row.get(i).length());
      }
    }
    List<String> lines = new ArrayList<>();
    for (List<String> row : all) {
      StringBuilder line = new StringBuilder();
      for (int i = 0; i < widths.length; i++) {
        String blanks = " ".repeat(widths[i] - row.get(i).length());
        line.append(i == 0 ? row.get(i) + blanks : "  " + blanks + row.get(i));
      }
      lines.add(line.toString().stripTrailing());
    }
    return lines;
  }
}
