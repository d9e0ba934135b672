package gyre.lab.profile;

import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;

/** Stacks as a picture: as wide as they were seen often, callers below. It needs no script. */
final class FlameGraph {
  private static final int WIDTH = 1180;
  private static final int ROW = 18;
  private static final int LETTER = 7;

  /** What is narrower is not drawn: nobody could point at it. */
  private static final double LEAST_WIDTH = 0.5;

  private static final int DEEPEST = 256;
  private static final String STYLE =
      """
      :root { color-scheme: light dark; }
      body { font: 15px/1.5 system-ui, sans-serif; margin: 20px; }
      svg { font: 11px ui-monospace, monospace; max-width: 100%; height: auto; }
      rect { stroke: Canvas; stroke-width: .5; } rect:hover { filter: brightness(1.2); }
      .java { fill: #6cbf84; } .native { fill: #e3a857; } .kernel { fill: #df7a6c; }
      text { fill: #111; pointer-events: none; }
      """;

  private FlameGraph() {}

  /** A function with those that it called. */
  private static final class Node {
    private final Map<String, Node> called = new TreeMap<>();
    private long count;
  }

  /** A page that needs nothing else. */
  static String html(String title, Frames frames) {
    Node root = tree(frames);
    StringBuilder boxes = new StringBuilder();
    int rows = Math.min(DEEPEST, depth(root));
    int height = rows * ROW;
    draw(boxes, root, 0, height - ROW, (double) WIDTH / Math.max(1, root.count), root.count);
    return """
    <!doctype html>
    <html lang="en"><head><meta charset="utf-8"><title>%s</title><style>
    %s</style></head><body><h1>%s</h1>
    <p>%,d samples. Width is how often; what lies above was called by what is below. Green is Java,
    orange native code, red the kernel. Point at a box for its name.</p>
    <svg width="%d" height="%d" viewBox="0 0 %d %d" role="img" aria-label="flame graph">
    %s</svg></body></html>
    """
        .formatted(
            escape(title), STYLE, escape(title), root.count, WIDTH, height, WIDTH, height, boxes);
  }

  private static Node tree(Frames frames) {
    Node root = new Node();
    frames
        .stacks()
        .forEach((stack, count) -> {
          Node at = root;
          at.count += count;
          for (String frame : stack.split(";", DEEPEST)) {
            at = at.called.computeIfAbsent(frame, _ -> new Node());
            at.count += count;
          }
        });
    return root;
  }

  private static int depth(Node node) {
    return node.called.values().stream().mapToInt(each -> 1 + depth(each)).max().orElse(0);
  }

  private static void draw(
      StringBuilder out, Node node, double left, int top, double perSample, long all) {
    double x = left;
    for (Map.Entry<String, Node> each : node.called.entrySet()) {
      double width = each.getValue().count * perSample;
      if (width >= LEAST_WIDTH && top >= 0) {
        box(out, each.getKey(), each.getValue().count, x, top, width, all);
        draw(out, each.getValue(), x, top - ROW, perSample, all);
      }
      x += width;
    }
  }

  private static void box(
      StringBuilder out, String frame, long count, double x, int y, double width, long all) {
    boolean isKernel = frame.endsWith("_[k]");
    String kind = isKernel ? "kernel" : frame.contains("/") ? "java" : "native";
    String name = frame.replaceAll("_\\[[a-z0-9]+]$", "");
    int letters = (int) (width / LETTER);
    String text = letters < 3 ? "" : name.length() <= letters ? name : name.substring(0, letters);
    out.append(
        String.format(
            Locale.ROOT,
            "<g><title>%s: %d samples, %.1f %%</title><rect class=\"%s\" x=\"%.1f\" y=\"%d\""
                + " width=\"%.1f\" height=\"%d\"/><text x=\"%.1f\" y=\"%d\">%s</text></g>%n",
            escape(name),
            count,
            100.0 * count / Math.max(1, all),
            kind,
            x,
            y,
            width,
            ROW - 1,
            x + 2,
            y + ROW - 5,
            escape(text)));
  }

  private static String escape(String text) {
    return text.replace("&", "&amp;")
        .replace("<", "&lt;")
        .replace(">", "&gt;")
        .replace("\"", "&quot;");
  }
}
