package gyre.net;

import gyre.Fiber;
import gyre.Loop;
import gyre.Scope;
import gyre.Signal;
import gyre.engine.Sockets;
import gyre.spi.Internals;
import gyre.spi.Resource;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

// Over 500 lines: one part of a server, for whose state its loop and the caller wait.
/**
 * The part of a {@link TcpServer} on one loop: a scope with connections, which a fiber keeps open
 * until the server is closed or the loop shuts down, and maybe a listener.
 *
 * <p>A connection is counted twice, until it is released: as load of the loop that has it, and by
 * the part whose listener has accepted it, for the limit on connections.
 */
final class ServerLoop {
  /**
   * What is done with a connection.
   *
   * @param isPush whether the handler is called back, or runs in a fiber of the connection
   */
  record Work(ConnectionHandler<TcpStream> handler, boolean isPush) {}

  private final Loop loop;
  private final ListenOptions options;
  private final Work work;
  private final CompletableFuture<InetSocketAddress> started = new CompletableFuture<>();
  private final CompletableFuture<Boolean> ended = new CompletableFuture<>();

  /** Connections that this loop has. */
  private final AtomicInteger load = new AtomicInteger();

  /** Connections, on whatever loop, that the listener here has accepted. */
  private final AtomicInteger accepted = new AtomicInteger();

  /** Connections of this loop that their peers broke. */
  private final AtomicLong peerFailures = new AtomicLong();

  /** For the fiber that keeps the scope open: look again. */
  private volatile @Nullable Signal changed;

  private volatile boolean stopping;

  /** Connections go on, and no new ones are accepted. */
  private volatile boolean unlistening;

  private volatile boolean looksAgain;

  /** On connections that the listener here has accepted. */
  private volatile int limit;

  private final CompletableFuture<Boolean> unlistened = new CompletableFuture<>();

  /** On the loop only. */
  private @Nullable TcpListener listening;

  /** How long connections may go on once it is stopping. */
  private volatile Duration drainLimit;

  /** Whether the loop was ever asked; for the thread that opens and closes the server. */
  private boolean posted;

  /** On the loop only: while connections are taken. */
  private @Nullable Scope scope;

  /** In push style, beside it: calls the handler. */
  private @Nullable Greeter greeter;

  /** On the loop only: streams that are not released. */
  private int streams;

  /** In push style: every connection is closed. */
  private final Level streamsEnded =
      new Level(() -> streams == 0, () -> "waiting for the connections of a server");

  /** On the loop only: what is done at the end of a connection, by who has accepted it. */
  private final IdentityHashMap<ServerLoop, Consumer<SocketStream>> whenReleased =
      new IdentityHashMap<>();

  ServerLoop(Loop loop, ListenOptions options, Work work) {
    this.loop = loop;
    this.options = options;
    this.limit = options.maxConnections();
    this.drainLimit = options.drainTimeout();
    this.work = work;
  }

  int connections() {
    return load.get();
  }

  long peerFailures() {
    return peerFailures.get();
  }

  // ---- for the thread that has the server

  /**
   * Starts, and listens if there are {@code targets} to give connections to.
   *
   * @return where it listens
   */
  InetSocketAddress start(InetSocketAddress where, List<ServerLoop> targets) {
    posted = true;
    if (!loop.tryPost(new Opening(where, targets)) && !Internals.isClosed(loop)) {
      posted = false;
      throw new RejectedExecutionException("the inbox of " + loop.name() + " is full");
    }
    // Of a loop that is closed the end tells why.
    return Internals.awaitAnywhere(started);
  }

  /** Throws if the caller would keep the loop from turning. */
  void checkCanBeAwaited() {
    Internals.checkCanAwait(loop);
    Scope mine = scope;
    if (mine != null && Internals.isCallerInside(mine)) {
      throw new IllegalStateException(
          "the handler of a connection of the server would wait for itself: close the server in"
              + " another fiber");
    }
  }

  /** From any thread. */
  void stop(Duration drain) {
    drainLimit = drain;
    stop();
  }

  /** From any thread. */
  void acceptAgain() {
    looksAgain = true;
    wake();
  }

  /** From any thread. */
  void maxConnections(int value) {
    limit = value;
    wake();
  }

  void stopListening() {
    unlistening = true;
    wake();
  }

