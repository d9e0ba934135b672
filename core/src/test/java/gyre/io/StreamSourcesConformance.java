package gyre.io;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import gyre.Cancellation;
import gyre.ClosedException;
import gyre.Deadline;
import gyre.DeadlineExceededException;
import gyre.Fiber;
import gyre.Loop;
import gyre.Scope;
import gyre.Signal;
import gyre.Source;
import gyre.Task;
import gyre.Timer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

/**
 * Waiting for a stream, or for the first of several things, and taking just what was waited for.
 */
abstract class StreamSourcesConformance extends PushStyleConformance {
  private static final Duration LONG = Duration.ofHours(1);
  private static final int MUCH = 1 << 20;

  /** Lets others run until the fiber waits for the source. */
  private static void untilWaiting(Fiber<?> fiber, Source source) {
    while (Loop.current().fibers().stream()
        .noneMatch(
            info -> info.name().equals(fiber.name()) && info.waitsFor().equals(source.doing()))) {
      assertThat(fiber.isAlive()).as("%s waits", fiber.name()).isTrue();
      Fiber.yield();
    }
  }

  /** A fiber that waits for the source, when this returns. */
  private static Fiber<?> waiting(String name, Source source) {
    Fiber<?> fiber = Fiber.start(name, () -> Fiber.await(source));
    untilWaiting(fiber, source);
    return fiber;
  }

  /** Lets whoever was woken by what has happened already run. */
  private static void settle() {
    for (int i = 0; i < 20; i++) {
      Fiber.yield();
    }
  }

  /** What a write that is parked may end with. */
  private interface Ending {
    void of(Task write) throws Exception;
  }

  /** A fiber that has written more at once than fits between the two ends, and is parked. */
  private static Fiber<?> filling(ByteStream stream, Ending ending) {
    Fiber<?> writer =
        Fiber.start(
            "filling",
            () -> {
              try (ByteQueue queue = ByteQueue.create()) {
                queue.append(pattern(MUCH));
                ending.of(() -> stream.write(queue));
              }
            });
    while (stream.isWritable()) {
      Fiber.yield();
    }
    return writer;
  }

  private static Fiber<?> filling(ByteStream stream) {
    return filling(stream, Task::run);
  }

  private static Fiber<?> fillingInVain(ByteStream stream, Class<? extends Exception> failure) {
    return filling(stream, write -> assertThatThrownBy(write::run).isInstanceOf(failure));
  }

  // ---- readable

  @Test
  void shouldWaitForSoManyBytesAndConsumeNone() {
    with((near, far) -> {
      assertThat(far.readable().isReady()).isFalse();
      near.write("abc");
      Fiber.await(far.readable(3));
      assertThat(far.readable().isReady()).isTrue();
      assertThat(far.readable(4).isReady()).isFalse();
      Fiber<?> reader = waiting("reader", far.readable(5));
      near.write("d");
      near.flush();
      Fiber.sleep(Duration.ofMillis(2));
      assertThat(reader.isAlive()).isTrue();
      near.write("e");
      reader.join();
      assertThat(far.input().size()).isEqualTo(5);
      assertThat(far.readExactly(5)).isEqualTo(bytes("abcde"));
      assertThat(far.readable().isReady()).isFalse();
      assertThat(far.readable(7)).isSameAs(far.readable(7));
      assertThat(far.readable()).isSameAs(far.readable(1));
    });
  }

  @Test
  void shouldBeReadableAtAnEndThatComesWhileArmed() {
    with((near, far) -> {
      Fiber<?> reader = waiting("reader", far.readable(4));
      near.write("ab");
      near.shutdownOutput();
      reader.join();
      assertThat(far.readable(100).isReady()).isTrue();
      assertThat(far.await(4)).isFalse();
      assertThat(far.readExactly(2)).isEqualTo(bytes("ab"));
      far.write("yes");
      Fiber.await(near.readable(3));
      assertThat(near.readExactly(3)).isEqualTo(bytes("yes"));
    });
  }

