package gyre.probe;

import static org.assertj.core.api.Assertions.assertThat;

import gyre.sys.Memory;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/** What is written where, with times that the test makes up. */
class ProbeTest {
  private static final long MILLI = 1_000_000;

  private final MemorySegment memory = Arena.global().allocate(SlotLayout.BYTES, Long.BYTES);
  private final long base = Memory.attach(memory);
  private final Probe probe = new Probe(base, 25 * MILLI);

  private long stallsOfKind(int kind) {
    return Memory.getLong(base + SlotLayout.kindOffset(kind) + SlotLayout.KIND_STALLS);
  }

  private long sum(Distribution distribution) {
    return Memory.getLong(base + distribution.offset() + Buckets.SUM);
  }

  private long sequence() {
    return Memory.getLong(base + SlotLayout.SEQUENCE);
  }

  @Test
  void shouldTakeALongRunOfAFiberForNoCallback() {
    probe.waits(0, false);
    probe.turnBegins(MILLI, Long.MAX_VALUE, 0, 1);
    probe.dispatched(40 * MILLI, 1, 0);
    probe.fiberBegins();
    probe.fiberRan(140 * MILLI, null);
    assertThat(probe.get(Counter.STALLS)).isEqualTo(2);
    assertThat(probe.get(Counter.LONGEST_NANOS)).isEqualTo(100 * MILLI);
    assertThat(stallsOfKind(0)).isZero();
  }

  @Test
  void shouldCountALongCallbackForItsKind() {
    int kind = probe.kind("timer");
    probe.waits(0, false);
    probe.turnBegins(MILLI, Long.MAX_VALUE, 0, 1);
    probe.dispatched(MILLI, 1, 0);
    probe.callbacksGoOn();
    probe.callbackBegins();
    probe.callbackEnded(40 * MILLI, kind, null);
    assertThat(stallsOfKind(kind)).isEqualTo(1);
    assertThat(probe.hasUntold()).isFalse();
  }

  /** It was due while the loop itself was busy: the kernel is late from then on at most. */
  @Test
  void shouldNotBlameTheKernelForWhatTheLoopHeldUp() {
    probe.waits(200 * MILLI, true);
    probe.turnBegins(201 * MILLI, 10 * MILLI, 0, 0);
    assertThat(sum(Distribution.POLL_DELAY)).isEqualTo(MILLI);
    probe.waits(210 * MILLI, true);
    probe.turnBegins(225 * MILLI, 220 * MILLI, 0, 0);
    assertThat(sum(Distribution.POLL_DELAY)).isEqualTo(6 * MILLI);
  }

  @Test
  void shouldBeWholeWhileItsDriverHasTheThread() {
    probe.waits(0, false);
    probe.turnBegins(MILLI, Long.MAX_VALUE, 0, 0);
    assertThat(sequence() & 1).isEqualTo(1);
    long before = sequence();
    probe.rests();
    assertThat(sequence() & 1).isZero();
    assertThat(sequence()).isNotEqualTo(before - 1);
    probe.restEnds();
    assertThat(sequence() & 1).isEqualTo(1);
  }

  @Test
  void shouldTellItsWatcherOfATurnAfterAQuietTimeAlone() {
    List<Long> quietNanos = new ArrayList<>();
    probe.watch(() -> quietNanos.add(probe.quietNanos(probe.lastNanos())));
    long now = MILLI;
    for (long pauseMillis : new long[] {0, 1, 24, 25, 3, 1000}) {
      now += pauseMillis * MILLI;
      probe.waits(now, true);
      probe.turnBegins(now, Long.MAX_VALUE, 0, 0);
    }
    // The first, and those after 25 ms and a second; each while it goes on.
    assertThat(quietNanos).containsExactly(0L, 0L, 0L);
    probe.turnEnds(0, 0);
    probe.waits(now + MILLI, true);
    assertThat(probe.quietNanos(now + 5 * MILLI)).isEqualTo(4 * MILLI);
  }
}
