package gyre.sync;

import static org.assertj.core.api.Assertions.assertThat;

import gyre.CancelledException;
import gyre.Fiber;
import gyre.Loops;
import gyre.Scope;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/**
 * Random senders, receivers and selects on one channel, some of which are cancelled at whatever
 * point they are parked at, beside a model that knows who must have got what.
 *
 * <p>The model is the queue itself: items that were sent, in order, and senders and receivers that
 * wait, in the order in which they came. After every operation all fibers run until they are
 * parked, so the model always knows what must have happened.
 */
@Tag("fiber-modes-2")
@Timeout(value = 120, unit = TimeUnit.SECONDS, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class ChannelModelTest {
  private static final int SEEDS = 150;
  private static final int OPERATIONS = 120;

  /** A fiber that sends or receives once. */
  private static final class Party {
    final int number;
    final boolean isSender;
    Object outcome = "waiting";
    @Nullable Scope scope;

    Party(int number, boolean isSender) {
      this.number = number;
      this.isSender = isSender;
    }
  }

  private static final class Model {
    final int capacity;
    final ArrayDeque<Integer> buffer = new ArrayDeque<>();
    final ArrayDeque<Party> senders = new ArrayDeque<>();
    final ArrayDeque<Party> receivers = new ArrayDeque<>();
    final Map<Party, Object> outcomes = new LinkedHashMap<>();
    boolean closed;

    Model(int capacity) {
      this.capacity = capacity;
    }

    void send(Party party) {
      if (closed) {
        outcomes.put(party, "refused");
      } else if (!receivers.isEmpty()) {
        outcomes.put(receivers.remove(), party.number);
        outcomes.put(party, "sent");
      } else if (buffer.size() < capacity) {
        buffer.add(party.number);
        outcomes.put(party, "sent");
      } else {
        senders.add(party);
        outcomes.put(party, "waiting");
      }
    }

    void receive(Party party) {
      if (buffer.isEmpty() && senders.isEmpty()) {
        outcomes.put(party, closed ? "end" : "waiting");
        if (!closed) {
          receivers.add(party);
        }
        return;
      }
      if (!senders.isEmpty()) {
        Party sender = senders.remove();
        buffer.add(sender.number);
        outcomes.put(sender, "sent");
      }
      outcomes.put(party, buffer.remove());
    }

    void cancel(Party party) {
      if (senders.remove(party) || receivers.remove(party)) {
        outcomes.put(party, "cancelled");
      }
    }

    void close() {
      closed = true;
      senders.forEach(sender -> outcomes.put(sender, "refused"));
      receivers.forEach(receiver -> outcomes.put(receiver, "end"));
      senders.clear();
      receivers.clear();
    }
  }

  private static void settle() {
    for (int i = 0; i < 6; i++) {
      Fiber.yield();
    }
  }

  /** What one party does, by a call or as a case of a select whose other cases never can. */
  private static Object act(
      Party party, Channel<Integer> channel, List<Channel<Integer>> never, int how) {
    try {
      if (party.isSender) {
        if (how == 0) {
          channel.send(party.number);
          return "sent";
        }
        Sent sent =
            Select.fair(
                    Select.receive(never.getFirst(), received -> Sent.FULL),
                    Select.send(channel, party.number, done -> done))
                .await();
        return sent == Sent.SENT ? "sent" : "refused";
      }
      Received<Integer> received =
          how == 0
              ? channel.receive()
              : Select.<Received<Integer>>ordered(
                      Select.receive(channel, item -> item),
                      Select.send(
                          never.getLast(), 0, sent -> new Received.Failed<>(new Exception())))
                  .await();
      return switch (received) {
        case Received.Value<Integer>(Integer item) -> item;
        case Received.Closed<Integer>() -> "end";
        case Received.Failed<Integer>(Throwable reason) -> "failed";
      };
    } catch (CancelledException e) {
      return "cancelled";
    } catch (ChannelClosedException e) {
      return "refused";
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
    int capacity = random.nextInt(4);
    Channel<Integer> channel = Channel.bounded(capacity);
    List<Channel<Integer>> never = List.of(Channel.rendezvous(), Channel.rendezvous());
    Model model = new Model(capacity);
    List<Party> parties = new ArrayList<>();
    int closeAt = random.nextInt(2 * OPERATIONS);
    try (Scope scope = Scope.openIsolated("parties")) {
      for (int i = 0; i < OPERATIONS; i++) {
        int choice = random.nextInt(10);
        if (i == closeAt) {
          channel.close();
          model.close();
        } else if (choice < 8) {
          Party party = new Party(i, choice % 2 == 0);
          parties.add(party);
          start(party, scope, channel, never, random.nextInt(2));
          settle();
          if (party.isSender) {
            model.send(party);
          } else {
            model.receive(party);
          }
        } else {
          cancelOne(random, parties, model);
        }
        settle();
        check(seed, i, channel, parties, model);
      }
      channel.close();
      model.close();
      settle();
      check(seed, OPERATIONS, channel, parties, model);
      assertThat(never.getFirst().sendable().isReady()).isFalse();
      assertThat(never.getLast().receivable().isReady()).isFalse();
      assertThat(scope.fibers()).as("nobody is parked for good").isZero();
    }
  }

  private static void start(
      Party party, Scope scope, Channel<Integer> channel, List<Channel<Integer>> never, int how) {
    Fiber<?> _ =
        scope.start(() -> {
          try (Scope own = Scope.openIsolated("own")) {
            party.scope = own;
            party.outcome = act(party, channel, never, how);
          }
        });
  }

  private static void cancelOne(Random random, List<Party> parties, Model model) {
    List<Party> waiting =
        parties.stream().filter(party -> party.outcome.equals("waiting")).toList();
    if (!waiting.isEmpty()) {
      Party chosen = waiting.get(random.nextInt(waiting.size()));
      Objects.requireNonNull(chosen.scope).cancel("by chance");
      model.cancel(chosen);
    }
  }

  private static void check(
      long seed, int step, Channel<Integer> channel, List<Party> parties, Model model) {
    for (Party party : parties) {
      assertThat(party.outcome)
          .as("seed %s, step %s, party %s", seed, step, party.number)
          .isEqualTo(model.outcomes.get(party));
    }
    assertThat(channel.size()).as("seed %s, step %s", seed, step).isEqualTo(model.buffer.size());
  }
}