  @Test
  void shouldBeReadableAtAFailureThatComesWhileArmed() {
    if (!tellsResets()) {
      return;
    }
    with((near, far) -> {
      Fiber<?> reader = waiting("reader", far.readable(4));
      near.reset();
      reader.join();
      assertThatThrownBy(() -> far.await(4)).isInstanceOf(IoException.class);
      assertThat(far.readable().isReady()).isTrue();
      assertThat(far.writable().isReady()).isTrue();
      assertThat(far.drained().isReady()).isTrue();
    });
  }

  @Test
  void shouldEndAWaitThatComesToTheTimeLimitOfReads() {
    with(
        DEFAULTS.readTimeout(SOON),
        (near, far) -> {
          near.write("ab");
          Fiber.await(far.readable(3)); // the limit runs from the last bytes
          assertThat(far.readable(3).isReady()).isTrue();
          assertThatThrownBy(() -> far.await(3))
              .isInstanceOfSatisfying(
                  IoException.class, failure -> assertThat(failure.isTimeout()).isTrue());
          assertThat(far.readable(3).isReady()).isFalse();
          Fiber.await(far.readable(3));
          near.write("c");
          while (far.input().size() < 3) {
            Fiber.sleep(Duration.ofMillis(1));
          }
          assertThat(far.readExactly(3)).isEqualTo(bytes("abc"));
          assertThat(far.readable().isReady()).as("what has arrived ends the wait").isFalse();
        });
  }

  @Test
  void shouldRefuseASecondReaderAndLeaveTheFirst() {
    with((near, far) -> {
      Fiber<?> reader = waiting("reader", far.readable(2));
      String refusal = "fiber reader is reading from " + far.name() + " already";
      for (Task second :
          List.<Task>of(
              () -> Fiber.await(far.readable()),
              () -> Fiber.awaitFirst(Deadline.in(LONG), far.readable(3)),
              () -> far.await(1),
              () -> far.onData(in -> {}))) {
        assertThatThrownBy(second::run)
            .isInstanceOf(IllegalStateException.class)
            .hasMessage(refusal);
      }
      near.write("ab");
      reader.join();
      assertThat(far.readExactly(2)).isEqualTo(bytes("ab"));
    });
  }

  @Test
  void shouldKeepThePlaceOfAReaderThatWasWokenAndHasNotRun() {
    with((near, far) -> {
      Fiber<?> reader = Fiber.start("reader", () -> assertThat(far.readExactly(1)).hasSize(1));
      untilWaiting(reader, far.readable());
      near.write("x");
      while (reader.isAlive()) {
        assertThatThrownBy(() -> far.await(2)).isInstanceOf(IllegalStateException.class);
        Fiber.yield();
      }
      reader.join();
      assertThat(far.input().isEmpty()).isTrue();
    });
  }

  @Test
  void shouldRefuseToWaitForWhatIsNoWait() {
    with((near, far) -> {
      int limit = far.awaitLimitBytes();
      assertThatThrownBy(() -> far.readable(0)).isInstanceOf(IllegalArgumentException.class);
      assertThatThrownBy(() -> far.readable(limit + 1))
          .isInstanceOf(IllegalArgumentException.class);
      Source kept = far.readable(limit);
      far.onData(in -> {});
      assertThatThrownBy(far::readable)
          .isInstanceOf(IllegalStateException.class)
          .hasMessage(far.name() + " is read in push style");
      assertThatThrownBy(() -> Fiber.await(kept)).isInstanceOf(IllegalStateException.class);
      Fiber.await(far.drained());
    });
  }

  // ---- writable, drained

