package gyre.lab.report;

import java.util.ArrayList;
import java.util.List;

/** Text in columns: names to the left, figures to the right. */
final class Grid {
  private final List<List<String>> rows = new ArrayList<>();

  Grid(List<String> header) {
    rows.add(header);
  }

  void add(List<String> row) {
    assert row.size() == rows.getFirst().size() : row + " under " + rows.getFirst();
    rows.add(row);
  }

  @Override
  public String toString() {
    StringBuilder text = new StringBuilder();
    for (List<String> row : rows) {
      StringBuilder line = new StringBuilder(" ");
      for (int column = 0; column < row.size(); column++) {
        String cell = row.get(column);
        String space = " ".repeat(width(column) - cell.length());
        line.append(column == 0 ? " " + cell + space : "  " + space + cell);
      }
      text.append(line.toString().stripTrailing()).append('\n');
    }
    return text.toString();
  }

  private int width(int column) {
    return rows.stream().mapToInt(row -> row.get(column).length()).max().orElse(0);
  }
}
