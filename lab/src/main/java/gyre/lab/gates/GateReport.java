package gyre.lab.gates;

import com.grack.nanojson.JsonStringWriter;
import com.grack.nanojson.JsonWriter;
import gyre.lab.gates.Judgement.Outcome;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/** What became of a server at all gates. */
public record GateReport(
    String target,
    Instant startedAt,
    Duration took,
    List<String> remarks,
    List<Judgement> judgements) {
  private static final int PASSED = 0;
  private static final int FAILED = 1;
  private static final int UNJUDGED = 3;

  private static final String STYLE =
      """
      :root { color-scheme: light dark; --page: #fff; --ink: #1f2933; --faint: #5b6775; --line: #d5dce3;
        --good: #19743f; --bad: #b3261e; --warn: #8f5a00; }
      @media (prefers-color-scheme: dark) { :root { --page: #14191e; --ink: #e4e9ee; --faint: #9aa7b4;
        --line: #3a444e; --good: #5fd08a; --bad: #ff8a80; --warn: #f0b860; } }
      body { margin: 0 auto; max-width: 860px; padding: 24px 20px 60px; background: var(--page);
        color: var(--ink); font: 15px/1.5 system-ui, sans-serif; }
      h1 { font-size: 26px; margin: 0 0 4px; } h2 { font-size: 18px; margin: 0; }
      p { margin: 4px 0; } .faint { color: var(--faint); }
      section { border-top: 1px solid var(--line); padding: 14px 0; break-inside: avoid; }
      .pass { color: var(--good); } .fail { color: var(--bad); } .unjudged { color: var(--warn); }
      dl { display: grid; grid-template-columns: repeat(auto-fill, minmax(230px, 1fr)); gap: 2px 20px;
        font-size: 13px; margin: 8px 0 0; }
      dl div { display: flex; justify-content: space-between; gap: 10px; } dd { margin: 0;
        font-variant-numeric: tabular-nums; text-align: right; overflow-wrap: anywhere; } dt { color: var(--faint); }
      """;

  public GateReport {
    remarks = List.copyOf(remarks);
    judgements = List.copyOf(judgements);
  }

  /** For scripts: 0 if all was passed, 1 if something failed, 3 if something was not judged. */
  public int exitStatus() {
    if (has(Outcome.FAIL)) {
      return FAILED;
    }
    return has(Outcome.UNJUDGED) ? UNJUDGED : PASSED;
  }

  private boolean has(Outcome outcome) {
    return judgements.stream().anyMatch(each -> each.outcome() == outcome);
  }

  /** A judgement as a line for a terminal. */
  static String line(Judgement judgement) {
    return String.format(
        Locale.ROOT,
        "  %-15s  %-11s  %s",
        said(judgement.outcome()),
        judgement.gate().key(),
        judgement.reason());
  }

  private static String said(Outcome outcome) {
    return switch (outcome) {
      case PASS -> "pass";
      case FAIL -> "FAIL";
      case UNJUDGED -> "can't be judged";
    };
  }

  /** In one sentence. */
  public String summary() {
    return "%d passed, %d failed, %d could not be judged, in %d s"
        .formatted(
            count(Outcome.PASS), count(Outcome.FAIL), count(Outcome.UNJUDGED), took.toSeconds());
  }

  private long count(Outcome outcome) {
    return judgements.stream().filter(each -> each.outcome() == outcome).count();
  }

  /** One line. */
  public String json() {
    JsonStringWriter writer = JsonWriter.string().object();
    writer.value("target", target);
    writer.value("started", startedAt.toString());
    writer.value("seconds", took.toMillis() / 1e3);
    writer.value("exit_status", exitStatus());
    writer.array("remarks", remarks);
    writer.array("gates");
    for (Judgement each : judgements) {
      writer.object();
      writer.value("gate", each.gate().key());
      writer.value("outcome", each.outcome().name().toLowerCase(Locale.ROOT));
      writer.value("reason", each.reason());
      writer.object("figures", each.figures());
      writer.end();
    }
    return writer.end().end().done();
  }

  /** A page that needs nothing else: light and dark, on screen and on paper. */
  public String html() {
    StringBuilder page = new StringBuilder();
    page.append(
        """
        <!doctype html>
        <html lang="en"><head><meta charset="utf-8">
        <meta name="viewport" content="width=device-width, initial-scale=1">
        <title>Quality gates</title>
        <style>
        """);
    page.append(STYLE).append("</style></head><body>\n<h1>Quality gates</h1>\n");
    page.append(
        "<p>%s</p>\n<p class=\"faint\">%s · %s</p>\n"
            .formatted(escape(target), startedAt.toString().substring(0, 19), escape(summary())));
    remarks.forEach(
        each -> page.append("<p class=\"faint\">").append(escape(each)).append("</p>\n"));
    judgements.forEach(each -> page.append(section(each)));
    return page.append("</body></html>\n").toString();
  }

  private static String section(Judgement judgement) {
    StringBuilder html = new StringBuilder("<section>\n");
    html.append(
        "<h2><span class=\"%s\">%s</span> %s</h2>\n<p class=\"faint\">%s</p>\n<p>%s</p>\n"
            .formatted(
                judgement.outcome().name().toLowerCase(Locale.ROOT),
                said(judgement.outcome()),
                judgement.gate().key(),
                escape(judgement.gate().promise()),
                escape(judgement.reason())));
    html.append("<dl>");
    for (Map.Entry<String, Object> figure : judgement.figures().entrySet()) {
      html.append(
          "<div><dt>%s</dt><dd>%s</dd></div>\n"
              .formatted(
                  escape(figure.getKey().replace('_', ' ')),
                  escape(String.valueOf(figure.getValue()))));
    }
    return html.append("</dl>\n</section>\n").toString();
  }

  private static String escape(String text) {
    return text.replace("&", "&amp;")
        .replace("<", "&lt;")
        .replace(">", "&gt;")
        .replace("\"", "&quot;");
  }
}
