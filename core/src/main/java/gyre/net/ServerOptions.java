package gyre.net;

import java.util.Objects;

/**
 * How a {@link TcpServer} behaves. Immutable; each method that takes a value gives a changed copy.
 *
 * <pre>{@code
 * ServerOptions.defaults()
 *     .distribution(Distribution.LEAST_LOADED)
 *     .listen(ListenOptions.defaults().maxConnections(10_000));
 * }</pre>
 */
public final class ServerOptions {
  private static final ServerOptions DEFAULTS =
      new ServerOptions(Distribution.SOCKET_PER_LOOP, ListenOptions.defaults());

  private final Distribution distribution;
  private final ListenOptions listen;

  private ServerOptions(Distribution distribution, ListenOptions listen) {
    this.distribution = distribution;
    this.listen = listen;
  }

  /** A socket for each loop, and {@link ListenOptions#defaults}. */
  public static ServerOptions defaults() {
    return DEFAULTS;
  }

  /** How connections come to the loops of a group; of no matter for one loop. */
  public ServerOptions distribution(Distribution how) {
    return new ServerOptions(Objects.requireNonNull(how, "distribution"), listen);
  }

  /**
   * How each listening socket behaves, and the streams that it accepts. {@link
   * ListenOptions#maxConnections} counts for each listening socket, whatever loops its connections
   * are on. {@link ListenOptions#reusePort} is set by the server as it needs it.
   */
  public ServerOptions listen(ListenOptions options) {
    return new ServerOptions(distribution, Objects.requireNonNull(options, "listen"));
  }

  public Distribution distribution() {
    return distribution;
  }

  public ListenOptions listen() {
    return listen;
  }

  @Override
  public String toString() {
    return "ServerOptions[distribution=" + distribution + ", listen=" + listen + "]";
  }
}
