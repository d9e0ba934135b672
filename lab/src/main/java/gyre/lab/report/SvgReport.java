package gyre.lab.report;

import gyre.lab.result.Results;
import gyre.lab.result.Results.Group;
import java.util.List;

/** The first charts of a race as one picture, for the README. */
public final class SvgReport {
  private static final int CHARTS = 4;
  private static final int COLUMNS = 2;
  private static final int MARGIN = 20;

  private SvgReport() {}

  public static String of(Results results) {
    List<Group> groups = results.groups().stream().filter(Chart::hasBars).limit(CHARTS).toList();
    int rowHeight = groups.stream().mapToInt(Chart::height).max().orElse(0) + MARGIN;
    int columns = Math.min(COLUMNS, Math.max(1, groups.size()));
    int rows = (groups.size() + columns - 1) / columns;
    int width = MARGIN + columns * (Chart.WIDTH + MARGIN);
    int height = 2 * MARGIN + rows * rowHeight;
    StringBuilder svg = new StringBuilder();
    svg.append(
        """
        <svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 %d %d" width="%d" height="%d">
        <style>
        %s
        .page { fill: #ffffff; }
        @media (prefers-color-scheme: dark) {
          svg { --ink: #e4e9ee; --faint: #9aa7b4; --bar: #55626f; --limit: #7b8894; --ours: #35b7a6; --line: #3a444e; }
          .page { fill: #14191e; }
        }
        </style>
        <rect class="page" width="100%%" height="100%%"/>
        """
            .formatted(width, height, width, height, Chart.STYLE));
    svg.append(Chart.text("unit", MARGIN, MARGIN, caption(results)));
    for (int i = 0; i < groups.size(); i++) {
      int x = MARGIN + i % columns * (Chart.WIDTH + MARGIN);
      int y = 2 * MARGIN + i / columns * rowHeight;
      svg.append("<g transform=\"translate(%d %d)\">%n".formatted(x, y));
      svg.append(Chart.panel(groups.get(i))).append("</g>\n");
    }
    return svg.append("</svg>\n").toString();
  }

  private static String caption(Results results) {
    return "%s, %s, %s; shorter is better; green: Gyre, dark grey: the limit; in brackets the ratio to that"
        .formatted(
            results.startedAt().toString().substring(0, 10),
            results.machine().processor(),
            results.machine().kernel());
  }
}
