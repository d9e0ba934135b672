package gyre.sim.scenario;

import gyre.Cancellation;
import gyre.Fiber;
import gyre.Scope;
import gyre.Task;
import gyre.sim.Host;
import gyre.sim.World;
import gyre.sync.Actor;
import gyre.sync.Broadcast;
import gyre.sync.BroadcastEvent;
import gyre.sync.Channel;
import gyre.sync.ChannelClosedException;
import gyre.sync.Mutex;
import gyre.sync.Permit;
import gyre.sync.Received;
import gyre.sync.Receiver;
import gyre.sync.Reply;
import gyre.sync.ReplyFailedException;
import gyre.sync.RwLock;
import gyre.sync.Select;
import gyre.sync.Semaphore;
import gyre.sync.Sender;
import gyre.sync.SharedBroadcast;
import gyre.sync.SharedChannel;
import gyre.sync.SharedWatch;
import gyre.sync.Watch;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.function.Supplier;

// Over 500 lines: many small drills, none of which needs another.

/** Drills of the toolkit: what fibers of one loop, and of several, do with each other. */
final class SyncDrills {
  private static final Duration MILLI = Duration.ofMillis(1);

  private SyncDrills() {}

  static List<Drill> all() {
    return List.of(
        new ChannelDrill(0),
        new ChannelDrill(1),
        new SelectDrill(),
        new BetweenLoopsDrill(0),
        new BetweenLoopsDrill(1),
        new LockDrill(),
        new ReadersDrill(),
        new FarReadersDrill(),
        new ActorDrill(),
        new FarActorDrill());
  }

  private static void check(boolean holds, String otherwise) {
    Weathered.check(holds, otherwise);
  }

  /** What was sent, and what was received. */
  private static final class Books {
    final List<Integer> sent = new ArrayList<>();
    final List<Integer> received = new ArrayList<>();

    void sendSome(Sender<Integer> to, int first) {
      for (int i = first; i < first + 4; i++) {
        to.send(i);
        sent.add(i);
        Fiber.yield();
      }
    }

    void receiveAll(Receiver<Integer> from) {
      for (int item : from) {
        received.add(item);
        Fiber.sleep(MILLI);
      }
    }

    /** What is left in the channel counts as received. */
    void check(Receiver<Integer> channel) {
      while (channel.tryReceive() instanceof Received.Value<Integer>(Integer item)) {
        received.add(item);
      }
      Collections.sort(sent);
      Collections.sort(received);
      SyncDrills.check(sent.equals(received), "sent " + sent + ", received " + received);
    }
  }

  // ---- channels

  private record ChannelDrill(int capacity) implements Drill {
    @Override
    public String name() {
      return capacity == 0 ? "rendezvous" : "channel";
    }

    @Override
    public void build(World world) {
      world
          .host("host")
          .run(() -> {
            Channel<Integer> channel = Channel.bounded("items", capacity);
            Books books = new Books();
            try (Scope scope = Scope.open("all")) {
              for (int i = 1; i <= 3; i++) {
                Drill.alone(scope, "taker-" + i, () -> books.receiveAll(channel));
              }
              try (Scope sending = Scope.open("senders")) {
                for (int i = 1; i <= 3; i++) {
                  int first = 100 * i;
                  Drill.alone(sending, "sender-" + i, () -> books.sendSome(channel, first));
                }
                sending.join();
              }
              channel.close();
              scope.join();
            }
            books.check(channel);
          });
    }
  }

  /** Several channels at both sides; who was chosen by one has taken nothing from the others. */
  private static final class SelectDrill implements Drill {
    @Override
    public String name() {
      return "select";
    }

    @Override
    public void build(World world) {
      world
          .host("host")
          .run(() -> {
            List<Channel<Integer>> channels = List.of(Channel.bounded(1), Channel.rendezvous());
            Books books = new Books();
            try (Scope scope = Scope.open("all")) {
              for (int i = 1; i <= 3; i++) {
                Drill.alone(scope, "taker-" + i, () -> takeAll(channels, books));
              }
              try (Scope sending = Scope.open("senders")) {
                for (int i = 1; i <= 3; i++) {
                  int first = 100 * i;
                  Drill.alone(sending, "sender-" + i, () -> sendAll(channels, books, first));
                }
                sending.join();
              }
              channels.forEach(Channel::close);
              scope.join();
            }
            channels.getLast().close();
            while (channels.getFirst().tryReceive()
                instanceof Received.Value<Integer>(Integer item)) {
              books.received.add(item);
            }
            books.check(channels.getLast());
          });
    }

    private static void sendAll(List<Channel<Integer>> channels, Books books, int first) {
      for (int i = first; i < first + 4; i++) {
        Select<Boolean> select =
            Select.fair(
                Select.send(channels.getFirst(), i, sent -> true),
                Select.send(channels.getLast(), i, sent -> true));
        if (select.await()) {
          books.sent.add(i);
        }
        Fiber.yield();
      }
    }

