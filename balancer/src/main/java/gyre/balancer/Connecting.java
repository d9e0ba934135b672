package gyre.balancer;

import gyre.Deadline;
import gyre.io.IoException;
import gyre.net.ConnectOptions;
import gyre.net.StreamOptions;
import gyre.net.TcpStream;
import java.net.InetAddress;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Gets a connection to a target of a pool: chooses one, waits while all are full, and tries another
 * where one can't be connected to. Nothing was sent to any of them yet, so that is safe.
 */
final class Connecting {
  /** What came out. */
  sealed interface Result {
    record Connected(TcpStream stream, Target target) implements Result {}

    /**
     * There is no connection.
     *
     * @param end a word for the log
     */
    record Refused(String end, String reason) implements Result {}
  }

  private final Pool pool;
  private final LoopPart part;
  private final Counters counters;
  private final @Nullable InetAddress client;
  private final List<Target> tried = new ArrayList<>(0);

  Connecting(Pool pool, LoopPart part, Counters counters, @Nullable InetAddress client) {
    this.pool = pool;
    this.part = part;
    this.counters = counters;
    this.client = client;
  }

  /** How many targets have failed before this came out. */
  int retries() {
    return tried.size();
  }

  /** Parks. The stream belongs to the current scope. */
  Result run(StreamOptions options) {
    PoolConfig rules = pool.config();
    String last = "";
    for (int attempt = 0; attempt <= rules.retries(); attempt++) {
      Target target;
      switch (decide()) {
        case Decision.Chosen chosen -> target = chosen.target();
        case Decision.Full _ -> {
          counters.queueTimeouts.increment();
          return new Result.Refused("queue-timeout", "all targets are full");
        }
        case Decision.Nobody nobody -> {
          counters.refusedNobody.increment();
          return new Result.Refused(
              "no-target", nobody.reason() + (last.isEmpty() ? "" : ": " + last));
        }
      }
      boolean isConnected = false;
      try {
        long start = part.nanoTime();
        TcpStream stream = TcpStream.connect(target.config().address(), options, how(rules));
        isConnected = true;
        return connected(stream, target, part.nanoTime() - start);
      } catch (IoException e) {
        last = String.valueOf(e.getMessage());
        if (Shortages.isOne(e) || isForbidden(rules, e)) {
          counters.shed.increment();
          return new Result.Refused("shed", last);
        }
        pool.failed(target, last, part);
        tried.add(target);
        if (attempt < rules.retries()) {
          counters.retries.increment();
        }
      } finally {
        if (!isConnected) {
          pool.release(target);
        }
      }
    }
    counters.refusedNobody.increment();
    return new Result.Refused("connect-failed", last);
  }

  private ConnectOptions how(PoolConfig rules) {
    ConnectOptions how = ConnectOptions.defaults().timeout(rules.connectTimeout());
    return rules.isTransparent() && client != null ? how.fromForeign(client) : how;
  }

  /** This process may not use the addresses of others: that is no fault of a target. */
  private boolean isForbidden(PoolConfig rules, IoException failure) {
    boolean isForbidden = rules.isTransparent() && Shortages.isOfTheClient(failure);
    if (isForbidden) {
      pool.tellOfTransparency(part);
    }
    return isForbidden;
  }

  private Result connected(TcpStream stream, Target target, long nanos) {
    target.connections.increment();
    target.connectNanos.add(nanos);
    target.succeeded();
    if (client != null) {
      pool.remember(client, target, part.nanoTime());
    }
    return new Result.Connected(stream, target);
  }

  /** Waits for its turn where all are full. */
  private Decision decide() {
    WaitLine line = pool.line();
    if (line.isOpen()) {
      Decision decision = pool.decide(part, client, tried);
      if (!(decision instanceof Decision.Full)) {
        return decision;
      }
    }
    PoolConfig rules = pool.config();
    WaitLine.Place mine = new WaitLine.Place(!tried.isEmpty());
    if (rules.queueTimeout().isZero() || !line.enter(mine, rules.queueLimit())) {
      return Decision.Full.INSTANCE;
    }
    counters.queued.increment();
    boolean hasFound = false;
    try {
      Deadline deadline = Deadline.in(rules.queueTimeout());
      while (true) {
        if (line.isNext(mine)) { // a place may have come free before this was in the line
          Decision decision = pool.decide(part, client, tried);
          if (!(decision instanceof Decision.Full)) {
            hasFound = true;
            return decision;
          }
        }
        if (!line.await(mine, deadline)) {
          return Decision.Full.INSTANCE;
        }
        Decision decision = pool.decide(part, client, tried);
        if (!(decision instanceof Decision.Full)) {
          hasFound = true;
          return decision;
        }
        line.again(mine);
      }
    } finally {
      line.leave(mine, hasFound);
    }
  }
}
