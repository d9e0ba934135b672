package gyre.sim.scenario;

import gyre.CancelledException;
import gyre.Deadline;
import gyre.Fiber;
import gyre.Scope;
import gyre.Source;
import gyre.sim.Host;
import gyre.sim.World;
import gyre.sync.Channel;
import gyre.sync.ChannelClosedException;
import gyre.sync.Received;
import gyre.sync.Receiver;
import gyre.sync.Select;
import gyre.sync.Sender;
import gyre.sync.Sent;
import gyre.sync.SharedChannel;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Fibers that send to one channel and receive from it in all ways there are, and of which some are
 * cancelled for good. What was sent is received once, in the order of its sender, and nobody stays
 * parked beside an item.
 */
final class Channels extends Weathered {
  private static final Integer NONE = -1;

  /** What a select gives at the end, as its result is never null. */
  private static final Integer END = Integer.MIN_VALUE;

  private static final Duration LONG = Duration.ofHours(1);

  /** In which what was sent must have been received, though nobody sends any more. */
  private static final Duration PATIENCE = Duration.ofMinutes(1);

  Channels() {
    super("channels", "channels: what is sent arrives once, in order, whoever is cancelled");
  }

  @Override
  void build(World world, Plan plan) {
    Host host = world.host("host");
    if (plan.oneIn(2)) {
      host.run(() -> run(new Local(Channel.bounded("items", plan.between(0, 3))), plan, 0, 1));
    } else {
      SharedChannel<Integer> channel = SharedChannel.bounded("items", plan.between(1, 4));
      Books books = new Books();
      int loops = plan.between(1, 3);
      for (int i = 0; i < loops; i++) {
        int number = i;
        Plan part = plan.part("loop-" + i);
        host.run(() -> run(new Shared(channel, books), part, number, loops));
      }
    }
  }

  /** What was sent, and what was received. */
  private static final class Books {
    final Map<Integer, Integer> sent = new HashMap<>();
    final Map<Integer, Integer> received = new HashMap<>();
    private final Set<Integer> all = new HashSet<>();
    int open;
    int loopsDone;

    void sent(int sender) {
      sent.merge(sender, 1, Integer::sum);
      open++;
    }

    /**
     * @param last what the receiver got before, by sender: it gets those of one sender in order
     */
    void received(int item, Map<Integer, Integer> last) {
      int sender = item / 10_000;
      check(all.add(item), "item " + item + " is received twice");
      Integer before = last.put(sender, item);
      check(before == null || before < item, "item " + item + " is received after " + before);
      received.merge(sender, 1, Integer::sum);
      open--;
    }
  }

  /** The channel and what is needed to do everything with it that its kind can do. */
  private abstract static class Under {
    final Books books;

    Under(Books books) {
      this.books = books;
    }

    abstract Sender<Integer> sender();

    abstract Receiver<Integer> receiver();

    abstract Source sendable();

    abstract Source receivable();

    abstract Select<Boolean> sending(int item, Channel<Integer> other);

    abstract Select<Integer> receiving(Channel<Integer> other);
  }

  private static final class Local extends Under {
    private final Channel<Integer> channel;

    Local(Channel<Integer> channel) {
      super(new Books());
      this.channel = channel;
    }

    @Override
    Sender<Integer> sender() {
      return channel;
    }

    @Override
    Receiver<Integer> receiver() {
      return channel;
    }

    @Override
    Source sendable() {
      return channel.sendable();
    }

    @Override
    Source receivable() {
      return channel.receivable();
    }

    @Override
    Select<Boolean> sending(int item, Channel<Integer> other) {
      return Select.fair(
          Select.receive(other, received -> false),
          Select.send(channel, item, sent -> sent == Sent.SENT),
          Select.timeout(LONG, () -> false));
    }

    @Override
    Select<Integer> receiving(Channel<Integer> other) {
      return Select.fair(
          Select.receive(channel, Channels::itemOrEnd), Select.receive(other, received -> -1));
    }
  }

  private static final class Shared extends Under {
    private final SharedChannel<Integer> channel;

    Shared(SharedChannel<Integer> channel, Books books) {
      super(books);
      this.channel = channel;
    }

    @Override
    Sender<Integer> sender() {
      return channel;
    }

    @Override
    Receiver<Integer> receiver() {
      return channel;
    }

    @Override
    Source sendable() {
      return channel.sendable();
    }

    @Override
    Source receivable() {
      return channel.receivable();
    }

    @Override
    Select<Boolean> sending(int item, Channel<Integer> other) {
      return Select.fair(
          Select.receive(other, received -> false),
          Select.send(channel, item, sent -> sent == Sent.SENT),
          Select.timeout(LONG, () -> false));
    }

    @Override
    Select<Integer> receiving(Channel<Integer> other) {
      return Select.fair(
          Select.receive(channel, Channels::itemOrEnd), Select.receive(other, received -> -1));
    }
  }

  private static @Nullable Integer item(Received<Integer> received) {
    return received instanceof Received.Value<Integer>(Integer item) ? item : null;
  }

  // ---- one loop

