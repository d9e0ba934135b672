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
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * Random readers of a broadcast and of a watch, within a loop and of the kind between threads, some
 * of which are cancelled while they wait or after they have been woken, beside a model that knows
 * what each must have read. Items come in bursts, so that readers are woken and find more than they
 * were woken for.
 */
@Tag("fiber-modes-1")
@Timeout(value = 120, unit = TimeUnit.SECONDS, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class FollowersModelTest {
  private static final int SEEDS = 60;
  private static final int OPERATIONS = 150;
  private static final int READERS = 6;

  enum Kind {
    BROADCAST,
    SHARED_BROADCAST,
    WATCH,
    SHARED_WATCH;

    private Under make(int capacity) {
      return switch (this) {
        case BROADCAST -> new Under.OfBroadcast(Broadcast.create(capacity));
        case SHARED_BROADCAST -> new Under.OfSharedBroadcast(SharedBroadcast.create(capacity));
        case WATCH -> new Under.OfWatch(Watch.create(0));
        case SHARED_WATCH -> new Under.OfSharedWatch(SharedWatch.create(0));
      };
    }

    boolean isWatch() {
      return this == WATCH || this == SHARED_WATCH;
    }
  }

  /** What is tested, as far as the four have it in common. */
  private sealed interface Under {
    void put(int item);

    void close();

    /** A new reader: each call of it reads once. */
    Supplier<BroadcastEvent<Integer>> reader();

    record OfBroadcast(Broadcast<Integer> items) implements Under {
      @Override
      public void put(int item) {
        items.publish(item);
      }

      @Override
      public void close() {
        items.close();
      }

      @Override
      public Supplier<BroadcastEvent<Integer>> reader() {
        return items.subscribe()::next;
      }
    }

    record OfSharedBroadcast(SharedBroadcast<Integer> items) implements Under {
      @Override
      public void put(int item) {
        items.publish(item);
      }

      @Override
      public void close() {
        items.close();
      }

      @Override
      public Supplier<BroadcastEvent<Integer>> reader() {
        return items.subscribe()::next;
      }
    }

    record OfWatch(Watch<Integer> value) implements Under {
      @Override
      public void put(int item) {
        value.set(item);
      }

      @Override
      public void close() {
        value.close();
      }

      @Override
      public Supplier<BroadcastEvent<Integer>> reader() {
        return value.view()::next;
      }
    }

    record OfSharedWatch(SharedWatch<Integer> value) implements Under {
      @Override
      public void put(int item) {
        value.set(item);
      }

      @Override
      public void close() {
        value.close();
      }

      @Override
      public Supplier<BroadcastEvent<Integer>> reader() {
        SharedWatch.View<Integer> view = value.view();
        return () -> view.next();
      }
    }
  }

  /** One reader and what the model knows of it. */
  private static final class Reader {
    final Supplier<BroadcastEvent<Integer>> real;
    int next;
    String outcome = "idle";
    String expected = "idle";
    @Nullable Scope scope;

    Reader(Supplier<BroadcastEvent<Integer>> real, int next) {
      this.real = real;
      this.next = next;
    }

    boolean isWaiting() {
      return expected.equals("waiting");
    }
  }

  /** Items are numbered from 1; a watch is a broadcast of which only the last item is told. */
  private static final class Model {
    final Kind kind;
    final int capacity;
    final List<Reader> readers = new ArrayList<>();
    int published;
    boolean isClosed;

    Model(Kind kind, int capacity) {
      this.kind = kind;
      this.capacity = capacity;
    }

    void read(Reader reader) {
      int oldest = published - capacity;
      if (kind.isWatch()) {
        oldest = published - 1;
        reader.next = Math.max(reader.next, oldest);
      }
      if (reader.next < oldest) {
        reader.expected = "missed " + (oldest - reader.next);
        reader.next = oldest;
      } else if (reader.next < published) {
        reader.next++;
        reader.expected = "got " + reader.next;
      } else {
        reader.expected = isClosed ? "end" : "waiting";
      }
    }

    void wake() {
      readers.stream().filter(Reader::isWaiting).forEach(this::read);
    }
  }

  @ParameterizedTest
  @EnumSource(Kind.class)
  void shouldDoWhatItsModelDoes(Kind kind) {
    for (int seed = 0; seed < SEEDS; seed++) {
      long number = seed;
      Loops.run("nio", () -> run(kind, number));
    }
  }

  private static void run(Kind kind, long seed) {
    Random random = new Random(seed);
    int capacity = 1 + random.nextInt(3);
    Under under = kind.make(capacity);
    Model model = new Model(kind, capacity);
    int closeAt = random.nextInt(2 * OPERATIONS);
    try (Scope scope = Scope.openIsolated("readers")) {
      for (int step = 0; step < OPERATIONS; step++) {
        int choice = random.nextInt(8);
        if (model.readers.isEmpty() || (choice == 0 && model.readers.size() < READERS)) {
          model.readers.add(new Reader(under.reader(), model.published));
        } else if (step == closeAt) {
          under.close();
          model.isClosed = true;
        } else if (choice < 4) {
          Reader reader = model.readers.get(random.nextInt(model.readers.size()));
          if (!reader.isWaiting()) {
            start(scope, reader);
            settle();
            model.read(reader);
          }
        } else {
          burst(random, choice, under, model);
        }
        settle();
        model.wake();
        check(kind + ", seed " + seed + ", step " + step, model);
      }
      under.close();
      model.isClosed = true;
      settle();
      model.wake();
      check(kind + ", seed " + seed + ", at the end", model);
      assertThat(scope.fibers()).as("nobody is parked for good").isZero();
    }
  }

  /** Some items, and then, before who was woken by them goes on, the end of one who waits. */
  private static void burst(Random random, int choice, Under under, Model model) {
    for (int i = choice < 6 && !model.isClosed ? random.nextInt(4) : 0; i > 0; i--) {
      model.published++;
      under.put(model.published);
    }
    List<Reader> waiting = model.readers.stream().filter(Reader::isWaiting).toList();
    if (!waiting.isEmpty() && random.nextBoolean()) {
      Reader chosen = waiting.get(random.nextInt(waiting.size()));
      Objects.requireNonNull(chosen.scope).cancel("by chance");
      chosen.expected = "cancelled";
    }
  }

  private static void start(Scope scope, Reader reader) {
    reader.outcome = "waiting";
    Fiber<?> _ =
        scope.start(() -> {
          try (Scope own = Scope.openIsolated("own")) {
            reader.scope = own;
            reader.outcome =
                switch (reader.real.get()) {
                  case Received.Value<Integer>(Integer item) -> "got " + item;
                  case BroadcastEvent.Lagged<Integer>(long missed) -> "missed " + missed;
                  case Received.Closed<Integer>() -> "end";
                  case Received.Failed<Integer>(Throwable reason) -> "failed " + reason;
                };
          } catch (CancelledException e) {
            reader.outcome = "cancelled";
          }
        });
  }

  private static void settle() {
    for (int i = 0; i < READERS + 4; i++) {
      Fiber.yield();
    }
  }

  private static void check(String where, Model model) {
    for (int i = 0; i < model.readers.size(); i++) {
      Reader reader = model.readers.get(i);
      assertThat(reader.outcome).as("%s, reader %s", where, i).isEqualTo(reader.expected);
    }
  }
}
