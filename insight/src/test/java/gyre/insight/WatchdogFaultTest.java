package gyre.insight;

import static org.assertj.core.api.Assertions.assertThat;

import gyre.Loop;
import gyre.LoopOptions;
import gyre.insight.StallReport.Cause;
import gyre.spi.Internals;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.CountDownLatch;
import java.util.logging.Handler;
import java.util.logging.LogRecord;
import java.util.logging.Logger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** A watchdog whom something befalls: it goes on, and holds up nobody. */
@Timeout(180)
class WatchdogFaultTest {
  private static final String PLANTED = "planted stall";

  @Test
  void shouldOutliveAnError() throws InterruptedException {
    CountDownLatch rounds = new CountDownLatch(3);
    Watchdog watchdog =
        new Watchdog(now -> {
          rounds.countDown();
          throw new StackOverflowError("planted");
        });
    try (Loop loop = Loop.open(LoopOptions.defaults().name("watched twice"))) {
      watchdog.opened(loop);
      rounds.await();
      watchdog.closed(loop);
    }
  }

  @Test
  void shouldBeginAnewWhereItsThreadHasEnded() throws InterruptedException {
    List<Thread> threads = new ArrayList<>();
    CountDownLatch first = new CountDownLatch(1);
    CountDownLatch second = new CountDownLatch(1);
    Watchdog watchdog =
        new Watchdog(now -> {
          if (threads.isEmpty()) {
            threads.add(Thread.currentThread());
            first.countDown();
            Thread.currentThread().interrupt();
            throw new StackOverflowError("planted");
          }
          second.countDown();
        });
    try (Loop loop = Loop.open(LoopOptions.defaults().name("watched anew"))) {
      watchdog.opened(loop);
      first.await();
      threads.getFirst().join();
      watchdog.opened(loop);
      second.await();
      watchdog.closed(loop);
    }
  }

  /** One whose reader is stuck, as a pager that shows its first page. */
  @Test
  void shouldNotWaitForALog() throws InterruptedException {
    CountDownLatch isStuck = new CountDownLatch(1);
    CountDownLatch goesOn = new CountDownLatch(1);
    Handler stuck = handler(isStuck, goesOn);
    Logger logger = Logger.getLogger("gyre.insight");
    logger.addHandler(stuck);
    try {
      StallLog log = new StallLog();
      log.add(stall(PLANTED));
      log.write();
      isStuck.await();
      log.add(stall("planted again"));
      log.write();
      assertThat(log.all()).hasSize(2);
    } finally {
      goesOn.countDown();
      logger.removeHandler(stuck);
    }
  }

  /** What the machine did for a moment is worth no line; what the code then did is. */
  @Test
  void shouldLogAStallThatTurnsOutToBeTheProgramsOwn() throws InterruptedException {
    CountDownLatch logged = new CountDownLatch(1);
    Handler handler = handler(logged, new CountDownLatch(0));
    Logger logger = Logger.getLogger("gyre.insight");
    logger.addHandler(handler);
    try {
      StallLog log = new StallLog();
      StallReport early = stall(PLANTED, Cause.PREEMPTED, 30_000_000);
      log.add(early);
      log.write();
      assertThat(logged.getCount()).isEqualTo(1);
      log.replace(early, stall(PLANTED, Cause.JAVA, 1_200_000_000));
      log.write();
      logged.await();
    } finally {
      logger.removeHandler(handler);
    }
  }

  private static StallReport stall(String subject) {
    return stall(subject, Cause.JAVA, 9_000_000_000L);
  }

  private static StallReport stall(String subject, Cause cause, long nanos) {
    return new StallReport(
        "loop", 1, "fiber", subject, List.of(), 1, 0, nanos + 1, cause, "", List.of());
  }

  private static Handler handler(CountDownLatch isStuck, CountDownLatch goesOn) {
    return new Handler() {
      @Override
      public void publish(LogRecord line) {
        if (line.getMessage().contains(PLANTED)) { // the watchdog of this JVM logs here too
          isStuck.countDown();
          try {
            goesOn.await();
          } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
          }
        }
      }

      @Override
      public void flush() {}

      @Override
      public void close() {}
    };
  }

  /** All at once may be more than a client can take. */
  @Test
  void shouldTellOfOneLoopAtATime() {
    try (Loop one = Loop.open(LoopOptions.defaults().name("one"));
        Loop two = Loop.open(LoopOptions.defaults().name("two"))) {
      StallLog log = new StallLog();
      Sampler sampler = new Sampler(Machine.REAL);
      List<WatchedLoop> loops = new ArrayList<>();
      for (Loop loop : List.of(one, two)) {
        loops.add(
            new WatchedLoop(loop, Objects.requireNonNull(Internals.probe(loop)), log, sampler));
      }
      Answer answer = new DumpAnswer(loops);
      List<String> pieces = new ArrayList<>();
      Answer.Output output = output(pieces);
      boolean isComplete = false;
      while (!isComplete) {
        int before = pieces.size();
        isComplete = answer.work(output);
        assertThat(pieces).hasSizeLessThanOrEqualTo(before + 1);
      }
      assertThat(pieces).hasSize(2);
    }
  }

  private static Answer.Output output(List<String> pieces) {
    return new Answer.Output() {
      @Override
      public boolean hasRoom() {
        return true;
      }

      @Override
      public void write(String text) {
        pieces.add(text);
      }
    };
  }
}
