package gyre.net;

import gyre.LoopGroup;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

/**
 * Serves TCP connections on all loops of a group: each gets a fiber on one of them, in which the
 * handler runs. May be opened, asked and closed from any thread that is not one of the group's
 * loops.
 */
public final class TcpServer implements AutoCloseable {
  private final List<TcpShare> shares;
  private final Duration drainTimeout;
  private InetSocketAddress address;

  private TcpServer(List<TcpShare> shares, InetSocketAddress address, Duration drainTimeout) {
    this.shares = shares;
    this.drainTimeout = drainTimeout;
    this.address = address;
  }

  /**
   * Listens, and serves from now on until the server is closed or the group is shut down. Throws if
   * a loop of the group is shutting down already.
   *
   * @param where port 0 lets the system choose; {@link #address} tells
   * @param options {@link ListenOptions#maxConnections} counts for each listening socket, whatever
   *     loops its connections are on
   */
  public static TcpServer open(
      LoopGroup group,
      InetSocketAddress where,
      Spread spread,
      ListenOptions options,
      ConnectionHandler<TcpStream> handler) {
    boolean shared = spread == Spread.SOCKET_PER_LOOP && group.size() > 1;
    ListenOptions each = options.reusePort(shared);
    List<TcpShare> shares = new ArrayList<>(group.size());
    for (int index = 0; index < group.size(); index++) {
      TcpShare share = new TcpShare(group.loop(index), each, handler);
      var ignored = group.ended(index).whenComplete((_, failure) -> share.finish(failure));
      shares.add(share);
    }
    TcpServer server = new TcpServer(List.copyOf(shares), where, options.drainTimeout());
    try {
      server.start(spread);
    } catch (RuntimeException e) {
      server.close();
      throw e;
    }
    return server;
  }

  /** The first one comes last: when it listens, all are there to be given connections. */
  private void start(Spread spread) {
    for (int index = shares.size() - 1; index >= 0; index--) {
      TcpShare share = shares.get(index);
      if (spread == Spread.SOCKET_PER_LOOP) {
        address = share.start(address, List.of(share));
      } else {
        address = share.start(address, index == 0 ? shares : List.of());
      }
    }
  }

  /** Where it listens, with the port that the system has chosen. */
  public InetSocketAddress address() {
    return address;
  }

  /** Connections open on each loop, in the order of the group. */
  public List<Integer> connections() {
    return shares.stream().map(TcpShare::connections).toList();
  }

  /**
   * Connections that have ended because their peer reset them, was silent beyond a timeout, or left
   * in the middle.
   */
  public long peerFailures() {
    return shares.stream().mapToLong(TcpShare::peerFailures).sum();
  }

  /** As {@link #close(Duration)}, with {@link ListenOptions#drainTimeout}. */
  @Override
  public void close() {
    close(drainTimeout);
  }

  /**
   * Stops listening, and ends the connections: the idle ones at once, the others when what they are
   * doing is done. Those that are left after {@code drain} are reset, and their handlers cancelled.
   * Returns when all have ended, or the loops that have them. A handler that does not end when it
   * is cancelled is waited for.
   */
  public void close(Duration drain) {
    shares.forEach(share -> share.stop(drain));
    shares.forEach(TcpShare::awaitEnd);
  }
}
