package gyre.balancer;

import gyre.CancelledException;
import gyre.Fiber;
import gyre.Loop;
import gyre.io.IoException;
import gyre.net.ListenOptions;
import gyre.net.ServerOptions;
import gyre.net.StreamOptions;
import gyre.net.TcpServer;
import gyre.net.TcpStream;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.IdentityHashMap;

/**
 * Tells passive balancers that this one is there, and which client has which target: all of it at
 * first, and then what has changed, as lines of JSON. A beat is a line as well.
 */
final class Replication {
  static final String BEAT = "{\"beat\":true}";

  private static final Duration INTERVAL = Duration.ofMillis(100);
  private static final int FOLLOWERS_LIMIT = 8;

  private final Balancer balancer;

  private Replication(Balancer balancer) {
    this.balancer = balancer;
  }

  /**
   * Listens on the control loop. From a fiber of it.
   *
   * @throws gyre.net.NetworkException if it can't listen there
   */
  static TcpServer open(Balancer balancer, InetSocketAddress where, Loop loop) {
    StreamOptions stream = StreamOptions.defaults().writeTimeout(Duration.ofSeconds(10));
    ServerOptions options =
        ServerOptions.defaults()
            .listen(ListenOptions.defaults().maxConnections(FOLLOWERS_LIMIT).stream(stream));
    return TcpServer.serve(loop, where, options, new Replication(balancer)::tell);
  }

  private void tell(TcpStream stream) {
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
