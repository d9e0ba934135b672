package gyre.sync;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import gyre.CancelledException;
import gyre.Fiber;
import gyre.Scope;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Every item for all who subscribe, on whatever loop or thread they are. */
@Tag("fiber-modes")
@Timeout(value = 60, unit = TimeUnit.SECONDS, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class SharedBroadcastTest {
  private static final int ITEMS = 5_000;

  private final OtherThreads others = new OtherThreads();

  /** Reads to the end; what it got and what it missed must be all that there was. */
  private static List<Integer> readAll(SharedBroadcast.Subscription<Integer> mine, long[] missed) {
    List<Integer> got = new ArrayList<>();
    while (true) {
      switch (mine.next()) {
        case Received.Value<Integer>(Integer item) -> got.add(item);
        case BroadcastEvent.Lagged<Integer>(long number) -> missed[0] += number;
        case Received.Closed<Integer>() -> {
          return got;
        }
        case Received.Failed<Integer>(Throwable reason) -> throw new AssertionError(reason);
      }
    }
  }

  @Test
  void shouldTellAllItemsOrHowManyWereMissedOnEveryThread() throws Exception {
    for (int capacity : new int[] {1, 8, 2 * ITEMS}) {
      SharedBroadcast<Integer> numbers = SharedBroadcast.create(capacity);
      CountDownLatch subscribed = new CountDownLatch(8);
      AtomicInteger publishing = new AtomicInteger(2);
      gyre.Task reader =
          () -> {
            SharedBroadcast.Subscription<Integer> mine = numbers.subscribe();
            subscribed.countDown();
            long[] missed = {0};
            List<Integer> got = readAll(mine, missed);
            assertThat(got.size() + missed[0]).isEqualTo(2L * ITEMS);
            assertThat(got.stream().filter(item -> item % 2 == 0)).isSorted();
            assertThat(got.stream().filter(item -> item % 2 == 1)).isSorted();
            assertThat(got).doesNotHaveDuplicates();
            if (capacity > ITEMS) {
              assertThat(missed[0]).isZero();
            }
          };
      for (int i = 0; i < 2; i++) {
        others.thread(reader);
        others.loop(() -> {
          for (int j = 0; j < 3; j++) {
            Fiber<?> _ = Fiber.start(reader);
          }
        });
        int first = i;
        gyre.Task publisher =
            () -> {
              for (int j = 0; j < ITEMS; j++) {
                numbers.publish(2 * j + first);
              }
              if (publishing.decrementAndGet() == 0) {
                numbers.close();
              }
            };
        others.thread(() -> {
          subscribed.await();
          publisher.run();
        });
      }
      others.joinAll();
    }
  }

  /** Each item is awaited before the next one comes: so each has to wake everybody. */
  @Test
  void shouldWakeEverybodyForEachItem() throws Exception {
    SharedBroadcast<Integer> numbers = SharedBroadcast.create(1);
    SharedChannel<Integer> heard = SharedChannel.bounded(16);
    CountDownLatch subscribed = new CountDownLatch(7);
    gyre.Task reader =
        () -> {
          SharedBroadcast.Subscription<Integer> mine = numbers.subscribe();
          subscribed.countDown();
          while (mine.next() instanceof Received.Value<Integer>(Integer item)) {
            heard.send(item);
          }
        };
    for (int i = 0; i < 2; i++) {
      others.loop(() -> {
        for (int j = 0; j < 3; j++) {
          Fiber<?> _ = Fiber.start(reader);
        }
      });
    }
    others.thread(reader);
    subscribed.await();
    for (int i = 0; i < 500; i++) {
      numbers.publish(i);
      for (int j = 0; j < 7; j++) {
        assertThat(heard.take()).isEqualTo(i);
      }
    }
    numbers.close();
    others.joinAll();
  }

  @Test
  void shouldNotBeHeldUpByALoopThatStands() throws Exception {
    SharedBroadcast<Integer> numbers = SharedBroadcast.create(4);
    CountDownLatch stands = new CountDownLatch(1);
    CountDownLatch goOn = new CountDownLatch(1);
    CountDownLatch subscribed = new CountDownLatch(2);
    others.loop(() -> {
      SharedBroadcast.Subscription<Integer> mine = numbers.subscribe();
      Fiber<?> reader = Fiber.start(() -> assertThat(readAll(mine, new long[1])).hasSize(4));
      Fiber.yield();
      Fiber.yield();
      assertThat(reader.isAlive()).as("it waits").isTrue();
      subscribed.countDown();
      stands.countDown();
      while (goOn.getCount() > 0) { // holds up its loop, which is wrong, and happens
        Thread.onSpinWait();
      }
    });
    others.loop(() -> {
      SharedBroadcast.Subscription<Integer> mine = numbers.subscribe();
      subscribed.countDown();
      assertThat(readAll(mine, new long[1])).isNotEmpty();
      goOn.countDown();
    });
    subscribed.await();
    stands.await();
    for (int i = 0; i < 100; i++) {
      numbers.publish(i);
    }
    numbers.close();
    others.joinAll();
  }

  @Test
  void shouldEndTheWaitOfWhoIsCancelledAndWakeTheNext() throws Exception {
    SharedBroadcast<Integer> numbers = SharedBroadcast.create(4);
    others.loop(() -> {
      for (int round = 0; round < 100; round++) {
        List<Integer> got = new ArrayList<>();
        try (Scope staying = Scope.open("staying")) {
          try (Scope leaving = Scope.openIsolated("leaving")) {
            leaving.start(() -> numbers.subscribe().next());
            Fiber.yield();
            Fiber.yield();
            staying.start(() -> {
              if (numbers.subscribe().next() instanceof Received.Value<Integer>(Integer item)) {
                got.add(item);
              }
            });
            Fiber.yield();
            Fiber.yield();
            numbers.publish(round);
            leaving.cancel("too late");
          }
          staying.join();
        }
        assertThat(got).containsExactly(round);
      }
    });
    Thread interrupted =
        others.thread(() ->
            assertThatThrownBy(() -> numbers.subscribe().next())
                .isInstanceOf(CancelledException.class)
                .hasMessageContaining("waiting for an item of shared-broadcast"));
    interrupted.interrupt();
    others.joinAll();
  }

  @Test
  void shouldTellTheEndAfterWhatIsLeft() {
    SharedBroadcast<String> words = SharedBroadcast.create("words", 2);
    SharedBroadcast.Subscription<String> mine = words.subscribe();
    assertThat(mine.next(Duration.ofNanos(1))).isEqualTo(Optional.empty());
    words.publish("a");
    words.publish("b");
    words.publish("c");
    IllegalStateException reason = new IllegalStateException("over");
    words.close(reason);
    words.close();
    assertThat(mine).hasToString("words[3 to read]");
    assertThat(mine.next()).isEqualTo(new BroadcastEvent.Lagged<>(1));
    assertThat(mine.next(Duration.ofHours(1))).contains(new Received.Value<>("b"));
    assertThat(mine.next()).isEqualTo(new Received.Value<>("c"));
    assertThat(mine.next()).isEqualTo(new Received.Failed<>(reason));
    assertThatThrownBy(() -> words.publish("d"))
        .isInstanceOf(ChannelClosedException.class)
        .hasCause(reason);
    assertThat(words.subscribe().next()).isEqualTo(new Received.Failed<>(reason));
    assertThatThrownBy(() -> SharedBroadcast.create(0)).hasMessageContaining("1 or more");
  }
}