  private static void run(Under under, Plan plan, int number, int loops) {
    Channel<Integer> other = Channel.bounded("other", 1);
    List<Scope> owners = new ArrayList<>();
    int senders = plan.between(1, 3);
    int receivers = plan.between(2, 5);
    try (Scope scope = Scope.open("parties")) {
      List<Fiber<?>> sending = new ArrayList<>();
      for (int i = 0; i < senders; i++) {
        int id = number * 10 + i;
        Plan part = plan.part("sender-" + i);
        sending.add(
            scope.start(
                "sender-" + id, () -> guarded(owners, () -> send(under, other, owners, id, part))));
      }
      for (int i = 0; i < receivers; i++) {
        Plan part = plan.part("receiver-" + i);
        String name = "receiver-" + number + i;
        scope.start(
            name,
            part.oneIn(2) && i > 0
                ? () -> guarded(owners, () -> receive(under, other, part))
                : () -> receive(under, other, part));
      }
      cancelSome(owners, other, plan.part("cancel"));
      sending.forEach(Fiber::join);
      finish(under, loops);
      scope.join();
    }
  }

  /** Its scope is cancelled some time, maybe. */
  private static void guarded(List<Scope> owners, Runnable body) {
    try (Scope own = Scope.openIsolated("own")) {
      owners.add(own);
      body.run();
    } catch (CancelledException e) {
      // It was chosen.
    }
  }

  private static void cancelSome(List<Scope> owners, Channel<Integer> other, Plan plan) {
    for (int i = plan.between(0, 6); i > 0; i--) {
      Fiber.sleep(plan.millis(0, 3));
      if (!owners.isEmpty() && plan.oneIn(2)) {
        owners.remove(plan.between(0, owners.size() - 1)).cancel("by chance");
      } else {
        Sent ignored = other.trySend(i);
      }
    }
  }

  /** The last loop closes the channel, once all that was sent has been received. */
  private static void finish(Under under, int loops) {
    Books books = under.books;
    books.loopsDone++;
    if (books.loopsDone < loops) {
      return;
    }
    Deadline deadline = Deadline.in(PATIENCE);
    while (books.open > 0 && !deadline.isReady()) {
      Fiber.sleep(Duration.ofMillis(10));
    }
    check(
        books.open == 0, books.open + " items wait beside receivers that wait: " + under.sender());
    under.sender().close();
    check(books.sent.equals(books.received), "sent " + books.sent + ", received " + books.received);
  }

  // ---- parties

  private static void send(
      Under under, Channel<Integer> other, List<Scope> owners, int id, Plan plan) {
    int count = plan.magnitude(60);
    int sent = 0;
    for (int i = 0; i < count; i++) {
      int item = id * 10_000 + sent;
      if (sendOne(under, other, item, plan)) {
        under.books.sent(id);
        sent++;
        if (plan.oneIn(8) && !owners.isEmpty()) { // whom it may have woken, before that goes on
          owners.remove(plan.between(0, owners.size() - 1)).cancel("by a sender");
        }
      }
      if (plan.oneIn(5)) {
        Fiber.sleep(plan.millis(0, 2));
      }
    }
  }

  private static boolean sendOne(Under under, Channel<Integer> other, int item, Plan plan) {
    switch (plan.between(0, 3)) {
      case 0 -> {
        return under.sending(item, other).await();
      }
      case 1 -> {
        Source first = Fiber.awaitFirst(under.sendable(), Deadline.in(plan.millis(0, 2)));
        return first.equals(under.sendable()) && under.sender().trySend(item) == Sent.SENT;
      }
      default -> {
        try {
          under.sender().send(item);
          return true;
        } catch (ChannelClosedException e) {
          throw new AssertionError("closed while somebody sends", e);
        }
      }
    }
  }

  private static void receive(Under under, Channel<Integer> other, Plan plan) {
    Map<Integer, Integer> last = new HashMap<>();
    while (true) {
      Integer item = receiveOne(under, other, plan);
      if (item == null) {
        return;
      }
      if (item >= 0) {
        under.books.received(item, last);
      }
      if (plan.oneIn(4)) {
        Fiber.sleep(plan.millis(0, 2));
      }
    }
  }

  /** Null at the end, and -1 if it was something else. */
  private static @Nullable Integer receiveOne(Under under, Channel<Integer> other, Plan plan) {
    return switch (plan.between(0, 3)) {
      case 0 -> itemOrNull(under.receiving(other).await());
      case 1 -> {
        Source first = Fiber.awaitFirst(under.receivable(), other.receivable());
        if (!first.equals(under.receivable())) {
          var _ = other.tryReceive();
          yield NONE;
        }
        yield switch (under.receiver().tryReceive()) {
          case Received<Integer> received -> item(received);
          default -> NONE;
        };
      }
      default -> item(under.receiver().receive());
    };
  }

  private static @Nullable Integer itemOrNull(Integer itemOrEnd) {
    return itemOrEnd.equals(END) ? null : itemOrEnd;
  }

  private static int itemOrEnd(Received<Integer> received) {
    Integer item = item(received);
    return item == null ? END : item;
  }
}
