package gyre;

import gyre.loop.Baton;
import org.jspecify.annotations.Nullable;

/**
 * Fibers as default virtual threads that take turns with the loop's thread, which waits while a
 * fiber runs. Every program keeps working; a turn costs two hand-overs between threads.
 *
 * <p>A fiber that blocks on something that is not the loop's, a lock for instance, loses its turn
 * after some milliseconds. It then runs beside the loop from the end of that block to its next call
 * of Gyre, which waits for a new turn.
 */
final class BatonFibers implements FiberMechanism {
  /** The fiber of the calling thread. */
  private static final ThreadLocal<@Nullable Fiber<?>> CALLER = new ThreadLocal<>();

  private final Loop loop;
  private final Baton baton = new Baton();

  BatonFibers(Loop loop) {
    this.loop = loop;
  }

  /** The loop of the calling thread, if that is a baton fiber. */
  static @Nullable Loop loopOfCaller() {
    Fiber<?> fiber = CALLER.get();
    return fiber == null ? null : fiber.loop();
  }

  @Override
  public Thread create(Fiber<?> fiber) {
    return Thread.ofVirtual()
        .name(fiber.threadName())
        .inheritInheritableThreadLocals(false)
        .unstarted(() -> {
          baton.awaitTurn();
          CALLER.set(fiber);
          try {
            fiber.run();
          } finally {
            reclaim();
            baton.giveBack();
          }
        });
  }

  @Override
  public @Nullable Object bindings() {
    return null;
  }

  @Override
  public void start(Fiber<?> fiber) {
    fiber.thread().start();
    loop.enqueue(fiber);
  }

  @Override
  public void run(Fiber<?> fiber) {
    fiber.lostTurn = !baton.handTo(fiber.thread());
  }

  @Override
  public void park(Fiber<?> fiber) {
    baton.giveBack();
    if (!baton.awaitTurnOrInterrupt()) {
      loop.postInternal(fiber::disturb);
      baton.awaitTurn();
    }
  }

  @Override
  public void unpark(Fiber<?> fiber) {
    loop.enqueue(fiber);
  }

  @Override
  public void giveWay(Fiber<?> fiber) {
    loop.enqueue(fiber);
    baton.giveBack();
    baton.awaitTurn();
  }

  @Override
  public boolean onLoop() {
    reclaim();
    Thread caller = Thread.currentThread();
    Fiber<?> running = loop.running();
    return running == null ? caller == loop.thread() : caller == running.thread();
  }

  @Override
  public boolean isBlockedElsewhere(Fiber<?> fiber) {
    return fiber.lostTurn;
  }

  @Override
  public void reclaim() {
    if (Thread.currentThread() == loop.thread() || baton.keep()) {
      return;
    }
    Fiber<?> fiber = CALLER.get();
    if (fiber != null && fiber.loop() == loop) {
      loop.enqueueFromOutside(fiber);
      baton.awaitTurn();
    }
  }
}
