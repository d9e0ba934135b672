package gyre.examples.diseases;

import gyre.Fiber;
import gyre.net.ListenOptions;
import gyre.net.TcpListener;

/**
 * A server that asks for more connections and a longer backlog than the kernel gives, and never
 * learns that it does not get them. Cure: ask for what is there, or raise the limits.
 */
final class KernelLimits {
  /** No kernel has so much; the other is less than any gives. */
  private static final int TOO_MANY = 1_500_000_000;

  private static final int FEW = 16;

  private KernelLimits() {}

  static void sick() {
    listen(TOO_MANY);
  }

  static void healthy() {
    listen(FEW);
  }

  @SuppressWarnings("try") // it is only there
  private static void listen(int many) {
    ListenOptions options = ListenOptions.defaults().backlog(many).maxConnections(many);
    try (TcpListener ignored = TcpListener.bind("127.0.0.1", 0, options)) {
      Fiber.park();
    }
  }
}