  void awaitUnlistened() {
    if (posted) {
      Internals.awaitAnywhereUncancelled(unlistened);
    }
  }

  /** On the loop. */
  int listening() {
    TcpListener present = listening;
    if (present == null || !present.isOpen()) {
      throw new IllegalStateException("the server listens on no socket of " + loop.name());
    }
    return present.descriptor();
  }

  private void stop() {
    stopping = true;
    wake();
  }

  void awaitEnd() {
    if (posted) {
      Internals.awaitAnywhereUncancelled(ended);
    }
  }

  private void wake() {
    Signal present = changed;
    if (present != null) {
      present.raise();
    }
  }

  // ---- the life of this part

  /** On its way to the loop, which may end before it comes to it. */
  private final class Opening implements Runnable, AutoCloseable {
    private final InetSocketAddress where;
    private final List<ServerLoop> targets;

    Opening(InetSocketAddress where, List<ServerLoop> targets) {
      this.where = where;
      this.targets = targets;
    }

    @Override
    public void run() {
      Life life = new Life();
      if (life.isLoopDraining()) {
        life.close();
        finish();
      } else {
        Fiber<?> ignored =
            loop.start(
                "server",
                () -> {
                  try (life) {
                    keepOpen(where, targets);
                  } finally {
                    finish();
                  }
                });
      }
    }

    @Override
    public void close() {
      // The loop ends, and will tell how.
    }
  }

  /**
   * Nothing is left of this part, and nobody waits for it any more: its keeper has ended, or if
   * that was left behind by a shutdown that was forced, the loop.
   */
  void finish() {
    finish(null);
  }

  /**
   * @param failure that the loop has died of
   */
  void finish(@Nullable Throwable failure) {
    started.completeExceptionally(
        failure == null
            ? new IllegalStateException(
                loop.name() + (Internals.isClosed(loop) ? " is closed" : " is shutting down"))
            : new IllegalStateException(loop.name() + " has died: " + failure, failure));
    unlistened.complete(true);
    ended.complete(true);
  }

  /** Hears of the loop's shutdown. What the loop waits for is the keeper, not this. */
  private final class Life extends Resource {
    Life() {
      super(loop.root());
      background(true);
    }

    @Override
    public String kind() {
      return "tcp-server";
    }

    @Override
    public int pendingOperations() {
      return 0;
    }

    boolean isLoopDraining() {
      return isDraining();
    }

    @Override
    protected void stopAccepting() {
      stop();
    }

    @Override
    protected void closing() {
      released();
    }

    @Override
    protected void aborting() {
      closing();
    }
  }

  private void keepOpen(InetSocketAddress where, List<ServerLoop> targets) {
    try (Scope mine = Scope.openIsolated("server")) {
      scope = mine;
      greeter = work.isPush() ? new Greeter(mine) : null;
      Signal again = Signal.open();
      changed = again;
      TcpListener listener = targets.isEmpty() ? null : listen(where, targets);
      listening = listener;
      started.complete(listener == null ? where : listener.address());
      while (!stopping) {
        if (unlistening && !unlistened.isDone()) {
          stopListening(listener);
          listener = null;
        } else if (listener != null) {
          listener.maxConnections(limit);
          if (looksAgain) {
            looksAgain = false;
            listener.acceptAgain();
          }
          listener.giveMore();
        }
        Fiber.await(again);
        again.take();
      }
      if (listener != null) {
        listener.close();
      }
      if (work.isPush()) {
        Draining.endPush(mine, streamsEnded, drainLimit);
      } else {
        Draining.end(mine, mine.end(), drainLimit);
      }
    } catch (Throwable e) {
      if (!started.completeExceptionally(e)) {
        throw e;
      }
    } finally {
      scope = null;
      greeter = null;
      listening = null;
    }
  }

  /** What the kernel had accepted for this listener by now is served still. */
  private void stopListening(@Nullable TcpListener listener) {
    if (listener != null) {
      listener.closeAndGiveTheRest();
      while (!listener.isReleased()) {
        Fiber.yield();
      }
    }
    unlistened.complete(true);
  }

  private TcpListener listen(InetSocketAddress where, List<ServerLoop> targets) {
    TcpListener listener = TcpListener.bind(where, options);
    listener.giveConnections(connection -> give(connection, targets), accepted::get);
    return listener;
  }

  // ---- connections