  @Test
  void shouldWaitForRoomToWriteAndForAllToBeSent() {
    with(
        SMALL,
        (near, far) -> {
          assertThat(near.writable().isReady()).isTrue();
          assertThat(near.drained().isReady()).isTrue();
          Fiber<?> writer = filling(near);
          List<Fiber<?>> others = new ArrayList<>();
          for (int i = 0; i < 2; i++) {
            others.add(waiting("room-" + i, near.writable()));
            others.add(waiting("sent-" + i, near.drained()));
          }
          settle();
          assertThat(others).allMatch(Fiber::isAlive);
          assertThatThrownBy(near::flush)
              .isInstanceOf(IllegalStateException.class)
              .hasMessage("fiber filling is writing to " + near.name() + " already");
          assertThat(far.readExactly(1)).hasSize(1);
          Fiber<?> rest = Fiber.start(() -> assertThat(readAll(far)).hasSize(MUCH - 1));
          others.forEach(Fiber::join);
          writer.join();
          Fiber.await(near.drained());
          assertThat(near.pendingOutputBytes()).isZero();
          near.flush();
          near.shutdownOutput();
          rest.join();
        });
  }

  @Test
  void shouldSendForWhoWaitsUntilAllIsSent() {
    with((near, far) -> {
      for (int i = 0; i < 50; i++) {
        near.write("x");
        assertThat(near.drained().isReady()).isFalse();
        Fiber.await(near.drained());
        assertThat(near.pendingOutputBytes()).isZero();
      }
      assertThat(far.readExactly(50)).hasSize(50);
    });
  }

  @Test
  void shouldBeWritableWhereAWriteWouldThrow() {
    with(
        SMALL,
        (near, far) -> {
          Fiber<?> writer =
              filling(
                  near,
                  write -> {
                    try {
                      write.run(); // all of it was taken already
                    } catch (IllegalStateException shut) {
                      assertThat(shut).hasMessageContaining("shut down");
                    }
                  });
          Fiber<?> other = waiting("other", near.writable());
          near.shutdownOutput(); // while armed
          other.join();
          assertThat(near.writable().isReady()).isTrue();
          assertThatThrownBy(() -> near.write("x")).isInstanceOf(IllegalStateException.class);
          assertThat(readAll(far)).hasSize(MUCH);
          writer.join();
          Fiber.await(near.drained());
        });
  }

  @Test
  void shouldTellWhoWaitsForTheOutputOfItsFailure() {
    with(
        SMALL,
        (near, far) -> {
          Fiber<?> writer = fillingInVain(near, IoException.class);
          Fiber<?> room = waiting("room", near.writable());
          Fiber<?> sent = waiting("sent", near.drained());
          far.reset();
          room.join();
          sent.join();
          writer.join();
          assertThatThrownBy(near::flush).isInstanceOf(IoException.class);
        });
  }

  // ---- with others

  @Test
  void shouldTellAllWhoWaitOfAClose() {
    with(
        SMALL,
        (near, far) -> {
          Fiber<?> writer = fillingInVain(near, ClosedException.class);
          List<Fiber<?>> all =
              List.of(
                  waiting("reader", near.readable(4)),
                  waiting("room", near.writable()),
                  waiting("sent", near.drained()));
          near.reset();
          all.forEach(Fiber::join);
          writer.join();
          for (Source source : List.of(near.readable(4), near.writable(), near.drained())) {
            assertThat(source.isReady()).isTrue();
            Fiber.await(source);
          }
          assertThatThrownBy(() -> near.await(4)).isInstanceOf(ClosedException.class);
          assertThatThrownBy(near::flush).isInstanceOf(ClosedException.class);
        });
  }

  @Test
  void shouldTakeNothingInAWaitThatIsCancelled() {
    with(
        SMALL,
        (near, far) -> {
          far.write("abc");
          Fiber<?> writer = filling(near);
          for (Source source : List.of(near.readable(4), near.writable(), near.drained())) {
            assertLate(() -> Fiber.await(source));
          }
          Source five = near.readable(5);
          assertLate(() -> Fiber.awaitFirst(near.drained(), five, near.writable()));
          assertThat(near.readExactly(3)).isEqualTo(bytes("abc")); // nobody is in the way
          Fiber<?> rest = Fiber.start(() -> assertThat(readAll(far)).hasSize(MUCH));
          writer.join();
          near.shutdownOutput();
          rest.join();
        });
  }

