package gyre.sync;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import gyre.CancelledException;
import gyre.Deadline;
import gyre.Fiber;
import gyre.FiberInfo;
import gyre.Loop;
import gyre.Loops;
import gyre.Scope;
import gyre.Source;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Channels within a loop: order, bound, closing, and who gets what when somebody leaves. */
@Tag("fiber-modes")
@Timeout(value = 30, unit = TimeUnit.SECONDS, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class ChannelTest {
  private static final Duration LONG = Duration.ofHours(1);

  private static void run(gyre.Task body) {
    Loops.run("nio", body);
  }

  private static List<Integer> upTo(int end) {
    List<Integer> numbers = new ArrayList<>();
    for (int i = 0; i < end; i++) {
      numbers.add(i);
    }
    return numbers;
  }

  private static void untilParked(String doing, int fibers) {
    while (Loop.current().fibers().stream()
            .map(FiberInfo::waitsFor)
            .filter(text -> text.startsWith(doing))
            .count()
        != fibers) {
      Fiber.yield();
    }
  }

  @Test
  void shouldHandOnInOrderAndNeverHoldMoreThanItsCapacity() {
    run(() -> {
      for (int capacity : new int[] {0, 1, 2, 7, 100}) {
        Channel<Integer> channel = Channel.bounded(capacity);
        List<Integer> got = new ArrayList<>();
        try (Scope scope = Scope.open("both")) {
          scope.start(
              "sender",
              () -> {
                for (int i = 0; i < 1_000; i++) {
                  channel.send(i);
                  assertThat(channel.size()).isLessThanOrEqualTo(capacity);
                }
                channel.close();
              });
          for (int item : channel) {
            got.add(item);
          }
          scope.join();
        }
        assertThat(got).as("capacity %s", capacity).isEqualTo(upTo(1_000));
      }
    });
  }

  @Test
  void shouldServeParkedSendersInTheOrderInWhichTheyCame() {
    run(() -> {
      Channel<Integer> channel = Channel.bounded("numbers", 1);
      List<Integer> got = new ArrayList<>();
      try (Scope scope = Scope.open("senders")) {
        for (int i = 0; i < 5; i++) {
          int item = i;
          scope.start(() -> channel.send(item));
          Fiber.yield();
        }
        untilParked("sending to numbers", 4);
        got.add(channel.take());
        assertThat(channel.trySend(99)).as("no overtaking").isEqualTo(Sent.FULL);
        while (channel.tryReceive() instanceof Received.Value(Integer item)) {
          got.add(item);
        }
        scope.join();
      }
      assertThat(got).isEqualTo(upTo(5));
    });
  }

  @Test
  void shouldServeParkedReceiversInTheOrderInWhichTheyCame() {
    run(() -> {
      Channel<Integer> channel = Channel.bounded("numbers", 5);
      List<String> got = new ArrayList<>();
      try (Scope scope = Scope.open("receivers")) {
        for (int i = 0; i < 3; i++) {
          String name = "receiver " + i;
          scope.start(() -> got.add(name + " got " + channel.take()));
          Fiber.yield();
        }
        untilParked("receiving from numbers", 3);
        for (int i = 0; i < 4; i++) {
          channel.send(i);
        }
        assertThat(channel.take()).as("no overtaking").isEqualTo(3);
        scope.join();
      }
      assertThat(got).containsExactly("receiver 0 got 0", "receiver 1 got 1", "receiver 2 got 2");
    });
  }

  @Test
  void shouldSendWithoutRoomOnlyIfSomebodyReceives() {
    run(() -> {
      Channel<Integer> channel = Channel.rendezvous();
      assertThat(channel.trySend(1)).isEqualTo(Sent.FULL);
      assertThat(channel.tryReceive()).isInstanceOf(TryReceived.Empty.class);
      try (Scope scope = Scope.open("other")) {
        Fiber<Integer> receiver = scope.call(channel::take);
        untilParked("receiving from channel", 1);
        assertThat(channel.sendable().isReady()).isTrue();
        assertThat(channel.trySend(2)).isEqualTo(Sent.SENT);
        assertThat(channel.trySend(3)).as("one receiver, one item").isEqualTo(Sent.FULL);
        assertThat(receiver.join()).isEqualTo(2);

        Fiber<?> sender = scope.start(() -> channel.send(4));
        untilParked("sending to channel", 1);
        assertThat(channel.receivable().isReady()).isTrue();
        assertThat(sender.isAlive()).isTrue();
        assertThat(channel.tryReceive()).isEqualTo(new Received.Value<>(4));
        sender.join();
      }
    });
  }

  @Test
  void shouldDrainBeforeItEnds() {
    run(() -> {
      Channel<Integer> channel = Channel.bounded(100);
      for (int i = 0; i < 100; i++) {
        channel.send(i);
      }
      channel.close();
      assertThat(channel.trySend(100)).isEqualTo(Sent.CLOSED);
      assertThatThrownBy(() -> channel.send(100)).isInstanceOf(ChannelClosedException.class);
      List<Integer> got = new ArrayList<>();
      channel.forEach(got::add);
      assertThat(got).isEqualTo(upTo(100));
      assertThat(channel.receive()).isInstanceOf(Received.Closed.class);
      assertThat(channel.tryReceive()).isInstanceOf(Received.Closed.class);
      assertThatThrownBy(channel::take).isInstanceOf(ChannelClosedException.class);
    });
  }

  @Test
  void shouldEndWithTheReasonThatItWasClosedFor() {
    run(() -> {
      Channel<Integer> channel = Channel.bounded(1);
      Exception reason = new Exception("disk full");
      channel.send(1);
      channel.close(reason);
      channel.close();
      assertThat(channel.receive()).isEqualTo(new Received.Value<>(1));
      assertThat(channel.receive()).isEqualTo(new Received.Failed<>(reason));
      assertThatThrownBy(() -> channel.iterator().hasNext())
          .isInstanceOf(ChannelClosedException.class)
          .hasCause(reason);
      assertThatThrownBy(() -> channel.send(2)).hasCause(reason);
    });
  }

  @Test
  void shouldTellThoseWhoArePartOfItWhenItCloses() {
    run(() -> {
      Channel<Integer> full = Channel.bounded("full", 1);
      Channel<Integer> empty = Channel.bounded("empty", 1);
      List<String> told = new ArrayList<>();
      full.send(0);
      try (Scope scope = Scope.open("parked")) {
        scope.start(() -> {
          assertThatThrownBy(() -> full.send(1)).isInstanceOf(ChannelClosedException.class);
          told.add("sender");
        });
        scope.start(() -> {
          assertThat(empty.receive()).isInstanceOf(Received.Closed.class);
          told.add("receiver");
        });
        scope.start(() -> {
          Fiber.await(empty.receivable());
          told.add("watcher of items");
        });
        scope.start(() -> {
          Fiber.await(full.sendable());
          told.add("watcher of room");
        });
        untilParked("sending to full", 1);
        untilParked("receiving from empty", 1);
        untilParked("waiting for an item of empty", 1);
        untilParked("waiting for room in full", 1);
        full.close();
        empty.close();
        scope.join();
      }
      assertThat(told)
          .containsExactlyInAnyOrder("sender", "receiver", "watcher of items", "watcher of room");
      assertThat(full.take()).as("what was sent before").isZero();
    });
  }

  @Test
  void shouldLoseNothingThoughReceiversAreCancelled() {
    run(() -> {
      for (int capacity : new int[] {0, 1, 16}) {
        Channel<Integer> channel = Channel.bounded(capacity);
        List<Integer> got = new ArrayList<>();
        try (Scope scope = Scope.open("all")) {
          scope.start(() -> {
            for (int i = 0; i < 10_000; i++) {
              channel.send(i);
            }
            channel.close();
          });
          int cancelled = 0;
          int tries = 0;
          while (!channel.isClosed() || channel.size() > 0) {
            try (Scope one = Scope.openIsolated("one")) {
              Fiber<?> receiver =
                  one.start(() -> {
                    for (int i = 0;
                        i < 50
                            && channel.receive() instanceof Received.Value<Integer>(Integer item);
                        i++) {
                      got.add(item);
                    }
                  });
              for (int i = 0; i < tries % 5; i++) {
                Fiber.yield();
              }
              tries++;
              if (receiver.isAlive()) {
                one.cancel("enough");
                cancelled++;
              }
            }
          }
          scope.join();
          assertThat(cancelled).isGreaterThan(100);
        }
        assertThat(got).as("capacity %s", capacity).isEqualTo(upTo(10_000));
      }
    });
  }

  @Test
  void shouldGiveAnItemThatCrossesACancellation() {
    run(() -> {
      Channel<Integer> channel = Channel.rendezvous();
      List<Object> seen = new ArrayList<>();
      try (Scope scope = Scope.openIsolated("receiver")) {
        scope.start(() -> {
          seen.add(channel.take());
          try {
            channel.take();
          } catch (CancelledException e) {
            seen.add(e.getMessage());
            throw e;
          }
        });
        untilParked("receiving from channel", 1);
        assertThat(channel.trySend(1)).isEqualTo(Sent.SENT);
        scope.cancel("too late");
      }
      assertThat(seen).containsExactly(1, "too late");
    });
  }

  @Test
  void shouldTakeNothingOfASenderThatIsCancelled() {
    run(() -> {
      Channel<Integer> channel = Channel.bounded(1);
      channel.send(0);
      try (Scope scope = Scope.openIsolated("sender")) {
        scope.start(() -> channel.send(1));
        untilParked("sending to channel", 1);
        scope.cancel("given up");
      }
      assertThat(channel.take()).isZero();
      assertThat(channel.tryReceive()).isInstanceOf(TryReceived.Empty.class);
    });
  }

  @Test
  void shouldTellACancelledFiberThoughItNeedNotWait() {
    run(() -> {
      Channel<Integer> channel = Channel.bounded(10);
      try (Scope scope = Scope.openIsolated("cancelled")) {
        scope.cancel("now");
        assertThatThrownBy(() -> channel.send(1)).isInstanceOf(CancelledException.class);
        assertThatThrownBy(channel::receive).isInstanceOf(CancelledException.class);
      }
      assertThat(channel.size()).isZero();
    });
  }

  @Test
  void shouldBeWaitedForAsOneOfSeveralSources() {
    run(() -> {
      Channel<Integer> one = Channel.bounded(1);
      Channel<Integer> two = Channel.bounded(1);
      Deadline never = Deadline.in(LONG);
      try (Scope scope = Scope.open("sender")) {
        scope.start(() -> two.send(2));
        Source first = Fiber.awaitFirst(one.receivable(), two.receivable(), never);
        assertThat(first).isSameAs(two.receivable());
        assertThat(two.take()).isEqualTo(2);
        two.send(3);
        assertThat(Fiber.awaitFirst(two.sendable(), one.sendable(), never))
            .isSameAs(one.sendable());
      }
    });
  }

  @Test
  void shouldBelongToOneLoop() {
    run(() -> {
      Channel<Integer> channel = Channel.bounded(1);
      Fiber.offload(() -> {
        assertThatThrownBy(() -> channel.trySend(1)).isInstanceOf(IllegalStateException.class);
        assertThatThrownBy(() -> channel.send(1)).isInstanceOf(IllegalStateException.class);
        assertThatThrownBy(channel::tryReceive).isInstanceOf(IllegalStateException.class);
        assertThatThrownBy(channel::close).isInstanceOf(IllegalStateException.class);
        return true;
      });
      assertThatThrownBy(() -> Channel.bounded(-1)).hasMessageContaining("negative");
    });
  }
}
