package gyre.sync;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import gyre.CancelledException;
import gyre.Fiber;
import gyre.Loops;
import gyre.Scope;
import gyre.Signal;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Select: exactly one case is done, and the others are as they were. */
@Tag("fiber-modes")
@Timeout(value = 30, unit = TimeUnit.SECONDS, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class SelectTest {
  private static final Duration LONG = Duration.ofHours(1);

  private static void run(gyre.Task body) {
    Loops.run("nio", body);
  }

  private static <T> String text(Received<T> received) {
    return switch (received) {
      case Received.Value<T>(T item) -> "got " + item;
      case Received.Closed<T>() -> "closed";
      case Received.Failed<T>(Throwable reason) -> "failed: " + reason.getMessage();
    };
  }

  private static void turns(int times) {
    for (int i = 0; i < times; i++) {
      Fiber.yield();
    }
  }

  @Test
  void shouldDoWhatIsWrittenFirst() {
    run(() -> {
      Channel<Integer> busy = Channel.bounded(100);
      Channel<String> control = Channel.bounded(1);
      List<String> done = new ArrayList<>();
      Select<Boolean> select =
          Select.ordered(
              Select.receive(
                  control,
                  received -> {
                    done.add("control " + text(received));
                    return false;
                  }),
              Select.receive(
                  busy,
                  received -> {
                    done.add("busy " + text(received));
                    busy.send(1); // never empty
                    return true;
                  }));
      busy.send(1);
      for (int i = 0; i < 10; i++) {
        assertThat(select.await()).isTrue();
      }
      control.send("stop");
      assertThat(select.await()).isFalse();
      assertThat(done).hasSize(11).last().isEqualTo("control got stop");
    });
  }

  @Test
  void shouldChooseFairlyAmongThoseThatAreReady() {
    run(() -> {
      Channel<Integer> one = Channel.bounded(1);
      Channel<Integer> two = Channel.bounded(1);
      Channel<Integer> silent = Channel.bounded(1);
      Select<Integer> select =
          Select.fair(
              Select.receive(one, received -> 0),
              Select.receive(two, received -> 1),
              Select.receive(silent, received -> 2));
      int[] done = new int[3];
      for (int i = 0; i < 10_000; i++) {
        Sent _ = one.trySend(1);
        Sent _ = two.trySend(1);
        done[select.await()]++;
      }
      assertThat(done[0]).isBetween(4_500, 5_500);
      assertThat(done[2]).isZero();
    });
  }

  @Test
  void shouldTakeNothingFromTheOthers() {
    run(() -> {
      Channel<Integer> one = Channel.bounded(1);
      Channel<Integer> two = Channel.bounded(1);
      Channel<Integer> out = Channel.bounded(1);
      Signal signal = Signal.open();
      one.send(1);
      two.send(2);
      signal.raise();
      Select<String> select =
          Select.ordered(
              Select.receive(one, SelectTest::text),
              Select.receive(two, SelectTest::text),
              Select.send(out, 3, sent -> "sent"),
              Select.on(signal, () -> "signal " + signal.take()));
      assertThat(select.await()).isEqualTo("got 1");
      assertThat(two.size()).isEqualTo(1);
      assertThat(out.size()).isZero();
      assertThat(select.await()).isEqualTo("got 2");
      assertThat(select.await()).isEqualTo("sent");
      assertThat(select.await()).isEqualTo("signal true");
      assertThat(one.size() + two.size()).isZero();
    });
  }

  @Test
  void shouldWaitForTheFirst() {
    run(() -> {
      Channel<Integer> in = Channel.bounded(1);
      Channel<Integer> out = Channel.bounded(1);
      out.send(0);
      try (Scope scope = Scope.open("others")) {
        Fiber<?> worker = scope.start("worker", () -> turns(20));
        Select<String> select =
            Select.ordered(
                Select.on(worker.end(), () -> "ended"),
                Select.receive(in, SelectTest::text),
                Select.send(out, 1, sent -> "sent"),
                Select.timeout(LONG, () -> "late"));
        scope.start(() -> in.send(5));
        assertThat(select.await()).isEqualTo("got 5");
        scope.start(() -> assertThat(out.take()).isZero());
        assertThat(select.await()).isEqualTo("sent");
        assertThat(out.take()).isEqualTo(1);
        out.send(2);
        assertThat(select.await()).isEqualTo("ended");
        assertThat(out.size()).isEqualTo(1);
      }
    });
  }

  @Test
  void shouldMeetAnotherSelectAtARendezvous() {
    run(() -> {
      Channel<Integer> channel = Channel.rendezvous();
      Channel<Integer> other = Channel.rendezvous();
      for (boolean sendsFirst : new boolean[] {true, false}) {
        List<String> done = new ArrayList<>();
        gyre.Task sender =
            () ->
                done.add(
                    Select.fair(
                            Select.receive(other, SelectTest::text),
                            Select.send(channel, 7, sent -> "sent"))
                        .await());
        gyre.Task receiver =
            () ->
                done.add(
                    Select.fair(
                            Select.receive(other, SelectTest::text),
                            Select.receive(channel, SelectTest::text))
                        .await());
        try (Scope scope = Scope.open("both")) {
          scope.start(sendsFirst ? sender : receiver);
          turns(3);
          scope.start(sendsFirst ? receiver : sender);
          scope.join();
        }
        assertThat(done).containsExactlyInAnyOrder("sent", "got 7");
        assertThat(other.sendable().isReady() || other.receivable().isReady()).isFalse();
      }
    });
  }

  @Test
  void shouldSendToOneOfSeveralThatWait() {
    run(() -> {
      Channel<Integer> one = Channel.rendezvous();
      Channel<Integer> two = Channel.rendezvous();
      try (Scope scope = Scope.open("sender")) {
        Fiber<String> sender =
            scope.call(() ->
                Select.ordered(
                        Select.send(one, 1, sent -> "to one"),
                        Select.send(two, 2, sent -> "to two"))
                    .await());
        turns(3);
        assertThat(two.tryReceive()).isEqualTo(new Received.Value<>(2));
        assertThat(one.tryReceive())
            .as("it has sent already")
            .isInstanceOf(TryReceived.Empty.class);
        assertThat(one.receivable().isReady()).isFalse();
        assertThat(sender.join()).isEqualTo("to two");
      }
    });
  }

  @Test
  void shouldHandOnWhatItWasWokenForAndDidNotTake() {
    run(() -> {
      Channel<Integer> watched = Channel.bounded(1);
      Channel<Integer> better = Channel.bounded(1);
      List<String> done = new ArrayList<>();
      try (Scope scope = Scope.open("waiting")) {
        scope.start(() ->
            done.add(
                Select.ordered(
                        Select.receive(better, SelectTest::text),
                        Select.on(watched.receivable(), () -> "first " + watched.take()))
                    .await()));
        turns(2);
        scope.start(() -> {
          Fiber.await(watched.receivable());
          done.add("second " + watched.take());
        });
        turns(2);
        watched.send(1);
        better.send(2);
        scope.join();
      }
      assertThat(done).containsExactlyInAnyOrder("got 2", "second 1");
    });
  }

  @Test
  void shouldNotWaitIfToldSo() {
    run(() -> {
      Channel<Integer> channel = Channel.bounded(1);
      Select<String> select =
          Select.ordered(
              Select.receive(channel, SelectTest::text), Select.otherwise(() -> "nothing"));
      assertThat(select.await()).isEqualTo("nothing");
      channel.send(1);
      assertThat(select.await()).isEqualTo("got 1");
      channel.close();
      assertThat(select.await()).isEqualTo("closed");
      assertThat(
              Select.ordered(
                      Select.send(channel, 1, sent -> "" + sent),
                      Select.timeout(LONG, () -> "late"))
                  .await())
          .isEqualTo("CLOSED");
    });
  }

  @Test
  void shouldEndByTimeOrByTheEndOfAChannel() {
    run(() -> {
      Channel<Integer> channel = Channel.bounded(1);
      Select<String> select =
          Select.fair(
              Select.receive(channel, SelectTest::text),
              Select.timeout(Duration.ofMillis(1), () -> "late"));
      assertThat(select.await()).isEqualTo("late");
      try (Scope scope = Scope.open("closer")) {
        scope.start(() -> channel.close(new Exception("gone")));
        assertThat(
                Select.ordered(
                        Select.receive(channel, SelectTest::text),
                        Select.timeout(LONG, () -> "late"))
                    .await())
            .isEqualTo("failed: gone");
      }
    });
  }

  @Test
  void shouldHaveDoneNothingWhenCancelled() {
    run(() -> {
      Channel<Integer> in = Channel.rendezvous();
      Channel<Integer> out = Channel.rendezvous();
      try (Scope scope = Scope.openIsolated("selecting")) {
        scope.start(() -> {
          Select<String> select =
              Select.ordered(
                  Select.receive(in, SelectTest::text), Select.send(out, 1, sent -> "sent"));
          assertThatThrownBy(select::await).isInstanceOf(CancelledException.class);
        });
        turns(3);
        assertThat(out.receivable().isReady()).isTrue();
        scope.cancel("given up");
      }
      assertThat(out.receivable().isReady()).isFalse();
      assertThat(in.trySend(2)).isEqualTo(Sent.FULL);
    });
  }

  @Test
  void shouldGoOnWithACaseThatWasDoneBeforeItWasCancelled() {
    run(() -> {
      Channel<Integer> in = Channel.rendezvous();
      Channel<Integer> out = Channel.rendezvous();
      List<String> done = new ArrayList<>();
      try (Scope scope = Scope.openIsolated("selecting")) {
        scope.start(() -> {
          Select<String> select =
              Select.ordered(
                  Select.receive(in, SelectTest::text), Select.send(out, 1, sent -> "sent"));
          done.add(select.await());
          done.add(select.await());
        });
        turns(3);
        assertThat(out.take()).isEqualTo(1);
        scope.cancel("too late");
      }
      assertThat(done).containsExactly("sent");
    });
  }

  @Test
  void shouldRefuseWhatMakesNoSense() {
    run(() -> {
      Channel<Integer> channel = Channel.bounded(1);
      assertThatThrownBy(Select::ordered).hasMessageContaining("needs a case");
      assertThatThrownBy(() -> Select.ordered(Select.otherwise(() -> 1)))
          .hasMessageContaining("case");
      assertThatThrownBy(() ->
              Select.ordered(Select.otherwise(() -> 1), Select.on(channel.receivable(), () -> 2)))
          .hasMessageContaining("stands last");
      Select<Integer> shared = Select.ordered(Select.receive(channel, received -> 1));
      try (Scope scope = Scope.openIsolated("first")) {
        scope.start("first", shared::await);
        turns(3);
        assertThatThrownBy(shared::await).hasMessageContaining("first waits in this select");
      }
    });
  }
}
