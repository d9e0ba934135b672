package gyre.sys;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.ref.Reference;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(value = 30, unit = TimeUnit.SECONDS)
class RegionsTest {
  /** Over several pages of the table. */
  private static final int MANY = 10_000;

  private final Arena arena = Arena.ofAuto();

  private static void requireMarked(long address, long mark) {
    long found = Regions.find(address).get(ValueLayout.JAVA_LONG, Regions.offset(address));
    assertThat(found).isEqualTo(mark);
  }

  private MemorySegment marked(long mark) {
    MemorySegment memory = arena.allocate(8, 8);
    memory.set(ValueLayout.JAVA_LONG, 0, mark);
    return memory;
  }

  @Test
  void shouldFindASegmentByEachOfItsAddresses() {
    MemorySegment memory = arena.allocate(1000);
    long address = Regions.attach(memory, true);
    assertThat(address).isPositive();
    for (long offset : new long[] {0, 1, 999, 1000}) {
      assertThat(Regions.find(address + offset)).isSameAs(memory);
      assertThat(Regions.offset(address + offset)).isEqualTo(offset);
    }
    Regions.detach(address);
  }

  @Test
  void shouldKeepApartManySegments() {
    List<Long> addresses = new ArrayList<>();
    for (int i = 0; i < MANY; i++) {
      addresses.add(Regions.attach(marked(i), true));
    }
    for (int i = 0; i < MANY; i++) {
      requireMarked(addresses.get(i), i);
    }
    addresses.forEach(Regions::detach);
  }

  @Test
  void shouldRefuseWhatIsDetachedOrWasNeverAttached() {
    long address = Regions.attach(marked(1), true);
    Regions.detach(address);
    for (long gone : new long[] {address, 0, 17}) {
      assertThatThrownBy(() -> Regions.find(gone))
          .isInstanceOf(IllegalStateException.class)
          .hasMessageContaining("given back");
      assertThatThrownBy(() -> Regions.detach(gone)).isInstanceOf(IllegalStateException.class);
    }
  }

  @Test
  void shouldUseANumberAgainAfterItWasDetached() {
    Set<Long> addresses = new HashSet<>();
    for (int i = 0; i < 10 * MANY; i++) {
      long address = Regions.attach(marked(i), true);
      addresses.add(address);
      Regions.detach(address);
    }
    assertThat(addresses).hasSizeLessThan(10 * MANY);
  }

  /** The bound is the collector's leisure: a test of hanging, not of time. */
  @Test
  void shouldUseANumberAgainWhenNobodyRefersToItsSegment() {
    MemorySegment held = marked(-1);
    long heldAddress = Regions.attach(held, false);
    try {
      Set<Long> addresses = new HashSet<>();
      while (addresses.add(Regions.attach(marked(addresses.size()), false))) {
        if (addresses.size() % MANY == 0) {
          System.gc();
        }
      }
      requireMarked(heldAddress, -1);
    } finally {
      Reference.reachabilityFence(held);
    }
    Regions.detach(heldAddress);
  }

  @Test
  void shouldKeepASegmentThatNobodyElseRefersTo() {
    long address = Regions.attach(marked(42), true);
    System.gc();
    requireMarked(address, 42);
    Regions.detach(address);
  }

  @Test
  void shouldServeManyThreadsAtATime() throws Exception {
    int threads = 4;
    CountDownLatch start = new CountDownLatch(threads);
    try (ExecutorService executor = Executors.newFixedThreadPool(threads)) {
      List<Future<?>> all = new ArrayList<>();
      for (int i = 0; i < threads; i++) {
        long first = (long) i * MANY;
        all.add(
            executor.submit(
                (Callable<Void>)
                    () -> {
                      start.countDown();
                      start.await();
                      attachAndDetach(first);
                      return null;
                    }));
      }
      for (Future<?> each : all) {
        Object ignored = each.get();
      }
    }
  }

  /** Always holds some, so that numbers go from thread to thread. */
  private void attachAndDetach(long first) {
    long[] held = new long[64];
    for (int i = 0; i < MANY; i++) {
      int place = i % held.length;
      if (i >= held.length) {
        requireMarked(held[place], first + i - held.length);
        Regions.detach(held[place]);
      }
      held[place] = Regions.attach(marked(first + i), true);
    }
    for (long address : held) {
      Regions.detach(address);
    }
  }
}
