package gyre;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.util.concurrent.locks.LockSupport;

/** The steal of {@link Baton}, without the proposal or without the second look. */
final class BrokenBaton {
  private static final int SPINS = 200;
  private static final VarHandle TURN;

  static {
    try {
      TURN = MethodHandles.lookup().findVarHandle(BrokenBaton.class, "turn", Object.class);
    } catch (ReflectiveOperationException e) {
      throw new ExceptionInInitializerError(e);
    }
  }

  private record Proposal(Thread fiber) {}

  private final boolean proposes;
  private volatile Object turn;

  BrokenBaton(boolean proposes) {
    this.proposes = proposes;
  }

  boolean handTo(Thread fiber) {
    turn = fiber;
    LockSupport.unpark(fiber);
    boolean taken = false;
    while (turn != null && !taken) {
      LockSupport.parkNanos(this, 1);
      taken = turn != null && isBlocked(fiber) && take(fiber);
    }
    return !taken;
  }

  private boolean isBlocked(Thread thread) {
    if (LockSupport.getBlocker(thread) == this) {
      return false;
    }
    Thread.State state = thread.getState();
    return state == Thread.State.WAITING || state == Thread.State.TIMED_WAITING;
  }

  private boolean take(Thread fiber) {
    for (int i = 0; i < SPINS; i++) {
      Thread.onSpinWait(); // makes what is broken happen more often
    }
    if (!proposes) {
      return TURN.compareAndSet(this, fiber, null);
    }
    Proposal proposal = new Proposal(fiber);
    if (!TURN.compareAndSet(this, fiber, proposal)) {
      return false;
    }
    LockSupport.parkNanos(this, 1);
    return TURN.compareAndSet(this, proposal, null);
  }

  boolean keep() {
    Thread caller = Thread.currentThread();
    Object now = turn;
    while (now instanceof Proposal proposal && proposal.fiber == caller) {
      if (TURN.compareAndSet(this, proposal, caller)) {
        return true;
      }
      now = turn; // the loop was faster: it has taken the turn, or left it
    }
    return now == caller;
  }

  void giveBack() {
    TURN.compareAndSet(this, Thread.currentThread(), null);
  }

  void awaitTurn() {
    while (!keep()) {
      LockSupport.park(this);
    }
  }
}
