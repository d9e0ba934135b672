package gyre.sync;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import gyre.CancelledException;
import gyre.Deadline;
import gyre.Fiber;
import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** The latest value, on whatever loop or thread it is set and read. */
@Tag("fiber-modes")
@Timeout(value = 60, unit = TimeUnit.SECONDS, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class SharedWatchTest {
  private final OtherThreads others = new OtherThreads();

  @Test
  void shouldShowTheLastValueToAllAndNeverAnOlderOne() throws Exception {
    SharedWatch<Integer> watch = SharedWatch.create(0);
    CountDownLatch ready = new CountDownLatch(5);
    gyre.Task reader =
        () -> {
          SharedWatch.View<Integer> view = watch.view();
          ready.countDown();
          int last = view.get();
          while (view.next() instanceof Received.Value<Integer>(Integer value)) {
            assertThat(value).isGreaterThan(last);
            last = value;
          }
          assertThat(last).isEqualTo(20_000);
        };
    others.thread(reader);
    for (int i = 0; i < 2; i++) {
      others.loop(() -> {
        Fiber<?> _ = Fiber.start(reader);
        Fiber<?> _ = Fiber.start(reader);
      });
    }
    ready.await();
    for (int i = 1; i <= 20_000; i++) {
      watch.set(i);
    }
    watch.close();
    others.joinAll();
    assertThat(watch.version()).isEqualTo(20_001);
  }

  /** Two loops that wait for each other's change: one that is missed stops both. */
  @Test
  void shouldMissNoChangeBetweenReadingAndWaiting() throws Exception {
    SharedWatch<Integer> mine = SharedWatch.create(0);
    SharedWatch<Integer> other = SharedWatch.create(0);
    others.loop(() -> answer(mine, other, 1));
    others.loop(() -> answer(other, mine, 0));
    others.joinAll();
    assertThat(mine.get() + other.get()).isEqualTo(9_999 + 10_000);
  }

  private static void answer(SharedWatch<Integer> to, SharedWatch<Integer> from, int first) {
    SharedWatch.View<Integer> view = from.view();
    if (first == 1) {
      to.set(1);
    }
    int last = first;
    while (last < 9_999) {
      int seen = view.get();
      if (seen > last) {
        last = seen + 1;
        to.set(last);
      } else {
        Fiber.await(view.changed());
      }
    }
  }

  @Test
  void shouldEndWithTheReasonAfterTheLastValue() throws Exception {
    SharedWatch<String> watch = SharedWatch.create("a");
    SharedWatch.View<String> view = watch.view();
    IllegalStateException reason = new IllegalStateException("over");
    assertThat(view.next(Duration.ofNanos(1))).isInstanceOf(TryReceived.Empty.class);
    watch.set("b");
    watch.close(reason);
    watch.close();
    assertThat(view.next()).isEqualTo(new Received.Value<>("b"));
    assertThat(view.next()).isEqualTo(new Received.Failed<>(reason));
    assertThatThrownBy(() -> watch.set("c"))
        .isInstanceOf(ChannelClosedException.class)
        .hasCause(reason);
    assertThat(watch).hasToString("watch[version 2, closed]");
  }

  @Test
  void shouldBeOneOfSeveralThingsToWaitFor() throws Exception {
    SharedWatch<Integer> watch = SharedWatch.create(0);
    CountDownLatch ready = new CountDownLatch(1);
    others.loop(() -> {
      SharedWatch.View<Integer> view = watch.view();
      Deadline soon = Deadline.in(Duration.ofMillis(1));
      assertThat(Fiber.awaitFirst(view.changed(), soon)).isEqualTo(soon);
      ready.countDown();
      Deadline never = Deadline.in(Duration.ofHours(1));
      assertThat(Fiber.awaitFirst(never, view.changed())).isEqualTo(view.changed());
      assertThat(view.get()).isEqualTo(1);
    });
    ready.await();
    watch.set(1);
    Thread interrupted =
        others.thread(() ->
            assertThatThrownBy(() -> watch.view().next()).isInstanceOf(CancelledException.class));
    interrupted.interrupt();
    others.joinAll();
  }
}
