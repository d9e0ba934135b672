package gyre.sync;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import gyre.CancelledException;
import gyre.Fiber;
import gyre.Loop;
import gyre.Loops;
import gyre.Scope;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Channels between loops and plain threads. */
@Tag("fiber-modes-0")
@Timeout(value = 180, unit = TimeUnit.SECONDS, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class SharedChannelTest {
  private static final Duration LONG = Duration.ofHours(1);
  private static final int ITEMS = 20_000;

  private final List<Thread> threads = new ArrayList<>();
  private final ConcurrentLinkedQueue<Throwable> failures = new ConcurrentLinkedQueue<>();

  private void thread(gyre.Task body) {
    threads.add(
        Thread.ofPlatform()
            .daemon()
            .start(() -> {
              try {
                body.run();
              } catch (Throwable e) {
                failures.add(e);
              }
            }));
  }

  private void loop(gyre.Task body) {
    thread(() -> Loops.run("nio", body));
  }

  private void joinAll() throws InterruptedException {
    for (Thread thread : threads) {
      thread.join();
    }
    assertThat(failures).isEmpty();
  }

  @ParameterizedTest
  @ValueSource(ints = {0, 1, 2, 7, 1024})
  void shouldHandOnBetweenTwoLoopsInOrder(int capacity) throws Exception {
    SharedChannel<Integer> channel = SharedChannel.bounded(capacity);
    List<Integer> got = new ArrayList<>();
    loop(() -> {
      for (int i = 0; i < ITEMS; i++) {
        channel.send(i);
      }
      channel.close();
    });
    loop(() -> {
      for (int item : channel) {
        assertThat(channel.size()).isLessThanOrEqualTo(capacity);
        got.add(item);
      }
    });
    joinAll();
    assertThat(got).hasSize(ITEMS).isSorted();
  }

  /** Fibers and threads at both ends; each item arrives once, those of one sender in order. */
  @ParameterizedTest
  @ValueSource(ints = {0, 1, 3, 64})
  void shouldHandOnFromManyToMany(int capacity) throws Exception {
    SharedChannel<int[]> channel = SharedChannel.bounded(capacity);
    AtomicInteger sending = new AtomicInteger(4);
    AtomicInteger sum = new AtomicInteger();
    AtomicInteger count = new AtomicInteger();
    for (int i = 0; i < 4; i++) {
      int number = i;
      gyre.Task sender =
          () -> {
            for (int j = 0; j < ITEMS / 10; j++) {
              channel.send(new int[] {number, j});
            }
            if (sending.decrementAndGet() == 0) {
              channel.close();
            }
          };
      gyre.Task receiver =
          () -> {
            int[] last = {-1, -1, -1, -1};
            for (int[] item : channel) {
              assertThat(item[1]).isGreaterThan(last[item[0]]);
              last[item[0]] = item[1];
              sum.addAndGet(item[1]);
              count.incrementAndGet();
            }
          };
      if (i % 2 == 0) {
        thread(sender);
        thread(receiver);
      } else {
        loop(() -> {
          Fiber<?> ignored = Fiber.start(sender);
          Fiber<?> _ = Fiber.start(receiver);
        });
      }
    }
    joinAll();
    int each = ITEMS / 10;
    assertThat(count).hasValue(4 * each);
    assertThat(sum).hasValue(4 * (each * (each - 1) / 2));
  }

  @Test
  void shouldHandleOrRefuseWhatIsSentWhileItCloses() throws Exception {
    for (int round = 0; round < 50; round++) {
      SharedChannel<Integer> channel = SharedChannel.bounded(round % 2 * 4);
      AtomicInteger sent = new AtomicInteger();
      AtomicInteger handled = new AtomicInteger();
      for (int i = 0; i < 2; i++) {
        thread(() -> {
          try {
            while (true) {
              channel.send(1);
              sent.incrementAndGet();
            }
          } catch (ChannelClosedException e) {
            // told
          }
        });
        thread(() -> {
          for (int item : channel) {
            handled.addAndGet(item);
          }
        });
      }
      while (handled.get() < 20) {
        Thread.onSpinWait();
      }
      channel.close();
      joinAll();
      threads.clear();
      assertThat(handled).hasValue(sent.get());
    }
  }

  @Test
  void shouldBlockAPlainThreadUntilThereIsRoom() throws Exception {
    SharedChannel<Integer> channel = SharedChannel.bounded("jobs", 1);
    channel.send(0);
    assertThat(channel.trySend(1)).isEqualTo(Sent.FULL);
    assertThat(channel.send(1, Duration.ofNanos(1))).isEqualTo(Sent.FULL);
    thread(() -> channel.send(1));
    while (threads.getFirst().getState() != Thread.State.WAITING) {
      Thread.onSpinWait();
    }
    assertThat(channel.take()).isZero();
    assertThat(channel.receive(LONG)).isEqualTo(new Received.Value<>(1));
    assertThat(channel.receive(Duration.ofNanos(1))).isInstanceOf(TryReceived.Empty.class);
    joinAll();
  }

  @Test
  void shouldEndTheWaitOfAThreadThatIsInterrupted() throws Exception {
    SharedChannel<Integer> channel = SharedChannel.bounded("jobs", 1);
    thread(() -> {
      assertThatThrownBy(channel::receive)
          .isInstanceOf(CancelledException.class)
          .hasMessageContaining("interrupted while receiving from jobs");
      assertThat(Thread.interrupted()).isTrue();
    });
    threads.getFirst().interrupt();
    joinAll();
    channel.send(1);
    assertThat(channel.take()).isEqualTo(1);
  }

  @Test
  void shouldWakeTheNextIfWhoWasWokenLeaves() throws Exception {
    loop(() -> {
      for (int round = 0; round < 200; round++) {
        SharedChannel<Integer> channel = SharedChannel.bounded(4);
        List<Integer> got = new ArrayList<>();
        try (Scope scope = Scope.open("staying")) {
          try (Scope leaving = Scope.openIsolated("leaving")) {
            leaving.start(() -> got.add(channel.take()));
            Fiber.yield();
            Fiber.yield();
            scope.start(() -> got.add(channel.take()));
            Fiber.yield();
            Fiber.yield();
            channel.send(round);
            leaving.cancel("too late");
          }
          channel.send(-1);
          scope.join();
        }
        assertThat(got.size() + channel.size()).as("round %s", round).isEqualTo(2);
        assertThat(got).isNotEmpty();
      }
    });
    joinAll();
  }

  @Test
  void shouldBeACaseOfASelectOnAnyLoop() throws Exception {
    SharedChannel<Integer> numbers = SharedChannel.bounded(8);
    SharedChannel<Integer> answers = SharedChannel.bounded(2);
    SharedChannel<Boolean> stop = SharedChannel.bounded(1);
    loop(() -> {
      int[] sum = new int[1];
      Select<Boolean> select =
          Select.fair(
              Select.receive(
                  numbers,
                  received -> {
                    if (received instanceof Received.Value<Integer>(Integer number)) {
                      sum[0] += number;
                      answers.send(sum[0]);
                      return true;
                    }
                    return false;
                  }),
              Select.receive(stop, received -> false),
              Select.timeout(LONG, () -> false));
      while (select.await()) {
        assertThat(sum[0]).isPositive();
      }
      assertThat(
              Select.ordered(
                      Select.send(answers, -1, sent -> sent), Select.timeout(LONG, () -> Sent.FULL))
                  .await())
          .isEqualTo(Sent.SENT);
    });
    int sum = 0;
    for (int i = 1; i <= 2_000; i++) {
      numbers.send(i);
      sum += i;
      assertThat(answers.take()).isEqualTo(sum);
    }
    stop.send(true);
    assertThat(answers.take()).isEqualTo(-1);
    joinAll();
  }

  @Test
  void shouldMeetWithoutRoom() throws Exception {
    SharedChannel<Integer> meeting = SharedChannel.rendezvous();
    assertThat(meeting.trySend(1)).isEqualTo(Sent.FULL);
    assertThat(meeting.send(1, Duration.ofNanos(1))).isEqualTo(Sent.FULL);
    assertThat(meeting.tryReceive())
        .as("the sender has left")
        .isInstanceOf(TryReceived.Empty.class);
    assertThat(meeting.receive(Duration.ofNanos(1))).isInstanceOf(TryReceived.Empty.class);
    assertThat(meeting.trySend(1)).as("the receiver has left").isEqualTo(Sent.FULL);
    thread(() -> assertThat(meeting.send(2, LONG)).isEqualTo(Sent.SENT));
    assertThat(meeting.take()).isEqualTo(2);
    loop(() -> {
      Fiber.await(meeting.sendable()); // for a receiver in a call
      assertThat(meeting.trySend(3)).isEqualTo(Sent.SENT);
      Fiber.await(meeting.receivable()); // for a sender in a call
      assertThat(meeting.tryReceive()).isEqualTo(new Received.Value<>(4));
    });
    assertThat(meeting.take()).isEqualTo(3);
    meeting.send(4);
    joinAll();
    assertThat(meeting.size() + meeting.capacity()).isZero();
  }

  /** Which of them had the item when it was cancelled is decided at one moment. */
  @Test
  void shouldLoseNothingWhereAPartyOfARendezvousIsCancelled() throws Exception {
    SharedChannel<Integer> meeting = SharedChannel.rendezvous();
    AtomicInteger sent = new AtomicInteger();
    AtomicInteger received = new AtomicInteger();
    loop(() -> {
      for (int round = 0; round < 500; round++) {
        int spins = round % 7;
        try (Scope scope = Scope.openIsolated("receiving")) {
          scope.start(() -> {
            meeting.take();
            received.incrementAndGet();
          });
          for (int i = 0; i < spins; i++) {
            Fiber.yield();
          }
          scope.cancel("by chance");
        }
      }
      meeting.close();
    });
    thread(() -> {
      while (meeting.send(1, LONG) == Sent.SENT) {
        sent.incrementAndGet();
      }
    });
    joinAll();
    assertThat(received).hasValue(sent.get());
  }

  @Test
  void shouldRefuseWhoWaitsWhenARendezvousCloses() throws Exception {
    SharedChannel<Integer> meeting = SharedChannel.rendezvous();
    Exception reason = new Exception("gone");
    loop(() ->
        assertThatThrownBy(() -> meeting.send(1))
            .isInstanceOf(ChannelClosedException.class)
            .hasCause(reason));
    while (!meeting.receivable().isReady()) {
      Thread.onSpinWait();
    }
    meeting.close(reason);
    joinAll();
    assertThat(meeting.trySend(1)).isEqualTo(Sent.CLOSED);
    assertThat(meeting.receive()).isEqualTo(new Received.Failed<>(reason));
    assertThat(meeting.isClosed()).isTrue();
  }

  @Test
  void shouldTellOfTheReasonAndRefuseAfterIt() {
    SharedChannel<Integer> channel = SharedChannel.bounded(2);
    Exception reason = new Exception("gone");
    channel.send(1);
    channel.close(reason);
    channel.close();
    assertThat(channel.trySend(2)).isEqualTo(Sent.CLOSED);
    assertThatThrownBy(() -> channel.send(2)).isInstanceOf(ChannelClosedException.class);
    assertThat(channel.receive()).isEqualTo(new Received.Value<>(1));
    assertThat(channel.receive()).isEqualTo(new Received.Failed<>(reason));
    assertThat(channel.tryReceive()).isEqualTo(new Received.Failed<>(reason));
    assertThatThrownBy(channel::take).hasCause(reason);
    assertThatThrownBy(() -> SharedChannel.bounded(-1)).hasMessageContaining("negative");
  }

  @Test
  void shouldEndAFiberThatIsCancelledThoughItNeedNotWait() throws Exception {
    loop(() -> {
      SharedChannel<Integer> channel = SharedChannel.bounded(2);
      channel.send(1);
      try (Scope scope = Scope.openIsolated("cancelled")) {
        scope.cancel("now");
        assertThatThrownBy(channel::take).isInstanceOf(CancelledException.class);
        assertThatThrownBy(() -> channel.send(2)).isInstanceOf(CancelledException.class);
      }
      assertThat(channel.take()).isEqualTo(1);
      assertThat(Loop.current().fibers()).isNotEmpty();
    });
    joinAll();
  }
}
