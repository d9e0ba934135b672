package gyre.loop;

import org.jspecify.annotations.Nullable;

/**
 * Fibers as default virtual threads that take turns with the loop's thread, which waits while a
 * fiber runs. Every program keeps working; a turn costs two hand-overs between threads.
 *
 * <p>A fiber that blocks on something that is not the loop's, a lock for instance, loses its turn
 * after some milliseconds. It then runs beside the loop from the end of that block to its next call
 * of Gyre, which waits for a new turn.
 */
public final class BatonFibers implements FiberMechanism {
  /** The fiber of the calling thread. */
  private static final ThreadLocal<@Nullable FiberThread> CALLER = new ThreadLocal<>();

  private final Turn turn;
  private final Baton baton = new Baton();

  BatonFibers(Turn turn) {
    this.turn = turn;
  }

  /** The fiber that calls, if it is one of these. */
  public static @Nullable FiberThread caller() {
    return CALLER.get();
  }

  @Override
  public Thread create(FiberThread fiber, String name, @Nullable Object scopeBindings) {
    return Thread.ofVirtual()
        .name(name)
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
  public void start(FiberThread fiber) {
    fiber.thread().start();
    turn.enqueue(fiber);
  }

  @Override
  public void run(FiberThread fiber) {
    fiber.lostTurn = !baton.handTo(fiber.thread());
  }

  @Override
  public void park(FiberThread fiber) {
    baton.giveBack();
    if (!baton.awaitTurnOrInterrupt()) {
      turn.mailbox().postInternal(fiber::disturb);
      baton.awaitTurn();
    }
  }

  @Override
  public void unpark(FiberThread fiber) {
    turn.enqueue(fiber);
  }

  @Override
  public void giveWay(FiberThread fiber) {
    turn.enqueue(fiber);
    baton.giveBack();
    baton.awaitTurn();
  }

  @Override
  public boolean onLoop() {
    reclaim();
    Thread caller = Thread.currentThread();
    FiberThread running = turn.running();
    return running == null ? caller == turn.thread() : caller == running.thread();
  }

  @Override
  public boolean isBlockedElsewhere(FiberThread fiber) {
    return fiber.lostTurn;
  }

  @Override
  public void reclaim() {
    if (Thread.currentThread() == turn.thread() || baton.keep()) {
      return;
    }
    FiberThread fiber = CALLER.get();
    if (fiber != null && fiber.isCarriedBy(this)) {
      turn.mailbox().resume(fiber);
      baton.awaitTurn();
    }
  }
}
