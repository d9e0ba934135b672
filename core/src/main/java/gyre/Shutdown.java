package gyre;

import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * The orderly end of a loop, as a fiber of its own outside of the scopes that it ends.
 *
 * <pre>
 *   stop accepting → drain → cancel fibers → close handles → force → done
 * </pre>
 *
 * Each step has a deadline, so that the whole is finite; it is poked whenever something ends.
 */
final class Shutdown {
  private static final String POSTED = "a posted task";
  private static final int NAMES_LIMIT = 20;
  private static final int FRAMES_LIMIT = 8;
  private static final int HURRIED_TURNS = 32;
  private static final long RELEASE_NANOS = 200_000_000;
  private static final long LONGEST_RELEASE_NANOS = 1_000_000_000;

  private final Loop loop;
  private final ShutdownOptions options;
  private final long startNanos;
  private final List<String> cancelled = new ArrayList<>();
  private final List<String> forced = new ArrayList<>();
  private @Nullable Step step;
  private @Nullable ShutdownReport report;
  private boolean hurry;

  Shutdown(Loop loop, ShutdownOptions options) {
    this.loop = loop;
    this.options = options;
    this.startNanos = loop.nanoTime();
  }

  void begin() {
    Fiber<?> ignored =
        loop.internal()
            .launch(
                "shutdown",
                () -> {
                  run();
                  return true;
                });
  }

  /** Something has ended: look again. */
  void poke() {
    if (step != null) {
      step.wakeAll();
    }
  }

  /** Waits for nothing any more. */
  void force() {
    hurry = true;
    poke();
  }

  boolean isDone() {
    return report != null;
  }

  /** How long offloaded jobs are waited for. */
  long poolNanos() {
    long limitNanos = options.poolNanos();
    return hurry ? Math.min(limitNanos, ShutdownOptions.IMMEDIATE.poolNanos()) : limitNanos;
  }

  /** Once it is done: something else was left behind. */
  void addForced(String what) {
    ShutdownReport known = report;
    if (known != null) {
      List<String> all = new ArrayList<>(known.forced());
      all.add(what);
      report = new ShutdownReport(known.took(), known.cancelled(), List.copyOf(all));
    }
  }

  /** Whether fibers were left behind, so that nobody may wait for them. */
  boolean isForced() {
    return report != null && !report.forced().isEmpty();
  }

  @Nullable ShutdownReport report() {
    return report;
  }

  private void run() {
    Scope root = loop.root();
    Pump pump = loop.pump();
    ShutdownActions actions = loop.shutdownActions();
    try {
      root.drain();
      actions.begin();
      await(options.drainNanos(), () -> root.isQuiet() && !pump.isInPost() && actions.isDone());
      if (!root.isEmpty() || pump.isInPost() || !actions.isDone()) {
        eachFiber(root, f -> note(cancelled, f.name()));
        pump.eachInPost(f -> note(cancelled, POSTED));
        eachScope(root, scope -> scope.cancel("the loop is shutting down"));
        await(
            options.cancelNanos(), () -> !hasFibers(root) && !pump.isInPost() && actions.isDone());
        cancelActions(actions);
        eachScope(root, Scope::closeHandles);
        await(options.closeNanos(), () -> root.isEmpty() && actions.isDone());
      }
      pump.eachInPost(f -> note(forced, describe(POSTED, f)));
      for (Scope scope : loop.roots()) {
        eachFiber(scope, f -> note(forced, describe("fiber " + f.name(), f)));
        eachHandle(scope, h -> note(forced, h.toString()));
        abortAll(scope);
      }
      awaitRelease(() -> loop.roots().stream().noneMatch(Shutdown::hasHandles));
    } finally {
      Duration took = Duration.ofNanos(loop.nanoTime() - startNanos);
      report = new ShutdownReport(took, List.copyOf(cancelled), List.copyOf(forced));
    }
  }

  private void cancelActions(ShutdownActions actions) {
    if (!actions.isDone()) {
      actions.cancel();
      note(cancelled, "an action of the shutdown");
    }
    if (actions.left() > 0) {
      note(forced, actions.left() + " actions of the shutdown, for which there was no time");
    }
  }

  /** The kernel lets go of what is aborted at once, but not within the call: hurried or not. */
  private void awaitRelease(BooleanSupplier done) {
    boolean hurried = hurry;
    hurry = false;
    try {
      await(Math.clamp(options.closeNanos(), RELEASE_NANOS, LONGEST_RELEASE_NANOS), done);
    } finally {
      hurry |= hurried;
    }
  }

  /** The next step takes what this one leaves. */
  private void await(long limitNanos, BooleanSupplier done) {
    if (limitNanos == 0 || done.getAsBoolean()) {
      return;
    }
    Step current = new Step(done);
    step = current;
    Source ignored = Fiber.awaitFirst(current, Deadline.in(loop, limitNanos));
    step = null;
    if (hurry) {
      takeSomeTurns(loop.fiber(), done);
    }
  }

  /** Waited for until it is done, or nothing is waited for any more. */
  private final class Step extends WaitPoint {
    private final BooleanSupplier done;

    Step(BooleanSupplier done) {
      this.done = done;
    }

    @Override
    public boolean isReady() {
      return hurry || done.getAsBoolean();
    }

    @Override
    public String doing() {
      return "waiting for what lives in the loop to end";
    }
  }

  /** Not to wait does not mean that what is ready to end is left behind. */
  private static void takeSomeTurns(Fiber<?> self, BooleanSupplier done) {
    for (int i = 0; i < HURRIED_TURNS && !done.getAsBoolean(); i++) {
      self.giveWay();
    }
  }

  static String describe(String what, Fiber<?> fiber) {
    String stack =
        Arrays.stream(fiber.stackTrace())
            .dropWhile(frame -> "java.base".equals(frame.getModuleName()))
            .limit(FRAMES_LIMIT)
            .map(StackTraceElement::toString)
            .collect(Collectors.joining(" < "));
    return what + (stack.isEmpty() ? "" : " at " + stack);
  }

  private static void note(List<String> names, String name) {
    if (names.size() < NAMES_LIMIT) {
      names.add(name);
    } else if (names.size() == NAMES_LIMIT) {
      names.add("and more");
    }
  }

  private static boolean hasFibers(Scope scope) {
    boolean[] found = {false};
    eachFiber(scope, f -> found[0] = true);
    return found[0];
  }

  static void abortAll(Scope root) {
    eachHandle(root, HandleBase::abort);
  }

  static boolean hasHandles(Scope scope) {
    boolean[] found = {false};
    eachHandle(scope, h -> found[0] = true);
    return found[0];
  }

  static void eachScope(Scope scope, Consumer<Scope> action) {
    Scope child = scope.firstChild();
    while (child != null) {
      Scope next = child.nextSibling();
      eachScope(child, action);
      child = next;
    }
    action.accept(scope);
  }

  private static void eachFiber(Scope root, Consumer<Fiber<?>> action) {
    eachScope(
        root,
        scope -> {
          Fiber<?> fiber = scope.firstFiber();
          while (fiber != null) {
            Fiber<?> next = fiber.siblingNext;
            action.accept(fiber);
            fiber = next;
          }
        });
  }

  static void eachHandle(Scope root, Consumer<HandleBase> action) {
    eachScope(
        root,
        scope -> {
          HandleBase handle = scope.firstHandle();
          while (handle != null) {
            HandleBase next = handle.scopeNext;
            action.accept(handle);
            handle = next;
          }
        });
  }
}
