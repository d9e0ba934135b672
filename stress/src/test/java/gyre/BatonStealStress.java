package gyre;

import gyre.loop.Baton;
import java.util.concurrent.locks.LockSupport;
import org.openjdk.jcstress.annotations.Actor;
import org.openjdk.jcstress.annotations.Expect;
import org.openjdk.jcstress.annotations.JCStressTest;
import org.openjdk.jcstress.annotations.Outcome;
import org.openjdk.jcstress.annotations.State;
import org.openjdk.jcstress.infra.results.II_Result;

/**
 * A fiber blocks while it has the turn, and goes on at about the time at which the loop loses
 * patience.
 *
 * <p>Results: whether the loop has taken the turn, whether the fiber was told that it keeps it.
 * Exactly one of the two is true; both would run at once after 1, 1.
 */
final class BatonStealStress {
  private static final String BOTH = "1, 1";

  private BatonStealStress() {}

  private static int toInt(boolean value) {
    return value ? 1 : 0;
  }

  /** What all variants share. */
  abstract static class Sides {
    private static final long BLOCK_NANOS = 20_000;

    /** As long as the loop takes to look twice, with the patience of a nanosecond. */
    private static final int SPINS = 2_000;

    private volatile Thread fiber;

    abstract boolean handTo(Thread thread);

    abstract void awaitTurn();

    abstract boolean keep();

    abstract void giveBack();

    /** For something that is not the loop's; a permit may be left over from the hand-over. */
    private static void block() {
      long start = System.nanoTime();
      while (System.nanoTime() - start < BLOCK_NANOS) {
        LockSupport.parkNanos(BLOCK_NANOS);
      }
    }

    final void asLoop(II_Result result) {
      Thread other = fiber;
      while (other == null) {
        Thread.onSpinWait();
        other = fiber;
      }
      result.r1 = toInt(!handTo(other));
    }

    final void asFiber(II_Result result) {
      fiber = Thread.currentThread();
      awaitTurn();
      block();
      boolean isMine = keep();
      result.r2 = toInt(isMine);
      if (isMine) {
        for (int i = 0; i < SPINS; i++) {
          Thread.onSpinWait();
        }
        giveBack();
      }
    }
  }

  @JCStressTest
  @State
  @Outcome(id = BOTH, expect = Expect.FORBIDDEN, desc = "both run")
  @Outcome(
      id = {"0, 1", "1, 0"},
      expect = Expect.ACCEPTABLE)
  public static class Correct extends Sides {
    private final Baton baton = new Baton(1);

    @Override
    boolean handTo(Thread thread) {
      return baton.handTo(thread);
    }

    @Override
    void awaitTurn() {
      baton.awaitTurn();
    }

    @Override
    boolean keep() {
      return baton.keep();
    }

    @Override
    void giveBack() {
      baton.giveBack();
    }

    @Actor
    public void loop(II_Result result) {
      asLoop(result);
    }

    @Actor
    public void fiber(II_Result result) {
      asFiber(result);
    }
  }

  /** What the broken ones share. */
  abstract static class Broken extends Sides {
    private final BrokenBaton baton;

    Broken(boolean proposes) {
      this.baton = new BrokenBaton(proposes);
    }

    @Override
    boolean handTo(Thread thread) {
      return baton.handTo(thread);
    }

    @Override
    void awaitTurn() {
      baton.awaitTurn();
    }

    @Override
    boolean keep() {
      return baton.keep();
    }

    @Override
    void giveBack() {
      baton.giveBack();
    }
  }

  /** Sees a blocked fiber and takes the turn, which the fiber may have kept in between. */
  @JCStressTest
  @State
  @Outcome(id = BOTH, expect = Expect.ACCEPTABLE_INTERESTING, desc = "both run")
  @Outcome(
      id = {"0, 1", "1, 0"},
      expect = Expect.ACCEPTABLE)
  public static class BrokenWithoutProposal extends Broken {
    public BrokenWithoutProposal() {
      super(false);
    }

    @Actor
    public void loop(II_Result result) {
      asLoop(result);
    }

    @Actor
    public void fiber(II_Result result) {
      asFiber(result);
    }
  }

  /** Proposes, but does not look again: the fiber may have kept the turn before the proposal. */
  @JCStressTest
  @State
  @Outcome(id = BOTH, expect = Expect.ACCEPTABLE_INTERESTING, desc = "both run")
  @Outcome(
      id = {"0, 1", "1, 0"},
      expect = Expect.ACCEPTABLE)
  public static class BrokenWithoutSecondLook extends Broken {
    public BrokenWithoutSecondLook() {
      super(true);
    }

    @Actor
    public void loop(II_Result result) {
      asLoop(result);
    }

    @Actor
    public void fiber(II_Result result) {
      asFiber(result);
    }
  }
}
