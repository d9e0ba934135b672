package gyre.balancer;

import gyre.Fiber;
import gyre.LoopGroup;
import gyre.net.ConnectionHandler;
import gyre.net.Distribution;
import gyre.net.HandedListener;
import gyre.net.ListenOptions;
import gyre.net.ServerOptions;
import gyre.net.TcpServer;
import gyre.net.TcpStream;
import java.net.InetSocketAddress;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * A listener while the balancer runs. What it does with a connection is read from its configuration
 * when that comes, so that a reload changes it without closing anything.
 */
abstract class Listener {
  private volatile ListenConfig config;

  Listener(ListenConfig config) {
    this.config = config;
  }

  /**
   * @param handed a socket of an old process to go on with; null to open one
   */
  static Listener open(Balancer balancer, ListenConfig config, @Nullable HandedListener handed) {
    return switch (config.protocol()) {
      case TCP -> new Tcp(balancer, config, handed);
      case UDP -> UdpListener.open(balancer, config);
    };
  }

  final ListenConfig config() {
    return config;
  }

  /** Goes on where it listens, by these rules. */
  void change(ListenConfig next) {
    config = next;
  }

  abstract InetSocketAddress address();

  /** What can be handed over to another process; null if nothing can. */
  @Nullable TcpServer server() {
    return null;
  }

  /** Connections or flows that it has. */
  abstract int connections();

  /** Begins to close, so that several can end at the same time. From any thread. */
  abstract void stop(Duration drain);

  /** Lets go of what it listens on, as another process goes on there. Connections stay. */
  abstract void handedOver();

  /** Stops listening, and parks until the connections have ended, at most so long. */
  abstract void close(Duration drain);

  /**
   * One socket, whose connections are given to the loop that has the fewest. A socket for each loop
   * would lose what waits in its backlog when the number of loops changes or the balancer is handed
   * over.
   */
  private static final class Tcp extends Listener {
    private final TcpServer server;

    Tcp(Balancer balancer, ListenConfig config, @Nullable HandedListener handed) {
      super(config);
      ListenOptions listen = ListenOptions.defaults();
      if (config.maxConnections() > 0) {
        listen = listen.maxConnections(config.maxConnections());
      }
      if (handed != null) {
        listen = listen.adopt(handed);
      }
      ServerOptions options =
          ServerOptions.defaults().distribution(Distribution.LEAST_LOADED).listen(listen);
      ConnectionHandler<TcpStream> handler =
          stream -> {
            Session session = new Session(balancer, balancer.part(), config(), stream);
            Fiber<?> ignored = Fiber.start("session", session::run); // in the server's scope
          };
      LoopGroup group = balancer.group();
      this.server =
          group == null
              ? TcpServer.onConnection(
                  balancer.loops().getFirst(), config.address(), options, handler)
              : TcpServer.onConnection(group, config.address(), options, handler);
    }

    @Override
    TcpServer server() {
      return server;
    }

    @Override
    InetSocketAddress address() {
      return server.address();
    }

    @Override
    int connections() {
      return server.connections().stream().mapToInt(Integer::intValue).sum();
    }

    @Override
    void change(ListenConfig next) {
      super.change(next);
      int limit = next.maxConnections();
      server.maxConnections(limit == 0 ? Integer.MAX_VALUE : limit);
    }

    @Override
    void stop(Duration drain) {
      server.beginClose(drain);
    }

    @Override
    void handedOver() {
      server.stopListening();
    }

    @Override
    void close(Duration drain) {
      server.close(drain);
    }
  }
}
