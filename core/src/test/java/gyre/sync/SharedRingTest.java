package gyre.sync;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Capacities that are powers of two, and others, lap after lap. */
@Timeout(60)
class SharedRingTest {
  private static final int THREADS = 2;
  private static final int ITEMS = 3_000;

  @ParameterizedTest
  @ValueSource(ints = {1, 2, 3, 4, 7, 64, 100})
  void shouldGiveBackInOrderWhatItTookUpToItsCapacity(int capacity) {
    SharedRing<Integer> ring = new SharedRing<>(capacity);
    int next = 0;
    int first = 0;
    for (int lap = 0; lap < 20; lap++) {
      while (ring.hasRoom()) {
        assertThat(ring.offer(next)).isEqualTo(Sent.SENT);
        next++;
      }
      assertThat(ring.offer(-1)).isEqualTo(Sent.FULL);
      assertThat(ring.size()).isEqualTo(capacity);
      for (int i = lap % capacity; i >= 0; i--) {
        assertThat(ring.hasItem()).isTrue();
        assertThat(ring.poll()).isEqualTo(first);
        first++;
      }
    }
    ring.close();
    assertThat(ring.offer(next)).isEqualTo(Sent.CLOSED);
    while (!ring.isOver()) {
      assertThat(ring.poll()).isEqualTo(first);
      first++;
    }
    assertThat(first).isEqualTo(next);
    assertThat(ring.poll()).isNull();
  }

  @Test
  void shouldKeepCountAndOrderWhenClosedEmpty() {
    SharedRing<Integer> ring = new SharedRing<>(1);
    ring.close();

    assertThat(ring.isClosed() && ring.isOver() && ring.hasRoom()).isTrue();
    assertThat(ring.size()).isZero();
    assertThat(ring.capacity()).isEqualTo(1);
  }

  /** Each item once, those of one producer in order for each consumer. */
  @ParameterizedTest
  @ValueSource(ints = {1, 2, 3, 16})
  void shouldLoseNothingBetweenThreads(int capacity) throws Exception {
    SharedRing<Integer> ring = new SharedRing<>(capacity);
    List<Callable<Long>> producers = new ArrayList<>();
    List<Callable<Long>> consumers = new ArrayList<>();
    for (int i = 0; i < THREADS; i++) {
      int number = i;
      producers.add(() -> produce(ring, number));
      consumers.add(() -> consume(ring));
    }
    try (ExecutorService threads = Executors.newCachedThreadPool()) {
      List<Future<Long>> consuming = consumers.stream().map(threads::submit).toList();
      List<Future<Long>> producing = producers.stream().map(threads::submit).toList();
      long sent = sum(producing);
      ring.close();
      assertThat(sum(consuming)).isEqualTo(sent);
    }
  }

  @SuppressWarnings("ThreadPriorityCheck") // there may be fewer cores than threads
  private static void giveWay() {
    Thread.yield();
  }

  private static long sum(List<Future<Long>> parts) throws Exception {
    long sum = 0;
    for (Future<Long> part : parts) {
      sum += part.get(50, TimeUnit.SECONDS);
    }
    return sum;
  }

  private static long produce(SharedRing<Integer> ring, int producer) {
    long sum = 0;
    for (int i = 1; i <= ITEMS; i++) {
      int item = producer * ITEMS + i;
      while (ring.offer(item) == Sent.FULL) {
        giveWay();
      }
      sum += item;
    }
    return sum;
  }

  private static long consume(SharedRing<Integer> ring) {
    int[] last = new int[THREADS];
    long sum = 0;
    while (!ring.isOver()) {
      Integer item = ring.poll();
      if (item == null) {
        giveWay();
        continue;
      }
      int producer = (item - 1) / ITEMS;
      if (item <= last[producer]) {
        throw new AssertionError(item + " after " + last[producer]);
      }
      last[producer] = item;
      sum += item;
    }
    return sum;
  }
}
