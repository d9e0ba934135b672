package gyre.balancer;

/** Placeholder until the next commit. */
final class UdpListener {
  private UdpListener() {}

  static Listener open(Balancer balancer, ListenConfig config) {
    throw new UnsupportedOperationException(balancer + " " + config);
  }
}
