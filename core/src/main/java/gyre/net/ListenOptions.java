package gyre.net;

import java.time.Duration;

/**
 * How a listener behaves. Immutable; each method gives a changed copy.
 *
 * @param backlog connections that the kernel holds until they are accepted
 * @param reusePort TCP only: let several listeners share the port, among which the kernel spreads
 *     the connections
 * @param maxConnections accepting pauses while so many connections are served
 * @param drainTimeout how long connections may go on with what they are doing when the server is
 *     closed, before they are reset: 10 s unless said otherwise
 * @param stream options of the accepted streams
 */
public record ListenOptions(
    int backlog,
    boolean reusePort,
    int maxConnections,
    Duration drainTimeout,
    StreamOptions stream) {
  private static final ListenOptions DEFAULTS =
      new ListenOptions(
          4096, false, Integer.MAX_VALUE, Duration.ofSeconds(10), StreamOptions.defaults());

  /** Checks the values. */
  public ListenOptions {
    if (backlog < 1 || maxConnections < 1) {
      throw new IllegalArgumentException("backlog and maxConnections must be at least 1");
    }
    if (drainTimeout.isNegative()) {
      throw new IllegalArgumentException("drainTimeout of " + drainTimeout + ": is negative");
    }
  }

  public static ListenOptions defaults() {
    return DEFAULTS;
  }

  public ListenOptions backlog(int backlog) {
    return new ListenOptions(backlog, reusePort, maxConnections, drainTimeout, stream);
  }

  public ListenOptions reusePort(boolean reusePort) {
    return new ListenOptions(backlog, reusePort, maxConnections, drainTimeout, stream);
  }

  public ListenOptions maxConnections(int maxConnections) {
    return new ListenOptions(backlog, reusePort, maxConnections, drainTimeout, stream);
  }

  public ListenOptions drainTimeout(Duration drainTimeout) {
    return new ListenOptions(backlog, reusePort, maxConnections, drainTimeout, stream);
  }

  public ListenOptions stream(StreamOptions stream) {
    return new ListenOptions(backlog, reusePort, maxConnections, drainTimeout, stream);
  }
}
