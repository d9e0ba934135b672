package gyre.loop;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Semaphore;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** The order of things; what the memory model has to say is tested by the stress module. */
@Timeout(120)
class BatonTest {
  private static final int TURNS = 500;

  private final Baton baton = new Baton();

  /** Not volatile, and written by all: only the baton makes that correct. */
  private final List<String> log = new ArrayList<>();

  private Thread fiber(String name, Runnable beforeEachTurn) {
    return Thread.ofVirtual()
        .start(() -> {
          baton.awaitTurn();
          for (int i = 0; i < TURNS; i++) {
            log.add(name + i);
            beforeEachTurn.run();
            baton.giveBack();
            baton.awaitTurn();
          }
          log.add(name + " interrupted: " + Thread.currentThread().isInterrupted());
          baton.giveBack();
        });
  }

  @Test
  void shouldLetLoopAndFibersTakeTurns() throws InterruptedException {
    Thread a = fiber("a", () -> {});
    Thread b = fiber("b", () -> {});
    List<String> expected = new ArrayList<>();
    for (int i = 0; i < TURNS; i++) {
      expected.addAll(List.of("a" + i, "loop", "b" + i));
      baton.handTo(a);
      log.add("loop");
      baton.handTo(b);
    }
    baton.handTo(a);
    baton.handTo(b);
    expected.addAll(List.of("a interrupted: false", "b interrupted: false"));
    assertThat(log).isEqualTo(expected);
    a.join();
    b.join();
  }

  @Test
  void shouldKeepTheTurnThroughInterruptsAndStrayPermits() throws InterruptedException {
    Thread loop = Thread.currentThread();
    Thread a =
        fiber(
            "a",
            () -> {
              loop.interrupt();
              LockSupport.unpark(loop);
              LockSupport.unpark(Thread.currentThread());
              Thread.currentThread().interrupt();
            });
    List<String> expected = new ArrayList<>();
    for (int i = 0; i < TURNS; i++) {
      expected.addAll(List.of("a" + i, "loop interrupted: true"));
      a.interrupt();
      LockSupport.unpark(a);
      baton.handTo(a);
      log.add("loop interrupted: " + Thread.interrupted());
    }
    baton.handTo(a);
    expected.add("a interrupted: true");
    assertThat(log).isEqualTo(expected);
    a.join();
  }

  @Test
  void shouldRefuseATurnToWhoIsOnlyInterrupted() throws InterruptedException {
    Thread waiting = fiber("waiting", () -> {});
    waiting.interrupt();
    Thread other = fiber("other", () -> {});
    baton.handTo(other);
    assertThat(log).containsExactly("other0");
    for (int i = 1; i <= TURNS; i++) {
      waiting.interrupt();
      baton.handTo(other);
    }
    assertThat(log).hasSize(TURNS + 1).noneMatch(line -> line.startsWith("waiting"));
    for (int i = 0; i <= TURNS; i++) {
      baton.handTo(waiting);
    }
    assertThat(log).endsWith("waiting interrupted: true");
    waiting.join();
    other.join();
  }

  @Test
  void shouldTakeTheTurnFromAFiberThatBlocksUntilItIsItsTurnAgain() throws InterruptedException {
    for (int round = 0; round < TURNS; round++) {
      Baton impatient = new Baton(1);
      Semaphore gate = new Semaphore(0);
      CountDownLatch asked = new CountDownLatch(1);
      boolean[] kept = {true};
      log.clear();
      Thread fiber =
          Thread.ofVirtual()
              .start(() -> {
                impatient.awaitTurn();
                gate.acquireUninterruptibly();
                kept[0] = impatient.keep();
                asked.countDown();
                impatient.awaitTurn();
                log.add("fiber");
                impatient.giveBack();
              });
      boolean isOver = impatient.handTo(fiber);
      assertThat(isOver).isFalse();
      log.add("loop");
      gate.release();
      asked.await();
      assertThat(kept[0]).isFalse();
      while (!isOver) {
        isOver = impatient.handTo(fiber);
      }
      assertThat(log).containsExactly("loop", "fiber");
      fiber.join();
    }
  }
}
