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
}
