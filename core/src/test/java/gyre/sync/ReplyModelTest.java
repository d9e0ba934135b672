package gyre.sync;

import static org.assertj.core.api.Assertions.assertThat;

import gyre.CancelledException;
import gyre.Fiber;
import gyre.Loops;
import gyre.Scope;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/**
 * Random askers, answers, failures and ends of the answering fiber, beside a model: the first end
 * of a reply counts, all who wait are told of it, and it is abandoned when the last of them leaves.
 */
@Tag("fiber-modes")
@Timeout(value = 120, unit = TimeUnit.SECONDS, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class ReplyModelTest {
  private static final int SEEDS = 200;
  private static final int OPERATIONS = 25;

  private static final class Asker {
    String outcome = "waiting";
    String expected = "waiting";
    @Nullable Scope scope;
  }

  private static final class Model {
    String state = "open";
    final List<Asker> askers = new ArrayList<>();

    List<Asker> waiting() {
      return askers.stream().filter(asker -> asker.expected.equals("waiting")).toList();
    }

    boolean end(String how) {
      if (!state.equals("open")) {
        return false;
      }
      state = how;
      waiting().forEach(asker -> asker.expected = how);
      return true;
    }

    void ask(Asker asker) {
      askers.add(asker);
      asker.expected = state.equals("open") ? "waiting" : state;
    }

    void cancel(Asker asker) {
      asker.expected = "cancelled";
      if (waiting().isEmpty()) {
        end("abandoned");
      }
    }
  }

  @Test
  void shouldDoWhatItsModelDoes() {
    for (int seed = 0; seed < SEEDS; seed++) {
      long number = seed;
      Loops.run("nio", () -> run(number));
    }
  }

  private static void run(long seed) {
    Random random = new Random(seed);
    Model model = new Model();
    try (Scope answering = Scope.openIsolated("answering");
        Scope asking = Scope.openIsolated("asking")) {
      Signals end = new Signals();
      Fiber<?> answerer = answering.start("answerer", end::await);
      Reply<Integer> reply = random.nextBoolean() ? Reply.from(answerer) : Reply.from(answering);
      boolean[] abandonedSeen = {false};
      Fiber<?> watcher =
          asking.start(() -> {
            Fiber.await(reply.abandoned());
            abandonedSeen[0] = true;
          });
      for (int step = 0; step < OPERATIONS; step++) {
        operate(random, reply, end, asking, model);
        settle();
        String where = "seed " + seed + ", step " + step;
        for (Asker asker : model.askers) {
          assertThat(asker.outcome).as(where).isEqualTo(asker.expected);
        }
        boolean isAbandoned = model.state.equals("abandoned");
        assertThat(reply.isAbandoned()).as(where).isEqualTo(isAbandoned);
        assertThat(abandonedSeen[0]).as(where).isEqualTo(isAbandoned);
        assertThat(reply.answered().isReady()).as(where).isEqualTo(!model.state.equals("open"));
      }
      end.raise();
      settle();
      boolean ignored = model.end("failed");
      for (Asker asker : model.askers) {
        assertThat(asker.outcome).as("seed " + seed).isEqualTo(asker.expected);
      }
      assertThat(asking.fibers()).as("nobody waits for good").isEqualTo(watcher.isAlive() ? 1 : 0);
      asking.cancel("over");
    }
  }

  /** Ends the answerer. */
  private static final class Signals {
    private final gyre.Signal over = gyre.Signal.open();

    void await() {
      Fiber.await(over);
    }

    void raise() {
      over.raise();
    }
  }

  private static void operate(
      Random random, Reply<Integer> reply, Signals end, Scope asking, Model model) {
    switch (random.nextInt(20)) {
      case 0 -> assertThat(reply.answer(7)).isEqualTo(model.end("got 7"));
      case 1 ->
          assertThat(reply.fail(new IllegalStateException("no"))).isEqualTo(model.end("failed"));
      case 2 -> {
        end.raise();
        boolean ignored = model.end("failed");
      }
      case 3 -> {
        reply.abandon();
        boolean ignored = model.end("abandoned");
      }
      case 4, 5, 6, 7, 8 -> cancelOne(random, model, reply);
      default -> {
        Asker asker = new Asker();
        start(asking, asker, reply);
        settle();
        model.ask(asker);
      }
    }
  }

  /** Sometimes after it was woken by an answer, which then is not taken back. */
  private static void cancelOne(Random random, Model model, Reply<Integer> reply) {
    List<Asker> waiting = model.waiting();
    if (waiting.isEmpty()) {
      return;
    }
    Asker chosen = waiting.get(random.nextInt(waiting.size()));
    if (random.nextInt(4) == 0) {
      assertThat(reply.answer(8)).isTrue();
      boolean ignored = model.end("got 8");
    }
    Objects.requireNonNull(chosen.scope).cancel("by chance");
    model.cancel(chosen);
  }

  private static void start(Scope scope, Asker asker, Reply<Integer> reply) {
    Fiber<?> _ =
        scope.start(() -> {
          try (Scope own = Scope.openIsolated("own")) {
            asker.scope = own;
            asker.outcome = "got " + reply.await();
          } catch (CancelledException e) {
            asker.outcome = "cancelled";
          } catch (ReplyFailedException e) {
            asker.outcome =
                String.valueOf(e.getMessage()).endsWith("was abandoned") ? "abandoned" : "failed";
          } catch (IllegalStateException e) {
            asker.outcome = "failed";
          }
        });
  }

  private static void settle() {
    for (int i = 0; i < 8; i++) {
      Fiber.yield();
    }
  }
}
