package gyre;

import java.lang.invoke.MethodHandle;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.MethodType;
import java.lang.invoke.VarHandle;
import java.util.concurrent.Executor;
import java.util.concurrent.locks.LockSupport;

/**
 * Fibers as virtual threads whose scheduler is the loop.
 *
 * <p>The JDK hands each fiber's continuation to its {@link Executor} whenever the fiber becomes
 * runnable: from the loop's own thread (then it goes to the run queue) or from any other (then to
 * the inbox). The scheduler of a virtual thread that user code starts inside a fiber is inherited,
 * so a fiber's executor may be handed continuations that are not the fiber's own: the loop runs
 * those too, and {@link OrphanThreads} once it is closed.
 */
final class NativeFibers implements FiberMechanism {
  private static final int NO_INHERITABLE_THREAD_LOCALS = 1 << 2;

  private final Loop loop;

  NativeFibers(Loop loop) {
    this.loop = loop;
  }

  /** The parts of {@code java.lang} that this takes; resolving them fails without the opens. */
  private static final class Jdk {
    static final MethodHandle NEW_VIRTUAL_THREAD;
    static final MethodHandle CURRENT_CARRIER;
    static final VarHandle SCOPED_VALUES;

    /** What a thread has that has bound nothing and inherited nothing. */
    static final Object UNBOUND;

    static {
      try {
        Class<?> builders = Class.forName("java.lang.ThreadBuilders");
        NEW_VIRTUAL_THREAD =
            MethodHandles.privateLookupIn(builders, MethodHandles.lookup())
                .findStatic(
                    builders,
                    "newVirtualThread",
                    MethodType.methodType(
                        Thread.class, Executor.class, String.class, int.class, Runnable.class));
        MethodHandles.Lookup lookup =
            MethodHandles.privateLookupIn(Thread.class, MethodHandles.lookup());
        CURRENT_CARRIER =
            lookup.findStatic(
                Thread.class, "currentCarrierThread", MethodType.methodType(Thread.class));
        SCOPED_VALUES = lookup.findVarHandle(Thread.class, "scopedValueBindings", Object.class);
        UNBOUND = (Object) SCOPED_VALUES.get(Thread.ofVirtual().unstarted(() -> {}));
      } catch (ReflectiveOperationException e) {
        throw new LinkageError("java.lang is not open to Gyre: " + e.getMessage(), e);
      }
    }
  }

  static Thread carrier() {
    try {
      return (Thread) Jdk.CURRENT_CARRIER.invokeExact();
    } catch (Throwable e) {
      throw new AssertionError(e);
    }
  }

  static Thread newThread(Executor scheduler, String name, Runnable body) {
    try {
      return (Thread)
          Jdk.NEW_VIRTUAL_THREAD.invokeExact(scheduler, name, NO_INHERITABLE_THREAD_LOCALS, body);
    } catch (LinkageError notOpen) {
      throw notOpen;
    } catch (Throwable e) {
      throw new AssertionError(e);
    }
  }

  @Override
  public Thread create(Fiber<?> fiber) {
    Schedule schedule = new Schedule(loop, fiber);
    Thread thread = newThread(schedule, fiber.threadName(), schedule);
    if (!fiber.isPump()) { // which runs the callbacks of many
      Jdk.SCOPED_VALUES.set(thread, inherited(fiber.scope()));
    }
    return thread;
  }

  /**
   * Those of the caller. But what the loop itself starts, and callbacks do, is on behalf of whoever
   * opened the scope.
   */
  private Object inherited(Scope scope) {
    Object bindings = bindings();
    Object ofScope = scope.bindings();
    boolean anonymous = !Thread.currentThread().isVirtual() || isUnboundPump(bindings);
    return anonymous && ofScope != null ? ofScope : bindings;
  }

  @SuppressWarnings("ReferenceEquality") // a mark
  private boolean isUnboundPump(Object bindings) {
    Fiber<?> running = loop.running();
    return bindings == Jdk.UNBOUND && running != null && running.isPump();
  }

  @Override
  public Object bindings() {
    return (Object) Jdk.SCOPED_VALUES.get(Thread.currentThread());
  }

  @Override
  public void start(Fiber<?> fiber) {
    fiber.thread().start();
  }

  @Override
  public void run(Fiber<?> fiber) {
    fiber.continuation().run();
  }

  @Override
  public void park(Fiber<?> fiber) {
    LockSupport.park();
  }

  @Override
  public void unpark(Fiber<?> fiber) {
    LockSupport.unpark(fiber.thread());
  }

  @Override
  @SuppressWarnings("ThreadPriorityCheck") // the scheduler is ours
  public void giveWay(Fiber<?> fiber) {
    Thread.yield();
  }

  @Override
  public boolean onLoop() {
    return carrier() == loop.thread();
  }

  @Override
  public boolean isBlockedElsewhere(Fiber<?> fiber) {
    return switch (fiber.thread().getState()) {
      case BLOCKED, WAITING, TIMED_WAITING -> true;
      default -> false;
    };
  }

  @Override
  public void reclaim() {
    // A fiber that runs at all runs on the loop.
  }

  /** The scheduler of one fiber, and the body of its thread. */
  private static final class Schedule implements Executor, Runnable {
    private final Loop loop;
    private final Fiber<?> fiber;

    Schedule(Loop loop, Fiber<?> fiber) {
      this.loop = loop;
      this.fiber = fiber;
    }

    @Override
    public void run() {
      fiber.run();
    }

    @Override
    public void execute(Runnable continuation) {
      Object runnable = fiber.adopt(continuation) ? fiber : continuation;
      if (carrier() == loop.thread() && !loop.isClosed()) {
        loop.enqueue(runnable);
      } else {
        loop.enqueueFromOutside(runnable);
      }
    }
  }
}
