package gyre.sync;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import gyre.Deadline;
import gyre.Fiber;
import gyre.Loops;
import gyre.Scope;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Everybody gets everything, or is told how much was missed; publishing never waits. */
@Tag("fiber-modes")
@Timeout(value = 30, unit = TimeUnit.SECONDS, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class BroadcastTest {
  private static void run(gyre.Task body) {
    Loops.run("nio", body);
  }

  private static void turns(int times) {
    for (int i = 0; i < times; i++) {
      Fiber.yield();
    }
  }

  @Test
  void shouldTellASleeperHowManyItHasMissed() {
    run(() -> {
      Broadcast<Integer> broadcast = Broadcast.create(16);
      Broadcast.Subscription<Integer> sleeper = broadcast.subscribe();
      List<Integer> awake = new ArrayList<>();
      try (Scope scope = Scope.open("awake")) {
        scope.start(() -> {
          Broadcast.Subscription<Integer> mine = broadcast.subscribe();
          while (mine.next() instanceof Received.Value<Integer>(Integer item)) {
            awake.add(item);
          }
        });
        turns(2);
        for (int i = 0; i < 1_000; i++) {
          broadcast.publish(i);
          if (i % 10 == 9) {
            Fiber.yield();
          }
        }
        broadcast.close();
        scope.join();
      }
      assertThat(awake).hasSize(1_000).isSorted();
      assertThat(sleeper.next()).isEqualTo(new BroadcastEvent.Lagged<>(984));
      for (int i = 984; i < 1_000; i++) {
        assertThat(sleeper.next()).isEqualTo(new Received.Value<>(i));
      }
      assertThat(sleeper.next()).isInstanceOf(Received.Closed.class);
    });
  }

  @Test
  void shouldSubscribeToWhatComesFromNowOn() {
    run(() -> {
      Broadcast<Integer> broadcast = Broadcast.create("numbers", 4);
      broadcast.publish(1);
      Broadcast.Subscription<Integer> late = broadcast.subscribe();
      assertThat(late.arrived().isReady()).isFalse();
      broadcast.publish(2);
      assertThat(late.next()).isEqualTo(new Received.Value<>(2));
      Exception reason = new Exception("gone");
      broadcast.close(reason);
      assertThat(late.next()).isEqualTo(new Received.Failed<>(reason));
      assertThatThrownBy(() -> broadcast.publish(3))
          .isInstanceOf(ChannelClosedException.class)
          .hasMessageContaining("numbers")
          .hasCause(reason);
    });
  }

  /** Each that goes on wakes the next, also one that goes away or has been quicker. */
  @Test
  void shouldReachAllThoughSomeLeaveOrWaitForOtherThings() {
    run(() -> {
      Broadcast<Integer> broadcast = Broadcast.create(8);
      Channel<Integer> other = Channel.bounded(100);
      List<Integer> got = new ArrayList<>();
      try (Scope scope = Scope.open("subscribers")) {
        try (Scope leaving = Scope.openIsolated("leaving")) {
          for (int i = 0; i < 60; i++) {
            int number = i;
            (i % 3 == 0 ? leaving : scope)
                .start(() -> {
                  Broadcast.Subscription<Integer> mine = broadcast.subscribe();
                  if (number % 3 == 1) {
                    Fiber.awaitFirst(other.receivable(), mine.arrived());
                  }
                  while (mine.next() instanceof Received.Value<Integer>) {
                    got.add(number);
                  }
                });
          }
          turns(3);
          for (int i = 0; i < 3; i++) {
            other.send(i);
            broadcast.publish(i);
          }
          broadcast.close();
          leaving.cancel("enough");
        }
        scope.join();
      }
      for (int i = 0; i < 60; i++) {
        int number = i;
        if (number % 3 != 0) {
          assertThat(got.stream().filter(n -> n == number)).as("subscriber %s", number).hasSize(3);
        }
      }
    });
  }

  @Test
  void shouldRefuseTwoFibersWithOneSubscription() {
    run(() -> {
      Broadcast.Subscription<Integer> one = Broadcast.<Integer>create(1).subscribe();
      try (Scope scope = Scope.openIsolated("first")) {
        scope.start("first", () -> one.next());
        turns(2);
        assertThatThrownBy(one::next)
            .hasMessageContaining("first")
            .hasMessageContaining("of its own");
      }
      assertThatThrownBy(() -> Broadcast.create(0)).hasMessageContaining("1 or more");
    });
  }

  @Test
  void shouldNotMissAChangeBetweenReadingAndWaiting() {
    run(() -> {
      Watch<Integer> watch = Watch.create(0);
      Watch.View<Integer> view = watch.view();
      assertThat(view.get()).isZero();
      assertThat(view.changed().isReady()).isFalse();
      watch.set(1);
      assertThat(view.changed().isReady()).isTrue();
      assertThat(Fiber.awaitFirst(Deadline.in(Duration.ofHours(1)), view.changed()))
          .isSameAs(view.changed());
      assertThat(view.next()).isEqualTo(new Received.Value<>(1));
      watch.set(2);
      watch.set(3);
      assertThat(view.next()).isEqualTo(new Received.Value<>(3));
      assertThat(watch.version()).isEqualTo(4);
      watch.set(4);
      watch.close();
      assertThat(view.next()).isEqualTo(new Received.Value<>(4));
      assertThat(view.next()).isInstanceOf(Received.Closed.class);
      assertThatThrownBy(() -> watch.set(5)).isInstanceOf(ChannelClosedException.class);
      assertThat(watch.get()).isEqualTo(4);
    });
  }

  @Test
  void shouldShowAllViewsTheLastOfManyChanges() {
    run(() -> {
      Watch<Integer> watch = Watch.create(0);
      List<Integer> last = new ArrayList<>();
      int[] wakeUps = new int[1];
      try (Scope scope = Scope.open("views")) {
        for (int i = 0; i < 100; i++) {
          scope.start(() -> {
            Watch.View<Integer> view = watch.view();
            int seen = view.get();
            while (view.next() instanceof Received.Value<Integer>(Integer value)) {
              wakeUps[0]++;
              assertThat(value).isGreaterThan(seen);
              seen = value;
            }
            last.add(seen);
          });
        }
        turns(3);
        for (int i = 1; i <= 1_000; i++) {
          watch.set(i);
          if (i % 100 == 0) {
            Fiber.yield();
          }
        }
        watch.close();
        scope.join();
      }
      assertThat(last).hasSize(100).containsOnly(1_000);
      assertThat(wakeUps[0]).isLessThanOrEqualTo(100 * 1_000);
    });
  }
}
