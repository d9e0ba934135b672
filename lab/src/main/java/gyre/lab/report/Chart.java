package gyre.lab.report;

import gyre.lab.result.Entry;
import gyre.lab.result.Results;
import gyre.lab.result.Results.Group;
import gyre.lab.result.Spread;
import gyre.lab.workload.Cost;
import java.util.List;
import java.util.Locale;

/**
 * One variant of one workload as horizontal bars: what an operation costs, the part of it in user
 * space darker, and a line over the middle half of the rounds.
 */
final class Chart {
  static final int WIDTH = 500;

  /** For pages and for pictures that stand alone: follows the reader's choice of light or dark. */
  static final String STYLE =
      """
      .title { font: 600 13px system-ui, sans-serif; fill: var(--ink, #1f2933); }
      .unit { font: 11px system-ui, sans-serif; fill: var(--faint, #697586); }
      .name, .value { font: 12px system-ui, sans-serif; fill: var(--ink, #1f2933); }
      .value { font-variant-numeric: tabular-nums; }
      .bar { fill: var(--bar, #b8c4d0); }
      .limit { fill: var(--limit, #8d99a6); }
      .ours { fill: var(--ours, #2a9d8f); }
      .user { fill: #00000055; }
      .range { stroke: var(--ink, #1f2933); stroke-width: 1; }
      .axis { stroke: var(--line, #d5dce3); stroke-width: 1; }
      """;

  private static final int HEADER = 44;
  private static final int ROW = 20;
  private static final int NAMES = 92;
  private static final int VALUES = 190;
  private static final int BAR = 13;
  private static final int FOOTER = 10;

  private Chart() {}

  static boolean isOurs(Entry entry) {
    return entry.peer().startsWith("gyre");
  }

  private static List<Entry> shown(Group group) {
    return group.entries().stream().filter(e -> e.isMeasured() && e.cost().isKnown()).toList();
  }

  static boolean hasBars(Group group) {
    return !shown(group).isEmpty();
  }

  static int height(Group group) {
    return HEADER + ROW * shown(group).size() + FOOTER;
  }

  /** A drawing of its own, for a page that brings the style. */
  static String svg(Group group) {
    String label = group.first().label();
    return """
    <svg viewBox="0 0 %d %d" width="%d" height="%d" role="img" aria-label="%s">
    %s</svg>
    """
        .formatted(WIDTH, height(group), WIDTH, height(group), label, panel(group));
  }

  /** The same without the frame around it. */
  static String panel(Group group) {
    StringBuilder svg = new StringBuilder();
    Cost cost = group.first().workload().kind().cost();
    svg.append(text("title", 0, 16, group.first().label()));
    svg.append(text("unit", 0, 32, explanation(cost)));
    List<Entry> entries = shown(group);
    double most = entries.stream().mapToDouble(e -> e.cost().upper()).max().orElse(1);
    // One disturbed round must not flatten everything else.
    double typical = entries.stream().mapToDouble(e -> e.cost().median()).max().orElse(1);
    double scale = (WIDTH - NAMES - VALUES) / Math.min(most, typical * 1.25);
    int y = HEADER;
    for (Entry entry : entries) {
      svg.append(row(group, entry, y, scale));
      y += ROW;
    }
    svg.append(line("axis", NAMES, HEADER - 4, NAMES, y - 2));
    return svg.toString();
  }

  private static String explanation(Cost cost) {
    return switch (cost) {
      case SERVER_CPU_NANOS ->
          "server CPU, ns per operation (dark: in user space; line: middle half of the rounds)";
      case ELAPSED_NANOS ->
          "ns per operation (dark: CPU in user space; line: middle half of the rounds)";
      case CONNECTION_BYTES -> "bytes of user memory per idle connection; less is better";
    };
  }

  private static String row(Group group, Entry entry, int y, double scale) {
    Spread cost = entry.cost();
    int middle = y + BAR / 2;
    String kind = isOurs(entry) ? "ours" : entry.peer().equals(Results.LIMIT) ? "limit" : "bar";
    StringBuilder svg = new StringBuilder();
    svg.append(text("name", 0, y + 11, entry.peer()));
    svg.append(bar("bar " + kind, y, cost.median() * scale));
    double user = entry.userNanosPerOperation();
    if (Double.isFinite(user) && user <= cost.median()) {
      svg.append(bar("user", y, user * scale));
    }
    double right = WIDTH - VALUES;
    double from = Math.min(right, NAMES + cost.lower() * scale);
    double to = Math.min(right, NAMES + cost.upper() * scale);
    svg.append(line("range", from, middle, to, middle));
    String ratio = Format.ratio(group.toLimit(entry));
    String value =
        Format.number(cost.median())
            + (ratio.equals(Format.UNKNOWN) ? "" : "  (" + ratio + " × limit)");
    svg.append(text("value", WIDTH - VALUES + 6, y + 11, value));
    return svg.toString();
  }

  private static String bar(String kind, int y, double width) {
    return String.format(
        Locale.ROOT,
        "<rect class=\"%s\" x=\"%d\" y=\"%d\" width=\"%.1f\" height=\"%d\"/>%n",
        kind,
        NAMES,
        y,
        Math.max(0.5, width),
        BAR);
  }

  private static String line(String kind, double x1, double y1, double x2, double y2) {
    return String.format(
        Locale.ROOT,
        "<line class=\"%s\" x1=\"%.1f\" y1=\"%.1f\" x2=\"%.1f\" y2=\"%.1f\"/>%n",
        kind,
        x1,
        y1,
        x2,
        y2);
  }

  static String text(String kind, int x, int y, String text) {
    return "<text class=\"%s\" x=\"%d\" y=\"%d\">%s</text>%n"
        .formatted(kind, x, y, HtmlReport.escape(text));
  }
}