  /** On the accepting loop: passes a connection to the part that has the fewest, and goes on. */
  private void give(int connection, List<ServerLoop> targets) {
    ServerLoop least = this;
    for (ServerLoop part : targets) {
      if (!part.stopping && part.load.get() < least.load.get()) {
        least = part;
      }
    }
    accepted.incrementAndGet();
    if (least.loop.equals(loop)) {
      take(connection, this);
      return;
    }
    Sockets sockets = Internals.engine(loop).sockets();
    HandedOver handed = new HandedOver(this, least, sockets, sockets.release(connection));
    if (!least.loop.tryPost(handed)) {
      handed.takeBack();
    }
  }

  /** A connection on its way to another loop, which may end before it comes to it. */
  private static final class HandedOver implements Runnable, AutoCloseable {
    private final ServerLoop giver;
    private final ServerLoop taker;
    private final Sockets sockets;
    private final Object released;

    HandedOver(ServerLoop giver, ServerLoop taker, Sockets sockets, Object released) {
      this.giver = giver;
      this.taker = taker;
      this.sockets = sockets;
      this.released = released;
      taker.load.incrementAndGet();
    }

    @Override
    public void run() {
      taker.load.decrementAndGet(); // counted again by take
      int connection = Internals.engine(taker.loop).sockets().adopt(released);
      if (connection >= 0) {
        taker.take(connection, giver);
      } else {
        discard();
      }
    }

    void takeBack() {
      taker.load.decrementAndGet();
      int connection = sockets.adopt(released);
      if (connection >= 0) {
        giver.take(connection, giver);
      } else {
        discard();
      }
    }

    @Override
    public void close() {
      taker.load.decrementAndGet();
      discard();
    }

    private void discard() {
      sockets.discard(released);
      giver.gone();
    }
  }

  /** On this loop. */
  private void take(int connection, ServerLoop giver) {
    Scope mine = scope;
    if (mine == null || stopping || mine.cancellation().isCancelled()) {
      drop(connection, giver);
      return;
    }
    TcpStream stream;
    try {
      stream = new TcpStream(mine, connection, options.stream());
    } catch (RuntimeException e) {
      giver.gone();
      throw e;
    }
    load.incrementAndGet();
    streams++;
    stream.onReleased(whenReleased.computeIfAbsent(giver, by -> ended -> released(ended, by)));
    Greeter pushing = greeter;
    if (pushing == null) {
      Fiber<?> ignored = mine.start(() -> ConnectionFiber.serve(work.handler(), stream));
    } else {
      pushing.add(stream);
    }
  }

  private void released(SocketStream ended, ServerLoop giver) {
    load.decrementAndGet();
    streams--;
    if (streams == 0) {
      streamsEnded.wakeAll();
    }
    if (ended.isBrokenByPeer()) {
      peerFailures.incrementAndGet();
    }
    giver.gone();
  }

  /** Calls a push handler with each connection. It belongs to the scope of the connections. */
  private final class Greeter extends Resource {
    private final ArrayDeque<TcpStream> arrived = new ArrayDeque<>();

    Greeter(Scope owner) {
      super(owner);
      background(true);
    }

    void add(TcpStream stream) {
      arrived.add(stream);
      requestCallback();
    }

    @Override
    public String kind() {
      return "tcp-server-handler";
    }

    @Override
    public int pendingOperations() {
      return 0;
    }

    @Override
    protected boolean isServing() {
      return true;
    }

    @Override
    protected void callback() {
      for (TcpStream next = arrived.poll(); next != null; next = arrived.poll()) {
        if (next.isOpen()) {
          greet(next);
        }
      }
    }

    private void greet(TcpStream stream) {
      try {
        work.handler().handle(stream);
      } catch (Throwable e) {
        if (!stream.isClosedElsewhere(e)) {
          stream.reportFailure(e);
        }
        stream.reset();
        stream.close();
      }
    }

    @Override
    protected void closing() {
      released();
    }

    @Override
    protected void aborting() {
      closing();
    }
  }

  private void drop(int connection, ServerLoop giver) {
    Internals.engine(loop).sockets().close(connection);
    giver.gone();
  }

  /** From any thread: one of those that the listener here has accepted. It may wait for that. */
  private void gone() {
    if (accepted.getAndDecrement() == limit) {
      wake();
    }
  }
}
