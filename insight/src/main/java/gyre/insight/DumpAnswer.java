package gyre.insight;

import gyre.Loop;
import gyre.LoopTree;
import gyre.LoopTree.Node;
import gyre.spi.Internals;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/**
 * The tree of what lives in the loops. Each loop is asked to tell it; one that does not answer soon
 * is looked at from outside.
 */
final class DumpAnswer implements Answer {
  private static final long PATIENCE_NANOS = 300_000_000;
  private static final int NODES_MAX = 20_000;
  private static final int STACKS_MAX = 500;
  private static final int FRAMES_MAX = 12;

  private record Asked(WatchedLoop watched, CompletableFuture<List<Node>> tree) {}

  private final List<Asked> asked = new ArrayList<>();
  private final long deadlineNanos = System.nanoTime() + PATIENCE_NANOS;

  DumpAnswer(List<WatchedLoop> loops) {
    for (WatchedLoop watched : loops) {
      CompletableFuture<List<Node>> tree = new CompletableFuture<>();
      asked.add(new Asked(watched, tree));
      Loop loop = watched.loop();
      Internals.handToLoop(loop, () -> {
        try {
          boolean ignored = tree.complete(Internals.tree(loop, NODES_MAX, STACKS_MAX));
        } catch (Throwable e) {
          boolean ignored = tree.completeExceptionally(e);
        }
      });
    }
  }

  @Override
  public boolean work(Output output) {
    boolean isPatient = System.nanoTime() - deadlineNanos < 0;
    if (isPatient && asked.stream().anyMatch(each -> !each.tree.isDone())) {
      return false;
    }
    for (Asked each : asked) {
      output.write(text(each));
    }
    if (asked.isEmpty()) {
      output.write("no loop is open\n");
    }
    return true;
  }

  private static String text(Asked each) {
    Loop loop = each.watched.loop();
    StringBuilder text = new StringBuilder();
    text.append(loop.name()).append(" on ").append(loop.engineName());
    text.append(", fibers ").append(loop.fiberMode()).append('\n');
    boolean hasAnswered = each.tree.isDone() && !each.tree.isCompletedExceptionally();
    List<Node> nodes = hasAnswered ? each.tree.join() : fromOutside(each, text);
    long now = System.nanoTime();
    for (Node node : nodes) {
      append(text, node, now);
    }
    if (nodes.size() >= NODES_MAX) {
      text.append("  ... and more than ").append(NODES_MAX).append(" lines\n");
    }
    return text.append('\n').toString();
  }

  /** The lists may change while they are read: then what was read so far is lost. */
  private static List<Node> fromOutside(Asked each, StringBuilder text) {
    Loop loop = each.watched.loop();
    if (each.watched.isEnded()) {
      text.append("  it has ended\n");
      return List.of();
    }
    text.append("  !! it does not answer; this is a look from outside, and may be out of date\n");
    long since = each.watched.probe().turnSinceNanos();
    if (since != 0) {
      text.append("  !! its turn has lasted for ")
          .append(Figures.nanos(System.nanoTime() - since))
          .append('\n');
    }
    appendRunning(text, loop);
    try {
      return Internals.tree(loop, NODES_MAX, STACKS_MAX);
    } catch (RuntimeException e) {
      text.append("  !! what lives in it changes too fast to be read: ").append(e).append('\n');
      return List.of();
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
    text.append(indent)
        .append(word(node.type()))
        .append(' ')
        .append(node.name());
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

  private static void frames(
      StringBuilder text, List<StackTraceElement> stack, String indent) {
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
