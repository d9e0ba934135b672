package gyre.lab.report;

import gyre.lab.result.Entry;
import gyre.lab.result.Machine;
import gyre.lab.result.Results;
import gyre.lab.result.Results.Group;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/** The results as one page that needs nothing else: light and dark, on screen and on paper. */
public final class HtmlReport {
  private static final String STYLE =
      """
      :root { color-scheme: light dark; --page: #fff; --ink: #1f2933; --faint: #697586; --bar: #b8c4d0;
        --limit: #8d99a6; --ours: #2a9d8f; --line: #d5dce3; --soft: #f4f6f8; }
      @media (prefers-color-scheme: dark) { :root { --page: #14191e; --ink: #e4e9ee; --faint: #9aa7b4;
        --bar: #55626f; --limit: #7b8894; --ours: #35b7a6; --line: #3a444e; --soft: #1c232a; } }
      @media print { :root { --page: #fff; --ink: #000; --faint: #444; --bar: #c3ccd6; --limit: #8d99a6;
        --ours: #2a9d8f; --line: #bbb; --soft: #fff; } * { print-color-adjust: exact; } nav { display: none; } }
      body { margin: 0 auto; max-width: 1060px; padding: 24px 20px 60px; background: var(--page);
        color: var(--ink); font: 15px/1.5 system-ui, sans-serif; }
      h1 { font-size: 26px; margin: 0 0 4px; } h2 { font-size: 18px; margin: 40px 0 6px; }
      p, dl { max-width: 75ch; } .faint { color: var(--faint); }
      code { font: 13px ui-monospace, monospace; overflow-wrap: anywhere; }
      section { break-inside: avoid; }
      svg { max-width: 100%; height: auto; display: block; margin: 6px 0 10px; }
      .wide { overflow-x: auto; }
      table { border-collapse: collapse; font-size: 13px; font-variant-numeric: tabular-nums; }
      th, td { padding: 3px 9px; text-align: right; white-space: nowrap; border-bottom: 1px solid var(--line); }
      th { font-weight: 600; color: var(--faint); } th:first-child, td:first-child { text-align: left; }
      tr.ours td { background: var(--soft); font-weight: 600; }
      ul.notes { font-size: 13px; color: var(--faint); padding-left: 18px; white-space: pre-line; }
      nav a { color: var(--ours); margin-right: 12px; white-space: nowrap; }
      dt { font-weight: 600; } dd { margin: 0 0 8px; color: var(--faint); }
      """;

  private HtmlReport() {}

  public static String of(Results results) {
    StringBuilder page = new StringBuilder();
    page.append(
        """
        <!doctype html>
        <html lang="en"><head><meta charset="utf-8">
        <meta name="viewport" content="width=device-width, initial-scale=1">
        <title>Gyre and its peers</title>
        <style>
        """);
    page.append(STYLE).append(Chart.STYLE).append("</style></head><body>\n");
    page.append(head(results));
    for (Group group : results.groups()) {
      page.append(section(group));
    }
    page.append(tail(results));
    return page.append("</body></html>\n").toString();
  }

  private static String head(Results results) {
    Machine machine = results.machine();
    StringBuilder links = new StringBuilder();
    for (Group group : results.groups()) {
      String label = escape(group.first().label());
      links.append("<a href=\"#%s\">%s</a> ".formatted(anchor(group), label));
    }
    return """
    <h1>Gyre and its peers</h1>
    <p class="faint">%s · %d cores · %s · %s · commit %s · %s%s<br><code>%s</code></p>
    <p>Every peer does the same work, the server on one core and the load generator on another,
    in short rounds that take turns. What counts is the <b>cost</b> of an operation: a rate may
    be the client's limit, the server's CPU time is its own. A ratio compares two peers within
    one round; what is shown is the median of those, with the least and the greatest.
    <b>Limit</b> is a C program on raw io_uring, <b>best</b> the cheapest of the others; ± stands
    where a ratio is not known to 5 %%. <b>user ns</b> is CPU time outside the kernel,
    <b>calls/op</b> are system calls, <b>alloc B/op</b> bytes on the heap of a JVM, all per
    operation and from a look of their own. %s</p>
    <nav>%s</nav>
    """
        .formatted(
            escape(machine.processor()),
            machine.cores(),
            escape(machine.kernel()),
            escape(machine.java()),
            escape(machine.commit()),
            results.startedAt().toString().substring(0, 10),
            results.complete() ? "" : " · <b>ended early</b>",
            escape(results.command()),
            escape(Columns.conditions(results)),
            links);
  }

  private static String section(Group group) {
    StringBuilder html = new StringBuilder();
    html.append(
        "<section id=\"%s\"><h2>%s</h2>%n".formatted(anchor(group), escape(group.first().label())));
    if (Chart.hasBars(group)) {
      html.append(Chart.svg(group));
    }
    html.append("<div class=\"wide\"><table><thead>").append(row("th", "", Columns.header(group)));
    html.append("</thead><tbody>\n");
    for (Entry entry : group.entries()) {
      if (entry.isMeasured()) {
        String kind = Chart.isOurs(entry) ? " class=\"ours\"" : "";
        html.append(row("td", kind, Columns.row(group, entry)));
      }
    }
    html.append("</tbody></table></div>\n").append(notes(Columns.notes(group)));
    return html.append("</section>\n").toString();
  }

  private static String row(String cell, String kind, List<String> cells) {
    StringBuilder html = new StringBuilder("<tr" + kind + ">");
    for (String each : cells) {
      html.append('<').append(cell).append('>').append(escape(each));
      html.append("</").append(cell).append('>');
    }
    return html.append("</tr>\n").toString();
  }

  private static String notes(List<String> notes) {
    if (notes.isEmpty()) {
      return "";
    }
    StringBuilder html = new StringBuilder("<ul class=\"notes\">");
    notes.forEach(note -> html.append("<li>").append(escape(note)).append("</li>"));
    return html.append("</ul>\n").toString();
  }

  private static String tail(Results results) {
    StringBuilder html = new StringBuilder("<section><h2>Who took part</h2><dl>\n");
    Map<String, String> all = new TreeMap<>(results.versions());
    results.absent().forEach((peer, reason) -> all.put(peer, "absent: " + reason));
    all.forEach((peer, what) ->
        html.append("<dt>%s</dt><dd>%s</dd>%n".formatted(escape(peer), escape(what))));
    return html.append("</dl></section>\n").toString();
  }

  private static String anchor(Group group) {
    return group.first().label().replaceAll("[^A-Za-z0-9]", "-");
  }

  static String escape(String text) {
    return text.replace("&", "&amp;")
        .replace("<", "&lt;")
        .replace(">", "&gt;")
        .replace("\"", "&quot;");
  }
}
