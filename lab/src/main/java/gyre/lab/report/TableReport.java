package gyre.lab.report;

import gyre.lab.result.Entry;
import gyre.lab.result.Results;
import gyre.lab.result.Results.Group;

/** The results as tables for the terminal. */
public final class TableReport {
  private TableReport() {}

  public static String of(Results results) {
    StringBuilder text = new StringBuilder();
    for (Group group : results.groups()) {
      text.append('\n').append(group(group));
    }
    if (!results.absent().isEmpty()) {
      text.append("\nabsent\n");
    }
    results
        .absent()
        .forEach((peer, reason) -> text.append("  " + peer + ": " + reason).append('\n'));
    String conditions = Columns.conditions(results);
    if (!conditions.isEmpty()) {
      text.append('\n').append(conditions).append('\n');
    }
    if (!results.complete()) {
      text.append("\nended early: this is what was measured until then\n");
    }
    return text.toString();
  }

  private static String group(Group group) {
    Grid grid = new Grid(Columns.header(group));
    for (Entry entry : group.entries()) {
      if (entry.isMeasured()) {
        grid.add(Columns.row(group, entry));
      }
    }
    StringBuilder text = new StringBuilder(group.first().label()).append('\n').append(grid);
    Columns.notes(group)
        .forEach(note -> text.append("  ").append(note.replace("\n", "\n    ")).append('\n'));
    return text.toString();
  }
}