  @Test
  void shouldSelectOverATimerAStreamTheDrainOfAnotherAndTheEndOfAFiber() {
    run(() -> {
      Ends first = open(SMALL);
      Ends second = open(SMALL);
      Signal finish = Signal.open();
      Timer timer = Loop.current().timer(() -> {});
      Fiber<?> worker = Fiber.start("worker", () -> Fiber.await(finish));
      Fiber<?> writer = filling(second.near());
      Source four = first.far().readable(4);
      Source sent = second.near().drained();
      Source[] all = {timer.fired(), four, sent, worker.end()};

      timer.restart(Duration.ofMillis(1));
      assertThat(Fiber.awaitFirst(all)).isSameAs(timer.fired());
      assertThat(timer.takeFired()).isEqualTo(1);

      first.near().write("abc");
      Fiber<?> later =
          Fiber.start(() -> {
            Fiber.sleep(Duration.ofMillis(1));
            first.near().write("d");
          });
      assertThat(Fiber.awaitFirst(all)).isSameAs(four);
      assertThat(first.far().readExactly(4)).isEqualTo(bytes("abcd"));
      later.join();

      finish.raise();
      assertThat(Fiber.awaitFirst(all)).isSameAs(worker.end());

      Source[] left = {timer.fired(), four, sent};
      Fiber<?> rest = Fiber.start(() -> assertThat(readAll(second.far())).hasSize(MUCH));
      Source ready = Fiber.awaitFirst(left);
      assertThat(ready).isSameAs(sent);
      writer.join();
      second.near().shutdownOutput();
      rest.join();
      assertThat(first.far().input().isEmpty()).isTrue();
      timer.close();
      close(first, second);
    });
  }

  /**
   * Many waits that are won, lost and cancelled, in an order that the seed decides: every byte
   * comes once, in order, and whoever waits goes on.
   */
  @Test
  void shouldLoseNothingHoweverWaitsEnd() {
    for (long seed = 1; seed <= 4; seed++) {
      long each = seed;
      with(SMALL, (near, far) -> exchange(near, far, each));
    }
  }

  private static void exchange(ByteStream near, ByteStream far, long seed) throws Exception {
    byte[] sent = pattern(40_000);
    Random chance = new Random(seed);
    try (Scope scope = Scope.open("exchange")) {
      scope.start("writer", () -> sendInPieces(near, sent, new Random(seed + 100)));
      int at = 0;
      while (at < sent.length) {
        int needed = 1 + chance.nextInt(Math.min(3000, sent.length - at));
        if (!waitSomehow(far, needed, chance)) {
          continue;
        }
        int taken = 1 + chance.nextInt(needed);
        byte[] piece = far.readExactly(taken);
        for (byte one : piece) {
          assertThat(one).as("seed %s, byte %s", seed, at).isEqualTo(sent[at++]);
        }
      }
      assertThat(far.await(1)).isFalse();
      scope.join();
    }
  }

  private static void sendInPieces(ByteStream stream, byte[] sent, Random chance) {
    int at = 0;
    while (at < sent.length) {
      switch (chance.nextInt(4)) {
        case 0 -> Fiber.yield();
        case 1 -> Fiber.await(stream.drained());
        case 2 -> Fiber.awaitFirst(stream.writable(), Deadline.in(LONG));
        default -> {}
      }
      int length = Math.min(sent.length - at, 1 + chance.nextInt(2000));
      stream.write(sent, at, length);
      at += length;
    }
    stream.shutdownOutput();
  }

  /** Whether so many bytes are there now. */
  private static boolean waitSomehow(ByteStream stream, int needed, Random chance)
      throws Exception {
    Source source = stream.readable(needed);
    Duration little = Duration.ofNanos(chance.nextInt(300_000));
    switch (chance.nextInt(4)) {
      case 0 -> Fiber.await(source);
      case 1 -> Fiber.awaitFirst(Deadline.in(little), source);
      case 2 -> {
        try {
          Cancellation.within(little, () -> Fiber.awaitFirst(source, Deadline.in(LONG)));
        } catch (DeadlineExceededException expected) {
          assertThat(Cancellation.current().isCancelled()).isFalse();
        }
      }
      default -> assertThat(stream.await(needed)).isTrue();
    }
    return source.isReady();
  }
}
