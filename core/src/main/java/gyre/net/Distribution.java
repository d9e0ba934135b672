package gyre.net;

/** How the connections of a server come to the loops of its group. */
public enum Distribution {
  /**
   * A listening socket on each loop, among which the kernel spreads connections by a hash of their
   * addresses. Nothing is shared; few long connections may be spread unevenly.
   */
  SOCKET_PER_LOOP,
  /** One loop accepts, and hands each connection to the loop that has the fewest. */
  LEAST_LOADED
}
