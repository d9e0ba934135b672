package gyre.net;

import gyre.Fiber;
import gyre.Handle;
import gyre.Loop;
import gyre.Scope;
import gyre.engine.Sockets;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;

/**
 * What a {@link TcpServer} has on one loop: a scope with connections, which a fiber keeps open
 * until the server is closed or the loop shuts down, and maybe a listener.
 *
 * <p>A connection is counted twice, until it is released: as load of the loop that has it, and by
 * the share whose listener has accepted it, for the limit on connections.
 */
final class TcpShare {
  private final Loop loop;
  private final ListenOptions options;
  private final ConnectionHandler<TcpStream> handler;
  private final CompletableFuture<InetSocketAddress> started = new CompletableFuture<>();
  private final CompletableFuture<Boolean> ended = new CompletableFuture<>();

  /** Connections that this loop has. */
  private final AtomicInteger load = new AtomicInteger();

  /** Connections, on whatever loop, that the listener here has accepted. */
  private final AtomicInteger accepted = new AtomicInteger();

  /** Connections of this loop that their peers broke. */
  private final AtomicLong peerFailures = new AtomicLong();

  private volatile @Nullable Fiber<?> keeper;
  private volatile boolean stopping;

  /** How long connections may go on once it is stopping. */
  private volatile Duration drainLimit;

  /** Whether the loop was ever asked; for the thread that opens and closes the server. */
  private boolean posted;

  /** On the loop only: while connections are taken. */
  private @Nullable Scope scope;

  TcpShare(Loop loop, ListenOptions options, ConnectionHandler<TcpStream> handler) {
    this.loop = loop;
    this.options = options;
    this.drainLimit = options.drainTimeout();
    this.handler = handler;
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
  InetSocketAddress start(InetSocketAddress where, List<TcpShare> targets) {
    posted = true;
    try {
      loop.post(new Opening(where, targets));
    } catch (RejectedExecutionException e) {
      posted = false;
      throw e;
    }
    try {
      return started.join();
    } catch (CompletionException e) {
      if (e.getCause() instanceof RuntimeException failure) {
        throw failure;
      }
      throw e;
    }
  }

  /** From any thread. */
  void stop(Duration drain) {
    drainLimit = drain;
    stop();
  }

  private void stop() {
    stopping = true;
    wake();
  }

  void awaitEnd() {
    if (posted) {
      boolean ignored = ended.join();
    }
  }

  private void wake() {
    Fiber<?> present = keeper;
    if (present != null) {
      present.unpark();
    }
  }

  // ---- the life of the share

  /** On its way to the loop, which may end before it comes to it. */
  private final class Opening implements Runnable, AutoCloseable {
    private final InetSocketAddress where;
    private final List<TcpShare> targets;

    Opening(InetSocketAddress where, List<TcpShare> targets) {
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
      finish();
    }
  }

  /**
   * Nothing is left of this share, and nobody waits for it any more: its keeper has ended, or if
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
            ? new IllegalStateException(loop.name() + " is shutting down")
            : new IllegalStateException(loop.name() + " has died: " + failure, failure));
    ended.complete(true);
  }

  /** Hears of the loop's shutdown. What the loop waits for is the keeper, not this. */
  private final class Life extends Handle {
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

  private void keepOpen(InetSocketAddress where, List<TcpShare> targets) {
    try (Scope mine = Scope.openIsolated("server")) {
      scope = mine;
      keeper = Fiber.current();
      TcpListener listener = targets.isEmpty() ? null : listen(where, targets);
      started.complete(listener == null ? where : listener.address());
      while (!stopping) {
        if (listener != null) {
          listener.handOverMore();
        }
        Fiber.park();
      }
      if (listener != null) {
        listener.close();
      }
      Draining.end(mine, drainLimit);
    } catch (Throwable e) {
      if (!started.completeExceptionally(e)) {
        throw e;
      }
    } finally {
      scope = null;
    }
  }

  private TcpListener listen(InetSocketAddress where, List<TcpShare> targets) {
    TcpListener listener = TcpListener.bind(where, options);
    listener.handOver(connection -> give(connection, targets), accepted::get);
    return listener;
  }

  // ---- connections

  /** On the accepting loop: passes a connection to the share that has the fewest, and goes on. */
  private void give(int connection, List<TcpShare> targets) {
    TcpShare least = this;
    for (TcpShare share : targets) {
      if (!share.stopping && share.load.get() < least.load.get()) {
        least = share;
      }
    }
    accepted.incrementAndGet();
    if (least.loop.equals(loop)) {
      take(connection, this);
      return;
    }
    Sockets sockets = Access.engine(loop).sockets();
    HandedOver handed = new HandedOver(this, least, sockets, sockets.release(connection));
    if (!least.loop.tryPost(handed)) {
      handed.takeBack();
    }
  }

  /** A connection on its way to another loop, which may end before it comes to it. */
  private static final class HandedOver implements Runnable, AutoCloseable {
    private final TcpShare giver;
    private final TcpShare taker;
    private final Sockets sockets;
    private final Object released;

    HandedOver(TcpShare giver, TcpShare taker, Sockets sockets, Object released) {
      this.giver = giver;
      this.taker = taker;
      this.sockets = sockets;
      this.released = released;
      taker.load.incrementAndGet();
    }

    @Override
    public void run() {
      taker.load.decrementAndGet(); // counted again by take
      int connection = Access.engine(taker.loop).sockets().adopt(released);
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
  private void take(int connection, TcpShare giver) {
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
    stream.onReleased(ended -> {
      load.decrementAndGet();
      if (ended.isBrokenByPeer()) {
        peerFailures.incrementAndGet();
      }
      giver.gone();
    });
    Fiber<?> ignored = mine.start(() -> Serving.serve(handler, stream));
  }

  private void drop(int connection, TcpShare giver) {
    Access.engine(loop).sockets().close(connection);
    giver.gone();
  }

  /** From any thread: one of those that the listener here has accepted. It may wait for that. */
  private void gone() {
    if (accepted.getAndDecrement() == options.maxConnections()) {
      wake();
    }
  }
}
