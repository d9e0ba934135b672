package gyre.lab.report;

import gyre.lab.result.Entry;
import gyre.lab.result.Results;
import gyre.lab.result.Results.Group;
import java.util.Collections;
import java.util.List;

/** The results as tables for documents. */
public final class MarkdownReport {
  private MarkdownReport() {}

  public static String of(Results results) {
    StringBuilder text = new StringBuilder();
    text.append(results.machine().processor())
        .append(", ")
        .append(results.machine().cores())
        .append(" cores, ")
        .append(results.machine().kernel())
        .append(", ")
        .append(results.machine().java())
        .append("; commit `")
        .append(results.machine().commit())
        .append("`; `")
        .append(results.command())
        .append("`\n");
    String conditions = Columns.conditions(results);
    text.append(conditions.isEmpty() ? "" : "\n" + conditions + "\n");
    for (Group group : results.groups()) {
      text.append("\n### ").append(group.first().label()).append("\n\n");
      List<String> header = Columns.header(group);
      text.append(line(header));
      text.append("|---|").append("---:|".repeat(header.size() - 1)).append('\n');
      for (Entry entry : group.entries()) {
        if (entry.isMeasured()) {
          text.append(line(row(group, entry)));
        }
      }
      Columns.notes(group).forEach(note -> text.append("\n- ").append(note.replace("\n", " · ")));
      text.append(Columns.notes(group).isEmpty() ? "" : "\n");
    }
    if (!results.absent().isEmpty()) {
      text.append("\nAbsent: ");
      text.append(
          String.join(
              "; ",
              results.absent().entrySet().stream()
                  .map(e -> e.getKey() + " (" + e.getValue() + ")")
                  .toList()));
      text.append('\n');
    }
    return text.toString();
  }

  /** Ours in bold. */
  private static List<String> row(Group group, Entry entry) {
    List<String> row = Columns.row(group, entry);
    if (Chart.isOurs(entry)) {
      row.replaceAll(cell -> "**" + cell + "**");
    }
    return Collections.unmodifiableList(row);
  }

  private static String line(List<String> cells) {
    return "| " + String.join(" | ", cells) + " |\n";
  }
}
