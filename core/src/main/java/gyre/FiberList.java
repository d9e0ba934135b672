package gyre;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * Finds out what the fibers of a loop wait for. Nothing is noted while they run: handles are asked
 * who is parked in them, sources what is done in them, and the rest is read from the stacks.
 */
final class FiberList {
  private record Wait(String what, int descriptor) {}

  private final Map<Fiber<?>, Wait> inHandles = new HashMap<>();
  private final List<FiberInfo> list = new ArrayList<>();

  private FiberList() {}

  /** The oldest first within a scope, and outer scopes before inner ones. */
  static List<FiberInfo> of(List<Scope> roots) {
    FiberList fibers = new FiberList();
    for (Scope root : roots) {
      fibers.askHandles(root);
      fibers.collect(root);
    }
    return fibers.list;
  }

  private void askHandles(Scope scope) {
    for (HandleBase h = scope.firstHandle(); h != null; h = h.scopeNext) {
      HandleBase handle = h;
      handle.waits((fiber, doing, descriptor) -> {
        if (fiber != null) {
          inHandles.put(fiber, new Wait(doing + " " + handle.name(), descriptor));
        }
      });
    }
    for (Scope child = scope.firstChild(); child != null; child = child.nextSibling()) {
      askHandles(child);
    }
  }

  private void collect(Scope scope) {
    List<FiberInfo> here = new ArrayList<>();
    for (Fiber<?> fiber = scope.firstFiber(); fiber != null; fiber = fiber.siblingNext) {
      here.add(info(fiber));
    }
    list.addAll(here.reversed());
    for (Scope child = scope.firstChild(); child != null; child = child.nextSibling()) {
      collect(child);
    }
  }

  private FiberInfo info(Fiber<?> fiber) {
    List<StackTraceElement> stack = Arrays.asList(fiber.stackTrace());
    FiberInfo.State state = state(fiber);
    Wait wait = state == FiberInfo.State.PARKED ? wait(fiber, stack) : new Wait("", -1);
    return new FiberInfo(
        fiber.name(), fiber.scope().toString(), state, wait.what, wait.descriptor, stack);
  }

  private static FiberInfo.State state(Fiber<?> fiber) {
    if (fiber.isParked()) {
      return FiberInfo.State.PARKED;
    }
    return fiber.loop().mechanism().isBlockedElsewhere(fiber)
        ? FiberInfo.State.BLOCKED
        : FiberInfo.State.RUNNABLE;
  }

  private Wait wait(Fiber<?> fiber, List<StackTraceElement> stack) {
    Wait known = inHandles.get(fiber);
    if (known != null) {
      return known;
    }
    String doing = fiber.doing();
    return new Wait(doing.isEmpty() ? readFrom(stack) : doing, -1);
  }

  private static String readFrom(List<StackTraceElement> stack) {
    for (StackTraceElement frame : stack) {
      String place = frame.getClassName() + "." + frame.getMethodName();
      switch (place) {
        case "gyre.Fiber.park" -> {
          return "parked until somebody calls unpark";
        }
        default -> {}
      }
    }
    return "";
  }
}
