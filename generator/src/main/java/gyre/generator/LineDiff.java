package gyre.generator;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** What differs between two texts, by the longest common sequence of their lines. */
final class LineDiff {
  private static final int CONTEXT = 3;

  /** The table is of the square of it; longer files are told of as a whole. */
  private static final int LINES_MAX = 2_000;

  private final List<String> before;
  private final List<String> after;

  /** Each begins with a blank, {@code -} or {@code +}. */
  private final List<String> edits = new ArrayList<>();

  private LineDiff(List<String> before, List<String> after) {
    this.before = before;
    this.after = after;
  }

  /** As {@code diff -u} prints it. */
  static String of(Path path, String before, String after) {
    LineDiff diff = new LineDiff(before.lines().toList(), after.lines().toList());
    StringBuilder out = new StringBuilder();
    out.append("--- ").append(path).append("\n+++ ").append(path).append(" (generated)\n");
    if (diff.before.size() > LINES_MAX || diff.after.size() > LINES_MAX) {
      return out.append("(too long to compare line by line)\n").toString();
    }
    diff.compare();
    diff.print(out);
    return out.toString();
  }

  private void compare() {
    int[][] common = lengths();
    int i = 0;
    int j = 0;
    while (i < before.size() || j < after.size()) {
      if (i < before.size() && j < after.size() && before.get(i).equals(after.get(j))) {
        edits.add(" " + before.get(i));
        i++;
        j++;
      } else if (j == after.size() || (i < before.size() && common[i + 1][j] >= common[i][j + 1])) {
        edits.add("-" + before.get(i++));
      } else {
        edits.add("+" + after.get(j++));
      }
    }
  }

  /** How many lines the rests have in common. */
  private int[][] lengths() {
    int[][] common = new int[before.size() + 1][after.size() + 1];
    for (int i = before.size() - 1; i >= 0; i--) {
      for (int j = after.size() - 1; j >= 0; j--) {
        common[i][j] =
            before.get(i).equals(after.get(j))
                ? common[i + 1][j + 1] + 1
                : Math.max(common[i + 1][j], common[i][j + 1]);
      }
    }
    return common;
  }

  private void print(StringBuilder out) {
    int oldLine = 1;
    int newLine = 1;
    int at = 0;
    while (at < edits.size()) {
      int end = hunkEnd(at);
      if (end < 0) {
        char sign = edits.get(at).charAt(0);
        oldLine += sign == '+' ? 0 : 1;
        newLine += sign == '-' ? 0 : 1;
        at++;
        continue;
      }
      List<String> hunk = edits.subList(at, end);
      int olds = (int) hunk.stream().filter(edit -> edit.charAt(0) != '+').count();
      int news = (int) hunk.stream().filter(edit -> edit.charAt(0) != '-').count();
      out.append("@@ -%d,%d +%d,%d @@\n".formatted(oldLine, olds, newLine, news));
      hunk.forEach(edit -> out.append(edit).append('\n'));
      oldLine += olds;
      newLine += news;
      at = end;
    }
  }

  /** Where a hunk ends that begins here, or -1 if none does: no change is near enough. */
  private int hunkEnd(int from) {
    int lastChange = -1;
    for (int i = from; i < edits.size(); i++) {
      if (edits.get(i).charAt(0) != ' ') {
        lastChange = i;
      } else if (i - Math.max(from - 1, lastChange) > (lastChange < 0 ? CONTEXT : 2 * CONTEXT)) {
        break;
      }
    }
    return lastChange < 0 ? -1 : Math.min(edits.size(), lastChange + 1 + CONTEXT);
  }
}
