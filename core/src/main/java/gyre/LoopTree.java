package gyre;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * What lives in a loop, as a tree, with what each fiber waits for and who could wake it.
 *
 * <p>On the loop it is exact. It may also be read from another thread, where the loop is stuck: the
 * lists may change meanwhile, so that something may be missing or told twice. Both are bounded.
 *
 * <p>No part of the API.
 */
public final class LoopTree {
  /** What a line is about. */
  public enum Type {
    SCOPE,
    FIBER,
    HANDLE,
    CALLBACK
  }

  /**
   * A line of the tree.
   *
   * @param depth how far from the root
   * @param waitsFor in words; empty where it does not wait
   * @param wakes who could wake it; empty where that is not known
   * @param sinceNanos when the wait began or the handle was opened, by the clock of the loop; 0
   *     where that is not known
   * @param stack the innermost frame first
   */
  public record Node(
      int depth,
      Type type,
      String name,
      String state,
      String waitsFor,
      String wakes,
      long sinceNanos,
      List<StackTraceElement> stack) {
    public Node {
      stack = List.copyOf(stack);
    }
  }

  private record Wait(HandleBase handle, String doing, int descriptor) {}

  private final Loop loop;
  private final int limit;
  private final int stacks;

  /** Scopes that may still be walked and handles that may be asked: the work is bounded too. */
  private int steps;

  private boolean isAllAsked = true;
  private final Map<Fiber<?>, Wait> inHandles = new HashMap<>();
  private final List<Node> nodes = new ArrayList<>();
  private int stacksTaken;

  private LoopTree(Loop loop, int limit, int stacks) {
    this.loop = loop;
    this.limit = limit;
    this.steps = limit;
    this.stacks = stacks;
  }

  /**
   * @param limit how many lines at most, and how many handles are asked who waits in them
   * @param stacks how many stacks at most: each takes some microseconds of the loop
   */
  static List<Node> of(Loop loop, int limit, int stacks) {
    LoopTree tree = new LoopTree(loop, limit, stacks);
    for (Scope root : loop.roots()) {
      tree.askHandles(root);
    }
    for (Scope root : loop.roots()) {
      tree.add(root, 0);
    }
    tree.addCallbacks();
    return tree.nodes;
  }

  private boolean isFull() {
    return nodes.size() >= limit;
  }

  private boolean hasStep() {
    isAllAsked &= steps > 0;
    return steps-- > 0;
  }

  private void askHandles(Scope scope) {
    if (!hasStep()) {
      return;
    }
    for (HandleBase h = scope.firstHandle(); h != null && hasStep(); h = h.scopeNext) {
      HandleBase handle = h;
      handle.waits((fiber, doing, descriptor) -> {
        if (fiber != null) {
          inHandles.put(fiber, new Wait(handle, doing, descriptor));
        }
      });
    }
    Scope child = scope.firstChild();
    for (; child != null && steps > 0; child = child.nextSibling()) {
      askHandles(child);
    }
    isAllAsked &= child == null;
  }

  private void add(Scope scope, int depth) {
    if (isFull()) {
      return;
    }
    nodes.add(
        new Node(
            depth,
            Type.SCOPE,
            scope.name(),
            scope.cancellation().isCancelled() ? "CANCELLED" : "OPEN",
            "",
            "",
            0,
            List.of()));
    for (Fiber<?> f = scope.firstFiber(); f != null && !isFull(); f = f.siblingNext) {
      nodes.add(node(f, depth + 1));
    }
    for (HandleBase h = scope.firstHandle(); h != null && !isFull(); h = h.scopeNext) {
      nodes.add(node(h, depth + 1));
    }
    Scope child = scope.firstChild();
    for (; child != null && !isFull(); child = child.nextSibling()) {
      add(child, depth + 1);
    }
  }

  /** Those that have begun: most of them wait for something. */
  private void addCallbacks() {
    Fiber<?> f = loop.internal().firstFiber();
    for (; f != null && !isFull(); f = f.siblingNext) {
      HandleBase handle = f.serves;
      if (f.isPump() && (handle != null || f.inPost)) {
        Node fiber = node(f, 0);
        nodes.add(
            new Node(
                0,
                Type.CALLBACK,
                handle == null ? "a posted task" : handle.name(),
                fiber.state,
                fiber.waitsFor,
                fiber.wakes,
                fiber.sinceNanos,
                fiber.stack));
      }
    }
  }

  private Node node(HandleBase handle, int depth) {
    return new Node(
        depth,
        Type.HANDLE,
        handle.name(),
        handle.state() + (handle.isInCallbackNow() ? ", in a callback" : ""),
        "",
        "",
        handle.openedNanos(),
        List.of());
  }

  private Node node(Fiber<?> fiber, int depth) {
    boolean isParked = fiber.isParked();
    String state =
        isParked
            ? "PARKED"
            : loop.isRunning(fiber)
                ? "RUNNING"
                : loop.mechanism().isBlockedElsewhere(fiber) ? "BLOCKED" : "RUNNABLE";
    Wait wait = inHandles.get(fiber);
    String doing =
        !isParked ? "" : wait == null ? fiber.doing() : wait.doing + " " + wait.handle.name();
    return new Node(
        depth,
        Type.FIBER,
        fiber.name(),
        state,
        isParked && doing.isEmpty() ? parkedFor() : doing,
        isParked ? wakes(fiber, wait) : "",
        isParked ? fiber.parkedNanos() : 0,
        stack(fiber));
  }

  private String parkedFor() {
    return isAllAsked
        ? "parked until somebody calls unpark"
        : "parked; there are too many handles to ask which";
  }

  private static String wakes(Fiber<?> fiber, @Nullable Wait wait) {
    if (wait != null) {
      return wait.descriptor < 0
          ? "what happens to " + wait.handle.name()
          : "the kernel, by descriptor " + wait.descriptor;
    }
    if (isReady(fiber.awaited())) {
      return "nobody: it is ready, and the fiber was not woken";
    }
    return switch (fiber.awaited()) {
      case Fiber.End end -> "the end of fiber " + end.awaited.name();
      case ScopeEnd end -> "the end of all fibers of scope " + end.scope;
      case HoldWait held -> holders(held);
      case Deadline deadline -> "the clock, in " + deadline.remainingNanos() / 1_000_000 + " ms";
      case null, default -> "";
    };
  }

  /** Of those that programs make too, which may forget to wake who waits. */
  private static boolean isReady(@Nullable Source awaited) {
    try {
      return awaited instanceof WaitPoint point
          && !(awaited instanceof Deadline) // one that is due is told of by the next turn
          && point.isReady();
    } catch (RuntimeException e) {
      return false; // read from outside it may be half changed
    }
  }

  private static String holders(HoldWait wait) {
    StringBuilder names = new StringBuilder();
    wait.eachHolder(
        holder -> names.append(names.isEmpty() ? "fiber " : ", fiber ").append(holder.name()));
    return names.isEmpty() ? "" : names + ", which holds " + wait.what();
  }

  private List<StackTraceElement> stack(Fiber<?> fiber) {
    return stacksTaken++ < stacks ? Arrays.asList(fiber.stackTrace()) : List.of();
  }
}
