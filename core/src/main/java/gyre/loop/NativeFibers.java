package gyre.loop;

import java.lang.invoke.MethodHandle;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.MethodType;
import java.lang.invoke.VarHandle;
import java.util.concurrent.Executor;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;

/**
 * Fibers as virtual threads whose scheduler is the loop.
 *
 * <p>The JDK hands each fiber's continuation to its {@link Executor} whenever the fiber becomes
 * runnable: from the loop's own thread (then it goes to the run queue) or from any other (then to
 * the inbox). The scheduler of a virtual thread that user code starts inside a fiber is inherited,
 * so a fiber's executor may be handed continuations that are not the fiber's own: the loop runs
 * those too, and {@link OrphanThreads} once it is closed.
 */
public final class NativeFibers implements FiberMechanism {
  private static final int NO_INHERITABLE_THREAD_LOCALS = 1 << 2;

  private final Turn turn;

  NativeFibers(Turn turn) {
    this.turn = turn;
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

  /** The platform thread that the caller is carried by. */
  public static Thread carrier() {
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
  public Thread create(FiberThread fiber, String name, @Nullable Object scopeBindings) {
    Schedule schedule = new Schedule(turn, fiber);
    Thread thread = newThread(schedule, name, schedule);
    if (!fiber.runsCallbacks()) {
      Jdk.SCOPED_VALUES.set(thread, inherited(scopeBindings));
    }
    return thread;
  }

  /**
   * Those of the caller. But what the loop itself starts, and callbacks do, is on behalf of whoever
   * opened the scope.
   */
  private Object inherited(@Nullable Object ofScope) {
    Object bindings = bindings();
    boolean anonymous = !Thread.currentThread().isVirtual() || isUnboundCallback(bindings);
    return anonymous && ofScope != null ? ofScope : bindings;
  }

  @SuppressWarnings("ReferenceEquality") // a mark
  private boolean isUnboundCallback(Object bindings) {
    FiberThread running = turn.running();
    return bindings == Jdk.UNBOUND && running != null && running.runsCallbacks();
  }

  @Override
  public Object bindings() {
    return (Object) Jdk.SCOPED_VALUES.get(Thread.currentThread());
  }

  @Override
  public void start(FiberThread fiber) {
    fiber.thread().start();
  }

  @Override
  public void run(FiberThread fiber) {
    fiber.continuation().run();
  }

  @Override
  public void park(FiberThread fiber) {
    LockSupport.park();
  }

  @Override
  public void unpark(FiberThread fiber) {
    LockSupport.unpark(fiber.thread());
  }

  @Override
  @SuppressWarnings("ThreadPriorityCheck") // the scheduler is ours
  public void giveWay(FiberThread fiber) {
    Thread.yield();
  }

  @Override
  public boolean onLoop() {
    return carrier() == turn.thread();
  }

  @Override
  public boolean isBlockedElsewhere(FiberThread fiber) {
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
    private final Turn turn;
    private final FiberThread fiber;

    Schedule(Turn turn, FiberThread fiber) {
      this.turn = turn;
      this.fiber = fiber;
    }

    @Override
    public void run() {
      fiber.run();
    }

    @Override
    public void execute(Runnable continuation) {
      Object runnable = fiber.adopt(continuation) ? fiber : continuation;
      if (carrier() == turn.thread() && !turn.mailbox().isClosed()) {
        turn.enqueue(runnable);
      } else {
        turn.mailbox().resume(runnable);
      }
    }
  }
}
