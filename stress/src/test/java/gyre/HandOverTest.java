package gyre;

import static org.assertj.core.api.Assertions.assertThat;

import gyre.loop.Baton;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/**
 * Loop and fiber hand the turn to and fro, each at once, and a third thread watches whether both
 * wait at the same time: then a hand-over is lost, and nobody will ever go on.
 */
@Timeout(600)
class HandOverTest {
  private static final int ROUNDS = 20_000;

  /** So often in a row both must be seen waiting, without a round between, to count as stuck. */
  private static final int LOOKS = 200;

  /** What {@link Baton} and its broken variant have in common. */
  private interface HandOver {
    void handTo(Thread fiber);

    void awaitTurn();

    void giveBack();
  }

  private static HandOver correct() {
    Baton baton = new Baton();
    return new HandOver() {
      @Override
      public void handTo(Thread fiber) {
        baton.handTo(fiber);
      }

      @Override
      public void awaitTurn() {
        baton.awaitTurn();
      }

      @Override
      public void giveBack() {
        baton.giveBack();
      }
    };
  }

  /** Wakes the other before it says whose turn it is. */
  private static final class UnparksTooEarly implements HandOver {
    private volatile Thread loop;
    private volatile Thread turn;

    @Override
    public void handTo(Thread fiber) {
      loop = Thread.currentThread();
      LockSupport.unpark(fiber);
      // Makes a rare fault a frequent one.
      Thread.yield();
      turn = fiber;
      await(null);
    }

    @Override
    public void awaitTurn() {
      await(Thread.currentThread());
    }

    @Override
    public void giveBack() {
      Thread waiting = loop;
      turn = null;
      LockSupport.unpark(waiting);
    }

    private void await(Thread mine) {
      while (turn != mine) {
        LockSupport.park(this);
      }
    }
  }

  private volatile int rounds;
  private volatile boolean stopped;

  /** Returns false if it got stuck. */
  private boolean runs(HandOver handOver, int limit) throws InterruptedException {
    rounds = 0;
    Thread fiber =
        Thread.ofVirtual()
            .start(() -> {
              handOver.awaitTurn();
              while (!stopped) {
                handOver.giveBack();
                handOver.awaitTurn();
              }
              handOver.giveBack();
            });
    Thread loop =
        Thread.ofPlatform()
            .daemon()
            .start(() -> {
              for (int round = 1; round <= limit; round++) {
                handOver.handTo(fiber);
                rounds = round;
              }
              stopped = true;
              handOver.handTo(fiber);
            });
    int looks = 0;
    int seen = -1;
    while (loop.isAlive() || fiber.isAlive()) {
      boolean bothWait =
          loop.getState() == Thread.State.WAITING && fiber.getState() == Thread.State.WAITING;
      looks = bothWait && rounds == seen ? looks + 1 : 0;
      seen = rounds;
      if (looks == LOOKS) {
        return false;
      }
      LockSupport.parkNanos(this, 1_000_000);
    }
    return true;
  }

  @Test
  void shouldNeverLoseTheTurn() throws InterruptedException {
    assertThat(runs(correct(), ROUNDS)).as("stuck after %d rounds", rounds).isTrue();
    assertThat(rounds).isEqualTo(ROUNDS);
  }

  @Test
  void shouldCatchAHandOverThatUnparksTooEarly() throws InterruptedException {
    assertThat(runs(new UnparksTooEarly(), Integer.MAX_VALUE)).isFalse();
  }
}