    private static void takeAll(List<Channel<Integer>> channels, Books books) {
      Select<Boolean> select =
          Select.fair(
              Select.receive(channels.getFirst(), received -> take(received, books)),
              Select.receive(channels.getLast(), received -> take(received, books)));
      while (select.await()) {
        Fiber.sleep(MILLI);
      }
    }

    private static boolean take(Received<Integer> received, Books books) {
      if (received instanceof Received.Value<Integer>(Integer item)) {
        books.received.add(item);
        return true;
      }
      return false;
    }
  }

  /** One loop sends and another receives; whichever ends closes the channel. */
  private record BetweenLoopsDrill(int capacity) implements Drill {
    @Override
    public String name() {
      return capacity == 0 ? "rendezvous-between-loops" : "channel-between-loops";
    }

    @Override
    public void build(World world) {
      SharedChannel<Integer> channel = SharedChannel.bounded("items", capacity);
      Books books = new Books();
      Host host = world.host("host");
      host.run(() -> {
        try (Scope scope = Scope.open("takers")) {
          for (int i = 1; i <= 3; i++) {
            Drill.alone(scope, "taker-" + i, () -> books.receiveAll(channel));
          }
          scope.join();
        } finally {
          channel.close();
        }
      });
      host.run(() -> {
        try (Scope scope = Scope.open("senders")) {
          for (int i = 1; i <= 3; i++) {
            int first = 100 * i;
            Drill.alone(scope, "sender-" + i, () -> unlessClosed(channel, books, first));
          }
          scope.join();
        } finally {
          channel.close();
        }
      });
      world.afterwards(() -> books.check(channel));
    }

    private static void unlessClosed(SharedChannel<Integer> channel, Books books, int first) {
      try {
        books.sendSome(channel, first);
      } catch (ChannelClosedException e) {
        // The other loop was cut.
      }
    }
  }

  // ---- locks

  private static final class LockDrill implements Drill {
    @Override
    public String name() {
      return "locks";
    }

    @Override
    public void build(World world) {
      world
          .host("host")
          .run(() -> {
            Mutex mutex = Mutex.create("mutex");
            Semaphore semaphore = Semaphore.create("semaphore", 2);
            RwLock lock = RwLock.create("lock");
            int[] inside = {0, 0, 0, 0};
            try (Scope scope = Scope.open("users")) {
              for (int i = 1; i <= 3; i++) {
                Drill.alone(scope, "holder-" + i, () -> use(mutex::hold, inside, 0, 1));
                Drill.alone(scope, "one-" + i, () -> use(semaphore::acquire, inside, 1, 2));
                Drill.alone(scope, "reader-" + i, () -> use(lock::read, inside, 2, 3));
                Drill.alone(scope, "writer-" + i, () -> use(lock::write, inside, 3, 1));
              }
              Drill.alone(scope, "both", () -> use(() -> semaphore.acquire(2), inside, 1, 2));
              scope.join();
            }
            check(mutex.tryLock(), "the mutex is held by nobody");
            check(lock.tryLockWrite(), "the lock is held by nobody");
            check(semaphore.available() == 2, semaphore + " has not all its permits");
            check(mutex.waiting() + lock.waiting() + semaphore.waiting() == 0, "who waits?");
            mutex.unlock();
            lock.unlockWrite();
          });
    }

    private static void use(Supplier<Permit> lock, int[] inside, int place, int most) {
      for (int round = 0; round < 2; round++) {
        try (Permit _ = lock.get()) {
          inside[place]++;
          try {
            check(inside[place] <= most, "too many are inside: " + inside[place]);
            check(inside[3] == 0 || inside[2] == 0, "somebody reads while another one writes");
            Fiber.sleep(MILLI);
          } finally {
            inside[place]--;
          }
        }
      }
    }
  }

  // ---- broadcast and watch

  private static void readAll(Supplier<BroadcastEvent<Integer>> next, int most) {
    int last = 0;
    int told = 0;
    while (true) {
      switch (next.get()) {
        case Received.Value<Integer>(Integer item) -> {
          check(item > last, "item " + item + " after " + last);
          last = item;
          told++;
        }
        case BroadcastEvent.Lagged<Integer>(long missed) -> told += (int) missed;
        default -> {
          check(told <= most, told + " items of " + most);
          return;
        }
      }
      Fiber.yield();
    }
  }

  private static final class ReadersDrill implements Drill {
    private static final int ITEMS = 5;

    @Override
    public String name() {
      return "readers";
    }

    @Override
    public void build(World world) {
      world
          .host("host")
          .run(() -> {
            Broadcast<Integer> items = Broadcast.create(2);
            Watch<Integer> latest = Watch.create(0);
            try (Scope scope = Scope.open("readers")) {
              for (int i = 1; i <= 3; i++) {
                Broadcast.Subscription<Integer> mine = items.subscribe();
                Watch.View<Integer> view = latest.view();
                Drill.alone(scope, "subscriber-" + i, () -> readAll(mine::next, ITEMS));
                Drill.alone(scope, "viewer-" + i, () -> readAll(view::next, ITEMS));
              }
              for (int i = 1; i <= ITEMS; i++) {
                Fiber.sleep(MILLI);
                items.publish(i);
                latest.set(i);
              }
              items.close();
              latest.close();
              scope.join();
            }
          });
    }
  }

