package gyre;

import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;

/**
 * Lets the loop's thread and fibers that have threads of their own take turns: at any time exactly
 * one of them runs.
 *
 * <p>One word says whose turn it is: {@code turn} is the fiber's thread, or null for the loop. Only
 * who has the turn writes it, and hands over by that very write, so that writes never compete and
 * each side sees all that the other did before. Everybody else waits until the word names them.
 *
 * <p><b>No hand-over is lost.</b> It is written first and the other unparked then. The other reads
 * the word before each park: either it sees the hand-over, or the unpark comes after that read and
 * ends the park, also if it comes before the park began. What else ends a park (a left-over permit,
 * an interrupt, no reason at all) leads to another look at the word and nothing more.
 *
 * <p>An interrupted thread cannot park. The status is therefore put aside while waiting and
 * restored with the turn: whoever waits for an interrupt must get the turn to see it.
 */
@SuppressWarnings("ReferenceEquality") // whose turn it is, not one like it
final class Baton {
  private @Nullable Thread loop;
  private volatile @Nullable Thread turn;

  /** By the loop's thread: lets a fiber run and waits until it gives the turn back. */
  void handTo(Thread fiber) {
    assert turn == null : "not the loop's turn";
    loop = Thread.currentThread();
    turn = fiber;
    LockSupport.unpark(fiber);
    await(null);
  }

  /** By the fiber that has the turn: lets the loop go on, and does not wait. */
  void giveBack() {
    assert turn == Thread.currentThread() : "not this fiber's turn";
    // Read before the loop can go on and write it.
    Thread waiting = loop;
    turn = null;
    LockSupport.unpark(waiting);
  }

  /** By a fiber: waits until the loop hands the turn to it. */
  void awaitTurn() {
    await(Thread.currentThread());
  }

  private void await(@Nullable Thread mine) {
    boolean interrupted = false;
    while (turn != mine) {
      LockSupport.park(this);
      interrupted |= Thread.interrupted();
    }
    if (interrupted) {
      Thread.currentThread().interrupt();
    }
  }
}
