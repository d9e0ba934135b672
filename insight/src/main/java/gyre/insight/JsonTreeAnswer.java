package gyre.insight;

import gyre.LoopTree.Node;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** The tree of what lives in the loops, as JSON, a line each. */
final class JsonTreeAnswer extends TreeAnswer {
  JsonTreeAnswer(List<WatchedLoop> loops, int nodesMax, int stacksMax) {
    super(loops, nodesMax, stacksMax);
  }

  @Override
  String told(WatchedLoop watched, List<Node> nodes) {
    return lines(watched.loop().name(), nodes, true);
  }

  @Override
  String seen(WatchedLoop watched, @Nullable List<Node> nodes) {
    return nodes == null ? "" : lines(watched.loop().name(), nodes, false);
  }

  private static String lines(String loop, List<Node> nodes, boolean isExact) {
    long now = System.nanoTime();
    StringBuilder lines = new StringBuilder();
    for (Node node : nodes) {
      lines.append(
          Json.object(json -> {
            json.put("loop", loop);
            json.put("exact", isExact);
            json.put("depth", node.depth());
            json.put("type", node.type().name());
            json.put("name", node.name());
            json.put("state", node.state());
            json.put("waits_for", node.waitsFor());
            json.put("wakes", node.wakes());
            json.put("age_nanos", node.sinceNanos() == 0 ? 0 : now - node.sinceNanos());
            json.array(
                "stack", stack -> node.stack().forEach(frame -> stack.element(frame.toString())));
          }));
      lines.append('\n');
    }
    return lines.toString();
  }
}
