package gyre.sync;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import gyre.DeadlockException;
import gyre.Fiber;
import gyre.LoopOptions;
import gyre.Loops;
import gyre.Scope;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** State behind messages, and what becomes of askers when it fails. */
@Tag("fiber-modes")
@Timeout(value = 30, unit = TimeUnit.SECONDS, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class ActorTest {
  private static void run(gyre.Task body) {
    Loops.run("nio", body);
  }

  private sealed interface Command {
    record Add(int number) implements Command {}

    record Sum(Reply<Integer> reply) implements Command {}

    record Silence(Reply<Integer> reply) implements Command {}

    record Fail(Reply<Integer> reply) implements Command {}
  }

  private static final class Counter implements Behavior<Command> {
    private int sum;
    private boolean isHandling;
    private final List<Reply<Integer>> kept = new ArrayList<>();

    @Override
    public void handle(Command command) {
      assertThat(isHandling).as("one after the other").isFalse();
      isHandling = true;
      switch (command) {
        case Command.Add(int number) -> {
          Fiber.yield();
          sum += number;
        }
        case Command.Sum(Reply<Integer> reply) -> assertThat(reply.answer(sum)).isTrue();
        case Command.Silence(Reply<Integer> reply) -> kept.add(reply);
        case Command.Fail(Reply<Integer> reply) -> throw new IllegalStateException("planned");
      }
      isHandling = false;
    }
  }

  @Test
  void shouldHandleMessagesOneAfterTheOther() {
    run(() -> {
      Actor<Command> counter = Actor.start("counter", Counter::new);
      try (Scope scope = Scope.open("askers")) {
        for (int i = 0; i < 100; i++) {
          scope.start(() -> {
            int last = 0;
            for (int j = 0; j < 100; j++) {
              counter.tell(new Command.Add(1));
              int sum = counter.ask(Command.Sum::new);
              assertThat(sum).isGreaterThan(last);
              last = sum;
            }
          });
        }
        scope.join();
      }
      assertThat(counter.<Integer>ask(Command.Sum::new)).isEqualTo(10_000);
      counter.tell(new Command.Add(1));
      counter.stop();
      counter.join();
      assertThat(counter.dropped()).isZero();
      assertThatThrownBy(() -> counter.tell(new Command.Add(1)))
          .isInstanceOf(ChannelClosedException.class);
      assertThatThrownBy(() -> counter.ask(Command.Sum::new))
          .isInstanceOf(ReplyFailedException.class)
          .hasMessageContaining("actor counter");
    });
  }

  @Test
  void shouldFailAllWhoAskWhenItEnds() {
    List<Throwable> reported = new ArrayList<>();
    LoopOptions options = Loops.options("nio").failures((source, e) -> reported.add(e));
    Loops.runReporting(
        options,
        () -> {
          List<String> told = new ArrayList<>();
          try (Scope askers = Scope.open("askers");
              Scope _ = Scope.openIsolated("actor")) {
            Actor<Command> counter = Actor.start("counter", Counter::new);
            for (int i = 0; i < 3; i++) {
              askers.start(() ->
                  assertThatThrownBy(() -> counter.ask(Command.Silence::new))
                      .isInstanceOf(ReplyFailedException.class)
                      .satisfies(
                          e -> told.add("" + Objects.requireNonNull(e.getCause()).getMessage())));
            }
            Fiber.yield();
            Fiber.yield();
            assertThatThrownBy(() -> counter.ask(Command.Fail::new))
                .isInstanceOf(ReplyFailedException.class);
            assertThatThrownBy(counter::join).hasMessage("planned");
          }
          assertThat(told).containsExactly("planned", "planned", "planned");
        });
    assertThat(reported).allSatisfy(e -> assertThat(e).hasMessage("planned"));
  }

  @Test
  void shouldRestartWithAFreshBehaviorAndTheSameMailbox() {
    run(() -> {
      ActorOptions options =
          ActorOptions.defaults()
              .restarts(2, Duration.ofMinutes(1))
              .backOff(Duration.ofNanos(1), Duration.ofNanos(3));
      Fiber<?> self = Fiber.current();
      List<String> seen = new ArrayList<>();
      try (Scope scope = Scope.open("actor")) {
        Actor<Command> counter = Actor.start("counter", options, Counter::new);
        counter.tell(new Command.Add(5));
        for (int i = 0; i < 2; i++) {
          assertThatThrownBy(() -> counter.ask(Command.Fail::new))
              .isInstanceOf(ReplyFailedException.class);
          counter.tell(new Command.Add(7));
          assertThat(counter.<Integer>ask(Command.Sum::new)).as("a fresh one").isEqualTo(7);
        }
        assertThatThrownBy(() -> counter.ask(Command.Fail::new))
            .isInstanceOf(RuntimeException.class);
        scope.join();
      } catch (IllegalStateException e) {
        seen.add("escalated: " + e.getMessage());
      }
      assertThat(seen).containsExactly("escalated: planned");
      assertThat(self.isAlive()).isTrue();
    });
  }

  @Test
  void shouldDoubleTheDelayUpToTheLongest() {
    ActorOptions options =
        ActorOptions.defaults().backOff(Duration.ofMillis(100), Duration.ofMillis(500));
    assertThat(options.delay(0)).hasMillis(100);
    assertThat(options.delay(1)).hasMillis(200);
    assertThat(options.delay(2)).hasMillis(400);
    assertThat(options.delay(3)).hasMillis(500);
    assertThat(options.delay(1_000_000)).hasMillis(500);
  }

  /** Passes each message on to another actor, whose mailbox may be full. */
  private static final class Passing implements Behavior<Integer> {
    private final List<@Nullable Actor<Integer>> next;
    private final List<Throwable> failures;

    Passing(List<@Nullable Actor<Integer>> next, List<Throwable> failures) {
      this.next = next;
      this.failures = failures;
    }

    @Override
    public void handle(Integer message) {
      Fiber.yield();
      for (int i = 0; i < 3; i++) {
        Actor<Integer> target = next.getFirst();
        assertThat(target).isNotNull();
        try {
          target.tell(message);
        } catch (DeadlockException e) {
          failures.add(e);
        } catch (ChannelClosedException e) {
          return;
        }
      }
    }
  }

  @Test
  void shouldReportTwoThatWaitForEachOthersFullMailboxes() {
    run(() -> {
      List<Throwable> failures = new ArrayList<>();
      List<@Nullable Actor<Integer>> right = new ArrayList<>();
      List<@Nullable Actor<Integer>> left = new ArrayList<>();
      ActorOptions small = ActorOptions.defaults().mailbox(1);
      try (Scope scope = Scope.open("actors")) {
        Actor<Integer> one = Actor.start("one", small, () -> new Passing(right, failures));
        Actor<Integer> two = Actor.start("two", small, () -> new Passing(left, failures));
        right.add(two);
        left.add(one);
        one.tell(1);
        two.tell(1);
        while (failures.isEmpty()) {
          Fiber.yield();
        }
        scope.cancel("seen");
      }
      assertThat(failures.getFirst().getMessage())
          .containsPattern(
              "(one|two) would wait for room in the mailbox of (one|two),"
                  + " which waits for room in the mailbox of (one|two)");
    });
  }

  private record Question(int depth, Reply<Integer> reply) {}

  @Test
  void shouldReportActorsThatAskEachOther() {
    run(() -> {
      List<Throwable> failures = new ArrayList<>();
      List<Actor<Question>> both = new ArrayList<>();
      try (Scope scope = Scope.open("actors")) {
        for (int i = 0; i < 2; i++) {
          int other = 1 - i;
          both.add(
              Actor.start(
                  "actor-" + i,
                  () ->
                      question -> {
                        try {
                          int answer = both.get(other).ask(reply -> new Question(1, reply));
                          assertThat(question.reply().answer(answer)).isTrue();
                        } catch (DeadlockException e) {
                          failures.add(e);
                          assertThat(question.reply().answer(42)).isTrue();
                        }
                      }));
        }
        int answer = both.getFirst().ask(reply -> new Question(0, reply));
        assertThat(answer).isEqualTo(42);
        both.forEach(Actor::stop);
        scope.join();
      }
      assertThat(failures).hasSize(1);
      assertThat(failures.getFirst().getMessage())
          .startsWith(
              "actor-1 would wait for an answer of actor-0, which waits for an answer of actor-1");
    });
  }

  @Test
  void shouldServeOthersWhileOneDoesNotRead() {
    run(() -> {
      try (Scope scope = Scope.openIsolated("actors")) {
        Actor<Integer> stalled =
            Actor.start(
                "stalled",
                ActorOptions.defaults().mailbox(1),
                () -> message -> Fiber.sleep(Duration.ofHours(1)));
        Actor<Command> counter = Actor.start("counter", Counter::new);
        for (int i = 0; i < 100; i++) {
          Sent ignored = stalled.tryTell(i);
          counter.tell(new Command.Add(1));
        }
        assertThat(counter.<Integer>ask(Command.Sum::new)).isEqualTo(100);
        Sent ignored = stalled.tryTell(1);
        assertThat(stalled.tryTell(2)).isEqualTo(Sent.FULL);
        scope.cancel("done");
      }
    });
  }

  // ---- from other threads

  private final OtherThreads others = new OtherThreads();

  @Test
  void shouldBeToldAndAskedFromAnyThread() throws Exception {
    SharedChannel<Actor<Command>> actors = SharedChannel.bounded(4);
    others.loop(() -> {
      Actor<Command> counter = Actor.start("counter", Counter::new);
      for (int i = 0; i < 4; i++) {
        actors.send(counter);
      }
    });
    gyre.Task user =
        () -> {
          Actor<Command> counter = actors.take();
          int last = 0;
          for (int i = 0; i < 50; i++) {
            counter.tell(new Command.Add(1));
            assertThat(counter.tryTell(new Command.Add(1))).isNotEqualTo(Sent.CLOSED);
            int sum = counter.ask(Command.Sum::new);
            assertThat(sum).isGreaterThan(last);
            last = sum;
          }
        };
    Thread first = others.loop(user);
    Thread second = others.thread(user);
    Thread third = others.thread(user);
    first.join();
    second.join();
    third.join();
    Actor<Command> counter = actors.take();
    assertThat(counter.<Integer>ask(Command.Sum::new)).isBetween(150, 300);
    counter.stop();
    counter.join();
    assertThatThrownBy(() -> counter.tell(new Command.Add(1)))
        .isInstanceOf(ChannelClosedException.class);
    assertThatThrownBy(() -> counter.ask(Command.Sum::new))
        .isInstanceOf(ReplyFailedException.class);
    others.joinAll();
    assertThatThrownBy(() -> counter.tell(new Command.Add(1)))
        .as("its loop is closed")
        .isInstanceOf(ChannelClosedException.class)
        .hasMessageContaining("actor counter");
    assertThatThrownBy(() -> counter.ask(Command.Sum::new))
        .isInstanceOf(ReplyFailedException.class);
    assertThat(counter).hasToString("actor counter");
  }

  /** An asker on another loop is cancelled in the wait for an answer, which the actor can see. */
  @Test
  void shouldShowAnActorThatAnAskerOnAnotherLoopIsGone() throws Exception {
    SharedChannel<Actor<Command>> actors = SharedChannel.rendezvous();
    SharedChannel<Reply<Integer>> kept = SharedChannel.rendezvous();
    others.loop(() -> {
      Behavior<Command> behavior =
          command -> {
            if (command instanceof Command.Silence(Reply<Integer> reply)) {
              kept.send(reply);
              Fiber.await(reply.abandoned());
            }
          };
      actors.send(Actor.start("silent", () -> behavior));
    });
    Actor<Command> silent = actors.take();
    Thread first =
        others.loop(() -> {
          Reply<Integer> gone;
          try (Scope asking = Scope.openIsolated("asking")) {
            asking.start(() -> silent.ask(Command.Silence::new));
            gone = kept.take();
            asking.cancel("enough");
          }
          Fiber.await(gone.abandoned());
        });
    first.join(); // or else the one takes the reply of the other
    Thread asker =
        others.thread(() ->
            assertThatThrownBy(() -> silent.ask(Command.Silence::new))
                .isInstanceOf(gyre.CancelledException.class));
    Reply<Integer> reply = kept.take();
    asker.interrupt();
    assertThatThrownBy(reply::await).isInstanceOf(ReplyFailedException.class);
    silent.stop();
    others.joinAll();
  }
}
