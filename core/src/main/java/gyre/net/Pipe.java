package gyre.net;

import gyre.Scope;

/** Connects two streams, for proxies and other forwarders. */
public final class Pipe {
  private Pipe() {}

  /**
   * Passes on what each stream receives to the other, without copying, until both have ended. Parks
   * until then. The end of one direction is passed on, and the other goes on.
   *
   * <p>Where one of them breaks, or the caller is cancelled, both are reset, so that neither peer
   * takes a part for the whole; then what happened is thrown.
   */
  public static void between(SocketStream left, SocketStream right) {
    boolean complete = false;
    try (Scope both = Scope.open("pipe")) {
      both.start(() -> pass(left, right));
      both.start(() -> pass(right, left));
      both.join();
      complete = true;
    } finally {
      if (!complete) {
        left.reset();
        right.reset();
      }
    }
  }

  private static void pass(SocketStream from, SocketStream to) {
    while (from.await(1)) {
      to.write(from.input());
    }
    to.shutdownOutput();
  }
}
