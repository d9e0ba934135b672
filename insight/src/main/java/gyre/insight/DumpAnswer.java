package gyre.insight;

import gyre.Loop;
import gyre.LoopTree;
import gyre.LoopTree.Node;
import gyre.spi.Internals;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** The tree of what lives in the loops, in words. */
final class DumpAnswer extends TreeAnswer {
  private static final int NODES_MAX = 20_000;
  private static final int STACKS_MAX = 500;
  private static final int FRAMES_MAX = 12;

  DumpAnswer(List<WatchedLoop> loops) {
    super(loops, NODES_MAX, STACKS_MAX);
  }

  @Override
  String told(WatchedLoop watched, List<Node> nodes) {
    StringBuilder text = head(watched.loop());
    appendAll(text, nodes);
    return text.append('\n').toString();
  }

  @Override
  String seen(WatchedLoop watched, @Nullable List<Node> nodes) {
    StringBuilder text = head(watched.loop());
    if (watched.isEnded()) {
      return text.append("  it has ended\n").toString();
    }
    text.append("  !! it does not answer; this is a look from outside, and may be out of date\n");
    long since = watched.probe().turnSinceNanos();
    if (since != 0) {
      text.append("  !! its turn has lasted for ")
          .append(Figures.nanos(System.nanoTime() - since))
          .append('\n');
    }
    appendRunning(text, watched.loop());
    if (nodes == null) {
      text.append("  !! what lives in it changes too fast to be read\n");
    } else {
      appendAll(text, nodes);
    }
    return text.append('\n').toString();
  }

  private static StringBuilder head(Loop loop) {
    return new StringBuilder()
        .append(loop.name())
        .append(" on ")
        .append(loop.engineName())
        .append(", fibers ")
        .append(loop.fiberMode())
        .append('\n');
  }

  private static void appendAll(StringBuilder text, List<Node> nodes) {
    long now = System.nanoTime();
    for (Node node : nodes) {
      append(text, node, now);
    }
    if (nodes.size() >= NODES_MAX) {
      text.append("  ... and more than ").append(NODES_MAX).append(" lines\n");
    }
  }

  private static void appendRunning(StringBuilder text, Loop loop) {
    var fiber = Internals.running(loop);
    Thread thread = fiber == null ? Internals.thread(loop) : Internals.thread(fiber);
    text.append("  !! ")
        .append(fiber == null ? "the loop itself" : "fiber " + fiber.name())
        .append(" is at\n");
    frames(text, List.of(thread.getStackTrace()), "     ");
  }

  private static void append(StringBuilder text, Node node, long now) {
    String indent = "  ".repeat(node.depth() + 1);
    text.append(indent).append(word(node.type())).append(' ').append(node.name());
    if (node.type() != LoopTree.Type.SCOPE || !node.state().equals("OPEN")) {
      text.append(" [").append(node.state()).append(']');
    }
    if (!node.waitsFor().isEmpty()) {
      text.append(' ').append(node.waitsFor());
    }
    if (node.sinceNanos() != 0) {
      text.append(node.type() == LoopTree.Type.HANDLE ? " open for " : " for ")
          .append(Figures.nanos(Math.max(0, now - node.sinceNanos())));
    }
    if (!node.wakes().isEmpty()) {
      text.append("; woken by ").append(node.wakes());
    }
    text.append('\n');
    frames(text, node.stack(), indent + "    ");
  }

  private static String word(LoopTree.Type type) {
    return switch (type) {
      case SCOPE -> "scope";
      case FIBER -> "fiber";
      case HANDLE -> "handle";
      case CALLBACK -> "callback of";
    };
  }

  private static void frames(StringBuilder text, List<StackTraceElement> stack, String indent) {
    int shown = 0;
    for (StackTraceElement frame : stack) {
      if (shown == FRAMES_MAX) {
        text.append(indent).append("...\n");
        return;
      }
      if (shown > 0 || !isParking(frame)) {
        text.append(indent).append("at ").append(frame).append('\n');
        shown++;
      }
    }
  }

  /** How a fiber parks is the same for all of them. */
  private static boolean isParking(StackTraceElement frame) {
    @Nullable String module = frame.getModuleName();
    return "java.base".equals(module)
        || frame.getClassName().startsWith("gyre.loop.")
        || (frame.getClassName().equals("gyre.Fiber") && frame.getMethodName().startsWith("park"));
  }
}
