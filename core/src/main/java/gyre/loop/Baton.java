package gyre.loop;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;

/**
 * Lets the loop's thread and fibers that have threads of their own take turns: at any time exactly
 * one of them runs.
 *
 * <p>One word says whose turn it is: {@code turn} is the fiber's thread, or null for the loop. Only
 * who has the turn hands it over, by writing that word. Everybody else waits until it names them.
 *
 * <p><b>No hand-over is lost.</b> It is written first and the other unparked then. The other reads
 * the word before each park: either it sees the hand-over, or the unpark comes after that read and
 * ends the park, also if it comes before the park began. What else ends a park (a left-over permit,
 * an interrupt, no reason at all) leads to another look at the word and nothing more.
 *
 * <p>An interrupted thread cannot park. The status is therefore put aside while waiting and
 * restored with the turn: whoever waits for an interrupt must get the turn to see it.
 *
 * <h2>A fiber that blocks while it has the turn</h2>
 *
 * A lock that it waits for may be held by another fiber, which waits for its turn: the loop must
 * take the turn back, or all stand still.
 *
 * <pre>
 *   fiber --loop sees it blocked--&gt; proposal --loop still sees it blocked--&gt; null: taken
 *     ^                               |
 *     +-- keep(), by the fiber -------+
 * </pre>
 *
 * <p><b>Who calls {@link #keep} successfully has the turn until it blocks again.</b> The loop
 * writes the proposal and then reads the fiber's state; the fiber's state is written when it goes
 * on, and then it reads the word. One of the two comes first: either the loop sees a fiber that is
 * not blocked and takes nothing, or the fiber sees the proposal. Then both want to replace the
 * proposal, and one of them does.
 *
 * <p>A fiber from which the turn was taken runs beside the loop, without the turn, from the moment
 * that it is no longer blocked until it calls {@code keep}.
 */
@SuppressWarnings("ReferenceEquality") // whose turn it is, not one like it
public final class Baton {
  /** Short enough for a program to go on, long enough for what is only a short wait. */
  private static final long PATIENCE_NANOS = 5_000_000;

  private static final VarHandle TURN;

  static {
    try {
      TURN = MethodHandles.lookup().findVarHandle(Baton.class, "turn", Object.class);
    } catch (ReflectiveOperationException e) {
      throw new ExceptionInInitializerError(e);
    }
  }

  /** In the place of a thread whose turn the loop is about to take. */
  private record Proposal(Thread fiber) {}

  private final long patienceNanos;
  private @Nullable Thread loop;
  private volatile @Nullable Object turn;

  public Baton() {
    this(PATIENCE_NANOS);
  }

  /**
   * @param patienceNanos how long a fiber must be seen blocked, twice, to lose its turn
   */
  public Baton(long patienceNanos) {
    this.patienceNanos = patienceNanos;
  }

  /**
   * By the loop's thread: lets a fiber run and waits until it gives the turn back.
   *
   * @return false if the turn had to be taken from it
   */
  public boolean handTo(Thread fiber) {
    assert turn == null : "not the loop's turn";
    loop = Thread.currentThread();
    turn = fiber;
    LockSupport.unpark(fiber);
    boolean interrupted = false;
    boolean taken = false;
    while (turn != null && !taken) {
      LockSupport.parkNanos(this, patienceNanos);
      interrupted |= Thread.interrupted();
      taken = turn != null && isBlocked(fiber) && take(fiber);
    }
    if (interrupted) {
      Thread.currentThread().interrupt();
    }
    return !taken;
  }

  private boolean take(Thread fiber) {
    Proposal proposal = new Proposal(fiber);
    if (!TURN.compareAndSet(this, fiber, proposal)) {
      return false;
    }
    long start = System.nanoTime();
    boolean interrupted = false;
    while (turn == proposal && System.nanoTime() - start < patienceNanos) {
      LockSupport.parkNanos(this, patienceNanos);
      interrupted |= Thread.interrupted();
    }
    if (interrupted) {
      Thread.currentThread().interrupt();
    }
    if (isBlocked(fiber)) {
      return TURN.compareAndSet(this, proposal, null);
    }
    TURN.compareAndSet(this, proposal, fiber);
    return false;
  }

  /**
   * Whether it waits for something else than its turn, of which it may not have heard yet. One that
   * has the turn does not wait for it any more, so that the blocker, read first, is not outdated.
   */
  private boolean isBlocked(Thread thread) {
    if (LockSupport.getBlocker(thread) == this) {
      return false;
    }
    return switch (thread.getState()) {
      case BLOCKED, WAITING, TIMED_WAITING -> true;
      default -> false;
    };
  }

  /** Whether it is the calling fiber's turn, which it then keeps. */
  public boolean keep() {
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

  /** By the fiber that has the turn: lets the loop go on, and does not wait. */
  public void giveBack() {
    boolean mine = keep();
    assert mine : "not this fiber's turn";
    // Read before the loop can go on and write it.
    Thread waiting = loop;
    turn = null;
    LockSupport.unpark(waiting);
  }

  /** By a fiber: waits until the loop hands the turn to it. */
  public void awaitTurn() {
    Thread caller = Thread.currentThread();
    boolean interrupted = false;
    while (!keep()) {
      LockSupport.park(this);
      interrupted |= Thread.interrupted();
    }
    if (interrupted) {
      caller.interrupt();
    }
  }

  /** As {@link #awaitTurn}, but returns false, interrupted, where an interrupt comes before. */
  public boolean awaitTurnOrInterrupt() {
    while (!keep()) {
      if (Thread.currentThread().isInterrupted()) {
        return false;
      }
      LockSupport.park(this);
    }
    return true;
  }
}
