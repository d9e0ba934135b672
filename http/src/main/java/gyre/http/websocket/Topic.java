package gyre.http.websocket;

import gyre.Loop;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.LongAdder;

/**
 * Sends a message to many WebSockets of a server, on all of its loops: encoded once, compressed
 * once, and the same bytes written to each. Nobody waits for a slow one; {@link SlowPolicy} says
 * what it misses.
 *
 * <p>A message is sent soon, in the next turn of each loop, and those of one publisher in its
 * order. A WebSocket that closes leaves by itself. {@link #publish} is for any thread; the others
 * are for the loop of the WebSocket.
 */
public final class Topic {
  private final SlowPolicy policy;
  private final ConcurrentHashMap<Loop, Members> members = new ConcurrentHashMap<>();
  private final AtomicInteger subscribers = new AtomicInteger();
  private final LongAdder missed = new LongAdder();

  private Topic(SlowPolicy policy) {
    this.policy = policy;
  }

  /** What subscribers that are slow do not take, they miss. */
  public static Topic create() {
    return create(SlowPolicy.DROP);
  }

  public static Topic create(SlowPolicy slow) {
    return new Topic(Objects.requireNonNull(slow, "slow"));
  }

  /** From now on, until it closes, the WebSocket gets what is published. Twice is once. */
  public void subscribe(WebSocket ws) {
    Connection connection = connection(ws);
    if (!connection.isServer()) {
      throw new IllegalArgumentException(
          ws + " is a client's, whose messages are each masked apart: send to it instead");
    }
    if (connection.isOpen()) {
      members.computeIfAbsent(Loop.current(), key -> new Members()).add(connection);
    }
  }

  public void unsubscribe(WebSocket ws) {
    Members here = members.get(Loop.current());
    if (here != null) {
      here.remove(connection(ws));
    }
  }

  private static Connection connection(WebSocket ws) {
    if (ws instanceof Connection connection) {
      return connection;
    }
    throw new IllegalArgumentException("not a WebSocket of Gyre: " + ws);
  }

  /** Sends a text to all subscribers. */
  public void publish(String text) {
    publish(new Publication(Opcode.TEXT, text.getBytes(StandardCharsets.UTF_8)));
  }

  /** Sends bytes to all subscribers, which must stay as they are until then. */
  public void publish(byte[] bytes) {
    publish(new Publication(Opcode.BINARY, bytes));
  }

  /** In callbacks of the loops, on this one too: a fiber that writes would park for a slow peer. */
  private void publish(Publication publication) {
    members.forEach((loop, its) -> {
      if (!loop.tryPost(() -> its.deliver(publication))) {
        missed.add(its.size.get());
      }
    });
  }

  /** How many WebSockets have subscribed. */
  public int subscribers() {
    return subscribers.get();
  }

  /** Messages that slow subscribers have missed, each counted for each of them. */
  public long missed() {
    return missed.sum();
  }

  /** The subscribers on one loop. */
  private final class Members {
    private final Set<Connection> all = new LinkedHashSet<>();
    final AtomicInteger size = new AtomicInteger();

    void add(Connection connection) {
      if (all.add(connection)) {
        int ignored = size.incrementAndGet();
        int _ = subscribers.incrementAndGet();
        connection.joined(Topic.this);
      }
    }

    void remove(Connection connection) {
      if (all.remove(connection)) {
        int ignored = size.decrementAndGet();
        int _ = subscribers.decrementAndGet();
        connection.parted(Topic.this);
        connection.out().forgetLatest(Topic.this);
      }
    }

    void deliver(Publication publication) {
      List<Connection> slow = null;
      for (Connection each : all) {
        if (!each.out().prepared(publication)) {
          slow = slow == null ? new ArrayList<>() : slow;
          slow.add(each); // dealt with later, since it may leave
        }
      }
      if (slow != null) {
        slow.forEach(each -> missed(each, publication));
      }
    }

    private void missed(Connection each, Publication publication) {
      if (!each.isOpen()) {
        return;
      }
      switch (policy) {
        case DROP -> missed.increment();
        case LATEST -> {
          if (each.out().keepLatest(Topic.this, publication)) {
            missed.increment();
          }
        }
        case CLOSE -> each.out().tooSlow();
      }
    }
  }
}
