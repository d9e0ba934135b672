package gyre.insight;

import java.io.IOException;
import java.util.Locale;

/** What lives in the loops of a process, for its page: as many things as a person can look at. */
final class PageTree {
  private static final int SHOWN = 500;

  private PageTree() {}

  /** Those that have {@code text} in what is told of them; all where it is empty. */
  static String of(long pid, String text) throws IOException {
    String wanted = text.toLowerCase(Locale.ROOT);
    StringBuilder nodes = new StringBuilder();
    int[] counts = new int[2];
    Control.tree(
        pid,
        line -> {
          counts[0]++;
          if (counts[1] < SHOWN && line.toLowerCase(Locale.ROOT).contains(wanted)) {
            nodes.append(counts[1]++ == 0 ? "" : ",").append(line);
          }
        });
    return "{\"looked\":" + counts[0] + ",\"shown\":" + counts[1] + ",\"nodes\":[" + nodes + "]}";
  }
}
