package gyre;

import gyre.loop.Callbacks;
import gyre.loop.Inbox;
import gyre.probe.Probe;
import java.util.ArrayDeque;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * The fibers that run callbacks: user code must never run on the loop's bare thread, where a lock
 * held by a parked fiber would stop everything for good.
 *
 * <p>One fiber takes callback after callback and parks when there is none. If a callback parks,
 * that fiber stays with it, and another takes over.
 */
final class Pump implements Callbacks {
  private static final int IDLE_LIMIT = 8;

  private final Loop loop;
  private final Scope scope;

  /** Handles and runnables, in the order in which they were requested. */
  private final ArrayDeque<Object> callbacks = new ArrayDeque<>();

  private final ArrayDeque<Fiber<?>> idle = new ArrayDeque<>(IDLE_LIMIT);
  private @Nullable Fiber<?> active;
  private int budget;

  /** What was left of the budget when a fiber was last woken for it. */
  private int budgetAtWake;

  /** Posted tasks that have begun and not ended. */
  private int posts;

  private boolean closed;

  private final @Nullable Probe probe;

  Pump(Loop loop, Scope scope, @Nullable Probe probe) {
    this.loop = loop;
    this.scope = scope;
    this.probe = probe;
  }

  @Override
  public void add(Runnable callback) {
    addAny(callback);
  }

  void add(HandleBase handle) {
    addAny(handle);
  }

  private void addAny(Object callback) {
    if (closed) {
      Inbox.discard(callback);
    } else {
      callbacks.add(callback);
    }
  }

  @Override
  public boolean isEmpty() {
    return callbacks.isEmpty();
  }

  @Override
  public int size() {
    return callbacks.size();
  }

  @Override
  public void begin() {
    budget = callbacks.size();
    if (budget > 0) {
      wakeOne();
    }
  }

  private void wakeOne() {
    budgetAtWake = budget;
    Fiber<?> pump = idle.pollLast();
    if (pump != null) {
      active = pump;
      pump.wake();
    } else {
      active = scope.launch("pump", this::run, true);
    }
  }

  /** One that has not come to begin with any is not helped by another: the next turn goes on. */
  @Override
  public boolean takeOver() {
    if (budget == 0 || callbacks.isEmpty() || budget == budgetAtWake) {
      return false;
    }
    wakeOne();
    return true;
  }

  private boolean run() {
    Fiber<?> self = loop.fiber();
    while (true) {
      active = self;
      while (budget > 0 && active == self) {
        budget--;
        Object callback = callbacks.poll();
        if (callback == null) {
          budget = 0;
          break;
        }
        runOne(self, callback);
      }
      self.enter(scope, scope.cancellation());
      if (active == self) {
        active = null;
      }
      if (idle.size() == IDLE_LIMIT) {
        return true;
      }
      idle.addLast(self);
      while (idle.contains(self)) { // or else something woke it that has no callbacks for it
        self.parkHere();
      }
    }
  }

  private void runOne(Fiber<?> self, Object callback) {
    if (probe != null) {
      probe.callbackBegins();
    }
    if (callback instanceof HandleBase handle) {
      handle.runCallback(self);
    } else {
      runPost(self, (Runnable) callback);
    }
    loop.mechanism().reclaim();
    if (probe != null) {
      int kind = callback instanceof HandleBase handle ? handle.probeKind() : loop.postKind();
      probe.callbackEnded(loop.engine().nanoTime(), kind, callback);
    }
    if (self.held != null) {
      HoldBase.abandonAll(self);
    }
    if (Thread.interrupted()) {
      // It was for this callback, not for the next.
    }
  }

  /** It belongs to the root, and is cancelled with what lives there. */
  private void runPost(Fiber<?> self, Runnable task) {
    self.inPost = true;
    posts++;
    try {
      self.enter(loop.root(), loop.root().cancellation());
      task.run();
    } catch (Throwable e) {
      failed(e);
    }
    Throwable left = self.closeScopesUpTo(loop.root(), null);
    if (left != null) {
      loop.report("callback", left);
    }
    self.inPost = false;
    posts--;
    if (posts == 0) {
      loop.lifeEnded();
    }
  }

  /** Whether a posted task has begun and not ended. */
  boolean isInPost() {
    return posts > 0;
  }

  /** The fibers that run such tasks. */
  void eachInPost(Consumer<Fiber<?>> action) {
    for (Fiber<?> fiber = scope.firstFiber(); fiber != null; fiber = fiber.siblingNext) {
      if (fiber.inPost) {
        action.accept(fiber);
      }
    }
  }

  private void failed(Throwable failure) {
    if (failure instanceof CancelledException && loop.root().cancellation().isCancelled()) {
      Failures.eachHidden(failure, hidden -> loop.report("callback", hidden));
    } else {
      loop.report("callback", failure);
    }
  }

  /** Ends the fibers, and takes and keeps no callback any more. Nothing else cancels them. */
  void close() {
    closed = true;
    callbacks.forEach(Inbox::discard);
    callbacks.clear();
    scope.cancel("the loop is closing");
    loop.root().cancel("the loop is closing"); // those posted after a shutdown that was through
  }
}
