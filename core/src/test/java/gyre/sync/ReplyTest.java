package gyre.sync;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import gyre.CancelledException;
import gyre.Fiber;
import gyre.Loops;
import gyre.Scope;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** One answer to one question, or the certainty that none will come. */
@Tag("fiber-modes")
@Timeout(value = 30, unit = TimeUnit.SECONDS, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class ReplyTest {
  private static void run(gyre.Task body) {
    Loops.run("nio", body);
  }

  private record Question(int number, Reply<Integer> reply) {}

  @Test
  void shouldAnswerOnce() {
    run(() -> {
      Channel<Question> questions = Channel.bounded(10);
      try (Scope scope = Scope.open("answering")) {
        Fiber<?> answerer =
            scope.start(() -> {
              for (Question question : questions) {
                assertThat(question.reply().answer(question.number() * 2)).isTrue();
                assertThat(question.reply().answer(0)).isFalse();
                assertThat(question.reply().fail(new IllegalStateException())).isFalse();
              }
            });
        for (int i = 0; i < 100; i++) {
          Reply<Integer> reply = Reply.from(answerer);
          questions.send(new Question(i, reply));
          assertThat(reply.await()).isEqualTo(2 * i);
          assertThat(reply.await()).as("again").isEqualTo(2 * i);
        }
        questions.close();
        scope.join();
      }
    });
  }

  @Test
  void shouldFailWhenTheAnswererEndsSilently() {
    run(() -> {
      try (Scope scope = Scope.open("answering")) {
        Fiber<?> silent = scope.start("silent", () -> Fiber.yield());
        Reply<Integer> reply = Reply.from(silent);
        Reply<Integer> ofScope = Reply.from(scope);
        assertThatThrownBy(reply::await)
            .isInstanceOf(ReplyFailedException.class)
            .hasMessageContaining("fiber silent ended without an answer");
        assertThatThrownBy(ofScope::await).hasMessageContaining("scope");
        assertThat(reply.answer(1)).isFalse();
        assertThatThrownBy(() -> Reply.from(silent).await())
            .as("it has ended before")
            .isInstanceOf(ReplyFailedException.class);
      }
    });
  }

  @Test
  void shouldTellWhatTheAnswererFailedWith() {
    run(() -> {
      try (Scope scope = Scope.open("answering")) {
        Fiber<?> broken =
            scope.start(
                "broken",
                () -> {
                  Fiber.yield();
                  throw new IllegalStateException("no disk");
                });
        Reply<Integer> reply = Reply.from(broken);
        try {
          broken.join();
        } catch (IllegalStateException e) {
          assertThat(e).hasMessage("no disk");
        }
        assertThatThrownBy(() -> throwOf(reply)).hasCauseInstanceOf(IllegalStateException.class);
      } catch (CancelledException e) {
        // the scope's own
      }
    });
  }

  /** In a scope of its own, as the failure has cancelled the other one. */
  private static void throwOf(Reply<Integer> reply) throws Exception {
    gyre.Cancellation.shield(java.time.Duration.ofHours(1), () -> reply.await());
  }

  @Test
  void shouldShowThatTheAskerIsGone() {
    run(() -> {
      List<String> seen = new ArrayList<>();
      Channel<Question> questions = Channel.bounded(1);
      try (Scope scope = Scope.open("answering")) {
        Fiber<?> answerer =
            scope.start(() -> {
              Question question = questions.take();
              assertThat(question.reply().isAbandoned()).isFalse();
              Fiber.await(question.reply().abandoned());
              seen.add("gone " + question.reply().answer(1));
            });
        try (Scope asking = Scope.openIsolated("asking")) {
          asking.start(() -> {
            Reply<Integer> reply = Reply.from(answerer);
            questions.send(new Question(1, reply));
            assertThatThrownBy(reply::await).isInstanceOf(CancelledException.class);
            assertThat(reply.isAbandoned()).isTrue();
          });
          Fiber.yield();
          Fiber.yield();
          asking.cancel("given up");
        }
        scope.join();
      }
      assertThat(seen).containsExactly("gone false");
    });
  }

  // ---- between threads

  private final OtherThreads others = new OtherThreads();

  /** Asks from two loops and a plain thread, and answers from a loop and from plain threads. */
  @Test
  void shouldAnswerAcrossThreads() throws Exception {
    SharedChannel<Question> questions = SharedChannel.bounded(4);
    SharedChannel<Fiber<?>> answerers = SharedChannel.bounded(8);
    others.loop(() -> {
      for (int i = 0; i < 3; i++) {
        answerers.send(Fiber.current());
      }
      for (Question question : questions) {
        Reply<Integer> reply = question.reply();
        if (question.number() % 3 == 0) {
          Fiber.offload(() -> reply.answer(question.number() * 2));
        } else {
          assertThat(reply.answer(question.number() * 2)).isTrue();
        }
        assertThat(reply.answer(0)).isFalse();
      }
    });
    java.util.concurrent.CountDownLatch asked = new java.util.concurrent.CountDownLatch(3);
    gyre.Task asker =
        () -> {
          Fiber<?> answerer = answerers.take();
          for (int i = 0; i < 300; i++) {
            Reply<Integer> reply = Reply.from(answerer);
            questions.send(new Question(i, reply));
            assertThat(reply.await()).isEqualTo(2 * i);
          }
          asked.countDown();
        };
    others.loop(asker);
    others.loop(asker);
    others.thread(asker);
    asked.await();
    questions.close();
    others.joinAll();
  }

  @Test
  void shouldFailWhenAnAnswererOnAnotherLoopEnds() throws Exception {
    SharedChannel<Fiber<?>> answerers = SharedChannel.rendezvous();
    SharedChannel<Boolean> end = SharedChannel.rendezvous();
    Thread answering =
        others.loop(() -> {
          answerers.send(Fiber.current());
          end.take();
        });
    Fiber<?> answerer = answerers.take();
    List<Reply<Integer>> replies = new ArrayList<>();
    for (int i = 0; i < 10; i++) {
      replies.add(Reply.from(answerer));
    }
    replies.getFirst().abandon();
    others.loop(() ->
        assertThatThrownBy(replies.getLast()::await).isInstanceOf(ReplyFailedException.class));
    end.send(true);
    assertThatThrownBy(() -> replies.get(1).await())
        .isInstanceOf(ReplyFailedException.class)
        .hasMessageContaining("ended without an answer");
    answering.join();
    assertThatThrownBy(() -> Reply.from(answerer).await())
        .as("its loop is closed")
        .isInstanceOf(ReplyFailedException.class);
    others.joinAll();
  }

  @Test
  void shouldShowOnOtherThreadsThatTheAskerIsGone() throws Exception {
    SharedChannel<Reply<Integer>> questions = SharedChannel.rendezvous();
    others.loop(() -> {
      Reply<Integer> first = questions.take();
      Fiber.await(first.abandoned());
      assertThat(first.answer(1)).isFalse();
      Reply<Integer> second = questions.take();
      Fiber.await(second.abandoned());
      assertThat(second.isAbandoned()).isTrue();
    });
    Thread fiberAsker =
        others.loop(() -> {
          java.util.concurrent.Semaphore sent = new java.util.concurrent.Semaphore(0);
          try (Scope asking = Scope.openIsolated("asking")) {
            asking.start(() -> {
              Reply<Integer> reply = Reply.from(asking);
              questions.send(reply);
              sent.release();
              assertThatThrownBy(reply::await).isInstanceOf(CancelledException.class);
            });
            sent.acquire();
            asking.cancel("enough");
          }
        });
    fiberAsker.join();
    Thread asker =
        others.thread(() -> {
          Reply<Integer> reply = new Reply<>("nobody");
          questions.send(reply);
          assertThatThrownBy(reply::await).isInstanceOf(CancelledException.class);
        });
    while (asker.getState() != Thread.State.WAITING || questions.receivable().isReady()) {
      Thread.onSpinWait();
    }
    asker.interrupt();
    others.joinAll();
  }
}
