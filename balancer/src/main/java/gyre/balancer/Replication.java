package gyre.balancer;

import gyre.CancelledException;
import gyre.Fiber;
import gyre.io.IoException;
import gyre.net.HandedListener;
import gyre.net.ListenOptions;
import gyre.net.ServerOptions;
import gyre.net.StreamOptions;
import gyre.net.TcpServer;
import gyre.net.TcpStream;
import gyre.proxy.ProxyTrust;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.IdentityHashMap;
import org.jspecify.annotations.Nullable;

/**
 * Tells passive balancers that this one is there, and which client has which target: all of it at
 * first, and then what has changed, as lines of JSON. A beat is a line as well.
 */
final class Replication {
  static final String BEAT = "{\"beat\":true}";

  private static final Duration INTERVAL = Duration.ofMillis(100);
  private static final int FOLLOWERS_LIMIT = 8;

  private final Balancer balancer;
  private final ProxyTrust followers;
  private boolean isRefusalTold;

  private Replication(Balancer balancer, ProxyTrust followers) {
    this.balancer = balancer;
    this.followers = followers;
  }

  /**
   * Listens on the control loop. From a fiber of it.
   *
   * @param handed the socket of an old process to go on with; null to open one
   * @throws gyre.net.NetworkException if it can't listen there
   */
  static TcpServer open(
      Balancer balancer, ReplicationConfig config, @Nullable HandedListener handed) {
    StreamOptions stream = StreamOptions.defaults().writeTimeout(Duration.ofSeconds(10));
    ListenOptions listen = ListenOptions.defaults().maxConnections(FOLLOWERS_LIMIT).stream(stream);
    if (handed != null) {
      listen = listen.adopt(handed);
    }
    return TcpServer.serve(
        balancer.control().loop(),
        config.address(),
        ServerOptions.defaults().listen(listen),
        new Replication(balancer, config.trust())::tell);
  }

  /** Told once: whoever knocks must not fill the list of events. */
  private void refuse(TcpStream stream) {
    stream.reset();
    if (!isRefusalTold) {
      isRefusalTold = true;
      balancer
          .events()
          .tell(
              balancer.control().now(),
              "",
              "refuses to replicate to " + stream.name() + " and others who may not follow");
    }
  }

  private void tell(TcpStream stream) {
    InetSocketAddress peer = stream.remoteAddress();
    if (peer == null || !followers.isTrusted(peer.getAddress())) {
      refuse(stream);
      return;
    }
    IdentityHashMap<Pool, Long> told = new IdentityHashMap<>();
    try {
      while (stream.isOpen()) {
        for (Pool pool : balancer.pools()) {
          long since = told.getOrDefault(pool, 0L);
          long now = pool.persistence().touches(); // what comes meanwhile may be told twice
          HandOverState.writeClients(stream, pool, since, balancer.control().nanoTime());
          told.put(pool, now);
        }
        told.keySet().retainAll(balancer.pools());
        stream.write(BEAT + "\n");
        stream.flush();
        Fiber.sleep(INTERVAL);
      }
    } catch (CancelledException e) {
      throw e;
    } catch (IoException e) {
      // A follower may go at any time, and comes again.
    }
  }
}
