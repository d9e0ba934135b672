package gyre.net;

import gyre.Fiber;
import gyre.Loop;
import gyre.LoopGroup;
import gyre.Scope;
import gyre.engine.Sockets;
import java.net.InetSocketAddress;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/**
 * Serves TCP connections on all loops of a group: each gets a fiber on one of them, in which the
 * handler runs. May be opened, asked and closed from any thread that is not one of the group's
 * loops.
 */
public final class TcpServer implements AutoCloseable {
  private final List<Share> shares = new ArrayList<>();
  private final ConnectionHandler<TcpStream> handler;
  private final ListenOptions options;
  private InetSocketAddress address;

  private TcpServer(
      InetSocketAddress address, ListenOptions options, ConnectionHandler<TcpStream> handler) {
    this.address = address;
    this.options = options;
    this.handler = handler;
  }

  /**
   * Listens, and serves from now on until the server is closed or the group is shut down.
   *
   * @param where port 0 lets the system choose; {@link #address} tells
   */
  public static TcpServer open(
      LoopGroup group,
      InetSocketAddress where,
      Spread spread,
      ListenOptions options,
      ConnectionHandler<TcpStream> handler) {
    boolean shared = spread == Spread.SOCKET_PER_LOOP && group.size() > 1;
    TcpServer server = new TcpServer(where, options.reusePort(shared), handler);
    try {
      for (Loop loop : group.loops()) {
        Share share = server.new Share(loop, spread);
        server.shares.add(share);
        boolean listens = spread == Spread.SOCKET_PER_LOOP || loop == group.loop(0);
        share.start(listens);
        server.address = share.address == null ? server.address : share.address;
      }
    } catch (RuntimeException e) {
      server.close();
      throw e;
    }
    return server;
  }

  /** Where it listens, with the port that the system has chosen. */
  public InetSocketAddress address() {
    return address;
  }

  /** Connections open on each loop, in the order of the group. */
  public List<Integer> connections() {
    return shares.stream().map(share -> share.load.get()).toList();
  }

  /** Stops listening and waits until the connections have ended. */
  @Override
  public void close() {
    shares.forEach(Share::stop);
    shares.forEach(share -> share.ended.join());
  }

  /** What runs on one loop. */
  private final class Share {
    private final Loop loop;
    private final Spread spread;
    private final AtomicInteger load = new AtomicInteger();
    private final CompletableFuture<Boolean> started = new CompletableFuture<>();
    private final CompletableFuture<Boolean> ended = new CompletableFuture<>();
    private volatile @Nullable InetSocketAddress address;

    /** On the loop only. */
    private @Nullable Scope scope;

    private @Nullable TcpListener listener;
    private @Nullable Fiber<?> keeper;
    private boolean stopping;

    Share(Loop loop, Spread spread) {
      this.loop = loop;
      this.spread = spread;
    }

    void start(boolean listens) {
      loop.post(() -> loop.start("server", () -> run(listens)));
      try {
        started.join();
      } catch (CompletionException e) {
        if (e.getCause() instanceof RuntimeException failure) {
          throw failure;
        }
        throw e;
      }
    }

    private void run(boolean listens) {
      try (Scope mine = Scope.openIsolated("server")) {
        scope = mine;
        keeper = Fiber.current();
        if (listens) {
          listen();
        }
        started.complete(true);
        while (!stopping && !mine.cancellation().isCancelled()) {
          Fiber.park();
        }
        if (listener != null) {
          listener.close();
        }
        mine.join();
      } catch (Throwable e) {
        started.completeExceptionally(e);
        throw e;
      } finally {
        scope = null;
        ended.complete(true);
      }
    }

    private void listen() {
      TcpListener bound = TcpListener.bind(TcpServer.this.address, options);
      listener = bound;
      address = bound.address();
      if (spread == Spread.SOCKET_PER_LOOP) {
        bound.handOver(this::take);
      } else {
        bound.handOver(this::give);
      }
    }

    /** On the accepting loop: passes a connection to the share that has the fewest. */
    private void give(int connection) {
      Share least = this;
      for (Share share : shares) {
        if (share.load.get() < least.load.get()) {
          least = share;
        }
      }
      if (least == this) {
        take(connection);
        return;
      }
      Share target = least;
      target.load.incrementAndGet();
      Sockets sockets = Access.engine(loop).sockets();
      Object released = sockets.release(connection);
      if (!target.loop.tryPost(() -> target.adopt(released))) {
        target.load.decrementAndGet();
        take(sockets.adopt(released));
      }
    }

    private void adopt(Object released) {
      load.decrementAndGet(); // counted again by take
      int connection = Access.engine(loop).sockets().adopt(released);
      if (connection >= 0) {
        take(connection);
      }
    }

    private void take(int connection) {
      Scope mine = scope;
      if (mine == null || stopping || mine.cancellation().isCancelled()) {
        Access.engine(loop).sockets().close(connection);
        return;
      }
      TcpStream stream = new TcpStream(mine, connection, options.stream());
      load.incrementAndGet();
      stream.onReleased(load::decrementAndGet);
      mine.start(() -> Serving.serve(handler, stream));
    }

    void stop() {
      loop.post(() -> {
        stopping = true;
        if (keeper != null) {
          keeper.unpark();
        }
      });
    }
  }
}
