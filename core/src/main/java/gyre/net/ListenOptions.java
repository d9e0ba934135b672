package gyre.net;

/**
 * How a listener behaves. Immutable; each method gives a changed copy.
 *
 * @param backlog connections that the kernel holds until they are accepted
 * @param reusePort TCP only: let several listeners share the port, among which the kernel spreads
 *     the connections
 * @param maxConnections accepting pauses while so many connections are served
 * @param stream options of the accepted streams
 */
public record ListenOptions(
    int backlog, boolean reusePort, int maxConnections, StreamOptions stream) {
  private static final ListenOptions DEFAULTS =
      new ListenOptions(4096, false, Integer.MAX_VALUE, StreamOptions.defaults());

  /** Checks the values. */
  public ListenOptions {
    if (backlog < 1 || maxConnections < 1) {
      throw new IllegalArgumentException("backlog and maxConnections must be at least 1");
    }
  }

  public static ListenOptions defaults() {
    return DEFAULTS;
  }

  public ListenOptions backlog(int backlog) {
    return new ListenOptions(backlog, reusePort, maxConnections, stream);
  }

  public ListenOptions reusePort(boolean reusePort) {
    return new ListenOptions(backlog, reusePort, maxConnections, stream);
  }

  public ListenOptions maxConnections(int maxConnections) {
    return new ListenOptions(backlog, reusePort, maxConnections, stream);
  }

  public ListenOptions stream(StreamOptions stream) {
    return new ListenOptions(backlog, reusePort, maxConnections, stream);
  }
}
