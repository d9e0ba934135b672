package gyre.insight;

import static org.assertj.core.api.Assertions.assertThat;

import gyre.Loop;
import gyre.LoopOptions;
import gyre.probe.Probe;
import gyre.spi.Internals;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** When the watchdog looks, in a time that the test makes up: nothing waits, and no loop turns. */
class LooksTest {
  private static final long MILLI = 1_000_000;
  private static final long SECOND = 1000 * MILLI;
  private static final long LIMIT = 25 * MILLI;

  @TempDir private Path noMachine = Path.of("");
  private Loop loop;
  private Probe probe;
  private Looks looks;
  private long now = SECOND;
  private long nextLook;
  private boolean isWoken;
  private final List<Long> lookedAt = new ArrayList<>();

  @BeforeEach
  void open() {
    loop = Loop.open(LoopOptions.defaults().name("looked at"));
    probe = Objects.requireNonNull(Internals.probe(loop));
    Sampler sampler = new Sampler(Machine.below(noMachine));
    looks = new Looks(List.of(new WatchedLoop(loop, probe, new StallLog(), sampler)), sampler);
    probe.watch(() -> isWoken = true);
    look();
  }

  @AfterEach
  void close() {
    loop.close();
  }

  private void look() {
    isWoken = false;
    lookedAt.add(now);
    looks.look(now);
    long millis = looks.periodMillis(now);
    nextLook = millis == WatchedLoop.ASLEEP ? Long.MAX_VALUE : now + millis * MILLI;
  }

  /** As the watchdog: looks when it is time. */
  private void passTo(long then) {
    while (nextLook <= then) {
      now = nextLook;
      look();
    }
    now = then;
  }

  private void turn(long nanos) {
    probe.turnBegins(now, Long.MAX_VALUE, 0, 0);
    if (isWoken) {
      look();
    }
    passTo(now + nanos);
    probe.dispatched(now, 0, 0);
    probe.turnEnds(0, 0);
    probe.waits(now, true);
  }

  @Test
  void shouldNotLookAtALoopThatWaits() {
    turn(MILLI);
    passTo(now + SECOND);
    int before = lookedAt.size();
    passTo(now + 3600 * SECOND);
    assertThat(lookedAt).hasSize(before);
  }

  @Test
  void shouldHardlyLookAtALoopThatHardlyTurns() {
    for (int i = 0; i < 60; i++) {
      turn(MILLI);
      turn(MILLI);
      passTo(now + SECOND);
    }
    assertThat(lookedAt).hasSizeLessThanOrEqualTo(60 * 5);
  }

  /** Also where the last one was not seen, for which looks become more frequent. */
  @Test
  void shouldHardlyLookAfterAStallThatNobodySaw() {
    turn(MILLI);
    nextLook = Long.MAX_VALUE; // the watchdog gets no processor meanwhile
    turn(2 * LIMIT);
    look();
    int before = lookedAt.size();
    for (int i = 0; i < 20; i++) {
      turn(MILLI);
      passTo(now + SECOND);
    }
    assertThat(lookedAt).hasSizeLessThanOrEqualTo(before + 20 * 5 + 5);
  }

  /** Whatever the time since the last turn: quiet, just waiting, or in between. */
  @Test
  void shouldLookIntoEachTurnBeyondTheLimitWhileItGoesOn() {
    for (long pauseMillis = 0; pauseMillis < 130; pauseMillis += 5) {
      turn(MILLI);
      passTo(now + pauseMillis * MILLI);
      long begin = now;
      turn(LIMIT + 5 * MILLI);
      assertThat(lookedAt)
          .as("after %d ms, a turn from %d to %d", pauseMillis, begin, now)
          .anyMatch(at -> at - begin > LIMIT / 4 && at < now);
    }
  }

  /** It ends, and a quiet time passes, after the look and before it is asked when to look again. */
  @Test
  void shouldNotSleepWhileAStallIsNotToldToItsEnd() {
    turn(MILLI);
    probe.turnBegins(now, Long.MAX_VALUE, 0, 0);
    passTo(now + 2 * LIMIT);
    looks.look(now);
    probe.dispatched(now, 0, 0);
    probe.turnEnds(0, 0);
    probe.waits(now, true);
    assertThat(looks.periodMillis(now + 2 * LIMIT)).isNotEqualTo(WatchedLoop.ASLEEP);
    looks.look(now + 3 * LIMIT);
    assertThat(looks.periodMillis(now + 3 * LIMIT)).isEqualTo(WatchedLoop.ASLEEP);
  }

  @Test
  void shouldTellOfAStallSoonAfterTheLimit() {
    for (long pauseMillis = 0; pauseMillis < 130; pauseMillis += 5) {
      turn(MILLI);
      passTo(now + pauseMillis * MILLI);
      long begin = now;
      turn(5 * LIMIT);
      assertThat(lookedAt).anyMatch(at -> at - begin > LIMIT && at - begin < LIMIT + 100 * MILLI);
    }
  }

  @Test
  void shouldLookOftenWhileALoopTurns() {
    for (int i = 0; i < 1000; i++) {
      turn(MILLI);
    }
    assertThat(lookedAt).hasSizeGreaterThan(50);
  }
}
