package gyre;

import gyre.loop.Baton;
import java.util.concurrent.locks.LockSupport;
import org.openjdk.jcstress.annotations.Actor;
import org.openjdk.jcstress.annotations.Expect;
import org.openjdk.jcstress.annotations.JCStressTest;
import org.openjdk.jcstress.annotations.Outcome;
import org.openjdk.jcstress.annotations.State;
import org.openjdk.jcstress.infra.results.IIII_Result;

/**
 * Loop and fiber share a plain field, and the loop disturbs the fiber while it waits for its turn.
 *
 * <p>Results: what the loop finds in the field after its own write (1 unless the fiber ran beside
 * it), what the fiber finds (1), what the loop finds afterwards (2), and whether the fiber sees its
 * interrupt (1). A lost hand-over would hang, which counts as a failure.
 */
final class BatonStress {
  private BatonStress() {}

  /** The thread of the fiber, once it is there. */
  private static Thread await(Sides sides) {
    for (Thread fiber = sides.fiber; ; fiber = sides.fiber) {
      if (fiber != null) {
        return fiber;
      }
      Thread.onSpinWait();
    }
  }

  /** What both variants share. */
  abstract static class Sides {
    volatile Thread fiber;
    private int value;

    abstract void handTo(Thread thread);

    abstract void awaitTurn();

    abstract void giveBack();

    final void asLoop(IIII_Result result) {
      Thread other = await(this);
      value = 1;
      other.interrupt();
      LockSupport.unpark(other);
      Thread.onSpinWait();
      result.r1 = value;
      handTo(other);
      result.r3 = value;
    }

    final void asFiber(IIII_Result result) {
      fiber = Thread.currentThread();
      awaitTurn();
      result.r2 = value;
      value = 2;
      result.r4 = Thread.interrupted() ? 1 : 0;
      giveBack();
    }
  }

  @JCStressTest
  @State
  @Outcome(id = "1, 1, 2, 1", expect = Expect.ACCEPTABLE)
  @Outcome(expect = Expect.FORBIDDEN, desc = "both ran, or a write or the interrupt was lost")
  public static class Correct extends Sides {
    private final Baton baton = new Baton();

    @Override
    void handTo(Thread thread) {
      baton.handTo(thread);
    }

    @Override
    void awaitTurn() {
      baton.awaitTurn();
    }

    @Override
    void giveBack() {
      baton.giveBack();
    }

    @Actor
    public void loop(IIII_Result result) {
      asLoop(result);
    }

    @Actor
    public void fiber(IIII_Result result) {
      asFiber(result);
    }
  }

  /** Takes the end of a park for the turn. */
  @JCStressTest
  @State
  @Outcome(id = "1, 1, 2, 1", expect = Expect.ACCEPTABLE)
  @Outcome(expect = Expect.ACCEPTABLE_INTERESTING, desc = "both ran")
  public static class BrokenTrustsThePark extends Sides {
    private volatile Thread turn;
    private volatile boolean returned;

    @Override
    void handTo(Thread thread) {
      turn = thread;
      LockSupport.unpark(thread);
      while (!returned) {
        Thread.onSpinWait();
      }
    }

    @Override
    void awaitTurn() {
      if (turn != Thread.currentThread()) {
        LockSupport.park(this);
      }
    }

    @Override
    void giveBack() {
      returned = true;
    }

    @Actor
    public void loop(IIII_Result result) {
      asLoop(result);
    }

    @Actor
    public void fiber(IIII_Result result) {
      asFiber(result);
    }
  }
}
