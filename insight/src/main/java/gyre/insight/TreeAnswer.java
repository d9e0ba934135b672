package gyre.insight;

import gyre.Loop;
import gyre.LoopTree.Node;
import gyre.spi.Internals;
import java.util.ArrayDeque;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/**
 * The tree of what lives in the loops. Each loop is asked to tell it; one that does not answer soon
 * is looked at from outside.
 */
abstract class TreeAnswer implements Answer {
  private static final long PATIENCE_NANOS = 300_000_000;

  private record Asked(WatchedLoop watched, CompletableFuture<List<Node>> tree) {}

  private final int nodesMax;
  private final int stacksMax;
  private final ArrayDeque<Asked> asked = new ArrayDeque<>();
  private final long deadlineNanos = System.nanoTime() + PATIENCE_NANOS;

  TreeAnswer(List<WatchedLoop> loops, int nodesMax, int stacksMax) {
    this.nodesMax = nodesMax;
    this.stacksMax = stacksMax;
    for (WatchedLoop watched : loops) {
      CompletableFuture<List<Node>> tree = new CompletableFuture<>();
      asked.add(new Asked(watched, tree));
      Loop loop = watched.loop();
      Internals.handToLoop(
          loop,
          () -> {
            try {
              boolean ignored = tree.complete(Internals.tree(loop, nodesMax, stacksMax));
            } catch (Throwable e) {
              boolean ignored = tree.completeExceptionally(e);
            }
          });
    }
  }

  /** Of one loop, exact as long as the loop itself has told it. */
  abstract String told(WatchedLoop watched, List<Node> nodes);

  /**
   * Of one that does not answer.
   *
   * @param nodes null where what lives in it could not be read, or it has ended
   */
  abstract String seen(WatchedLoop watched, @Nullable List<Node> nodes);

  /** One loop at a time: all of them at once may be more than a client can take. */
  @Override
  public final boolean work(Output output) {
    boolean isPatient = System.nanoTime() - deadlineNanos < 0;
    if (isPatient && asked.stream().anyMatch(each -> !each.tree.isDone())) {
      return false;
    }
    Asked each = asked.poll();
    if (each != null) {
      boolean hasAnswered = each.tree.isDone() && !each.tree.isCompletedExceptionally();
      output.write(
          hasAnswered
              ? told(each.watched, each.tree.join())
              : seen(each.watched, fromOutside(each.watched)));
    }
    return asked.isEmpty();
  }

  /** The lists may change while they are read: then what was read so far is lost. */
  private @Nullable List<Node> fromOutside(WatchedLoop watched) {
    if (watched.isEnded()) {
      return null;
    }
    try {
      return Internals.tree(watched.loop(), nodesMax, stacksMax);
    } catch (RuntimeException | StackOverflowError e) {
      StallLog.LOGGER.log(System.Logger.Level.DEBUG, "a tree that changed while it was read", e);
      return null;
    }
  }
}