  /** As the one before, with readers on three loops; who publishes closes in any case. */
  private static final class FarReadersDrill implements Drill {
    private static final int ITEMS = 5;

    @Override
    public String name() {
      return "readers-on-loops";
    }

    @Override
    public void build(World world) {
      SharedBroadcast<Integer> items = SharedBroadcast.create(2);
      SharedWatch<Integer> latest = SharedWatch.create(0);
      Host host = world.host("host");
      for (int loop = 0; loop < 2; loop++) {
        host.run(() -> read(items, latest, () -> {}));
      }
      host.run(() -> read(items, latest, () -> write(items, latest)));
    }

    private static void read(
        SharedBroadcast<Integer> items, SharedWatch<Integer> latest, Task beside) throws Exception {
      try (Scope scope = Scope.open("readers")) {
        for (int i = 1; i <= 3; i++) {
          SharedBroadcast.Subscription<Integer> mine = items.subscribe();
          SharedWatch.View<Integer> view = latest.view();
          Drill.alone(scope, "subscriber-" + i, () -> readAll(() -> mine.next(), ITEMS));
          Drill.alone(scope, "viewer-" + i, () -> readAll(() -> view.next(), ITEMS));
        }
        beside.run();
        scope.join();
      }
    }

    private static void write(SharedBroadcast<Integer> items, SharedWatch<Integer> latest) {
      try {
        for (int i = 1; i <= ITEMS; i++) {
          Fiber.sleep(MILLI);
          items.publish(i);
          latest.set(i);
        }
      } finally {
        items.close();
        latest.close();
      }
    }
  }

  // ---- actors

  private sealed interface Command {
    record Add() implements Command {}

    record Sum(Reply<Integer> reply) implements Command {}
  }

  /** Tells and asks; an actor that has ended is no fault of who does so. */
  private static void use(Actor<Command> actor, int[] told) {
    try {
      for (int i = 0; i < 3; i++) {
        actor.tell(new Command.Add());
        told[0]++;
        int before = told[0];
        int sum = actor.ask(Command.Sum::new);
        check(sum > 0, "asked after " + before + " were told, and none is counted");
      }
    } catch (ChannelClosedException | ReplyFailedException e) {
      // The actor was cut.
    }
  }

  private static Actor<Command> counter(int[] handled) {
    return Actor.start(
        "counter",
        () ->
            command -> {
              Fiber.yield();
              switch (command) {
                case Command.Add() -> handled[0]++;
                case Command.Sum(Reply<Integer> reply) -> {
                  Fiber.sleep(MILLI);
                  boolean ignored = reply.answer(handled[0]);
                }
              }
            });
  }

  private static final class ActorDrill implements Drill {
    @Override
    public String name() {
      return "actor";
    }

    @Override
    public void build(World world) {
      world
          .host("host")
          .run(() -> {
            int[] told = {0};
            int[] handled = {0};
            Actor<Command> actor = counter(handled);
            try (Scope scope = Scope.open("users")) {
              for (int i = 1; i <= 3; i++) {
                Drill.alone(scope, "user-" + i, () -> use(actor, told));
              }
              scope.join();
            }
            actor.stop();
            actor.join();
            check(
                handled[0] + actor.dropped() >= told[0],
                told[0] + " were told, " + handled[0] + " handled, " + actor.dropped() + " left");
          });
    }
  }

  /** Its users are on other loops. */
  private static final class FarActorDrill implements Drill {
    @Override
    public String name() {
      return "actor-on-another-loop";
    }

    @Override
    public void build(World world) {
      SharedChannel<Boolean> started = SharedChannel.bounded(2);
      List<Actor<Command>> made = new ArrayList<>();
      int[] told = {0};
      int[] handled = {0};
      int[] ended = {0};
      Host host = world.host("host");
      host.run(() -> {
        try {
          made.add(counter(handled));
          started.send(true);
          started.send(true);
          made.getFirst().join();
        } finally {
          started.close();
        }
      });
      for (int loop = 1; loop <= 2; loop++) {
        host.run(() -> {
          try {
            if (started.receive() instanceof Received.Value<Boolean>) {
              useByTwo(made.getFirst(), told);
            }
          } finally {
            ended[0]++;
            if (ended[0] == 2) {
              made.forEach(Actor::stop);
            }
          }
        });
      }
    }

    private static void useByTwo(Actor<Command> actor, int[] told) {
      try (Scope scope = Scope.open("users")) {
        for (int i = 1; i <= 2; i++) {
          // Nobody turns the actor's loop any more once that was cut.
          Drill.alone(
              scope,
              "user-" + i,
              () -> Cancellation.within(Duration.ofSeconds(1), () -> use(actor, told)));
        }
        scope.join();
      }
    }
  }
}
