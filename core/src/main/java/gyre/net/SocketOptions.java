package gyre.net;

import gyre.engine.Sockets;
import gyre.engine.Sockets.Option;
import java.net.Inet6Address;
import java.net.InetSocketAddress;

/** Applies options to descriptors. */
final class SocketOptions {
  private SocketOptions() {}

  static Sockets.Family family(InetSocketAddress address) {
    return address.getAddress() instanceof Inet6Address
        ? Sockets.Family.INET6
        : Sockets.Family.INET4;
  }

  /** Options that a platform does not have are passed over: they only tune. */
  static void apply(Sockets sockets, int descriptor, StreamOptions options, boolean tcp) {
    if (tcp) {
      sockets.set(descriptor, Option.NO_DELAY, options.noDelay() ? 1 : 0);
      if (options.keepAlive()) {
        sockets.set(descriptor, Option.KEEP_ALIVE, 1);
      }
      if (options.lingerSeconds() >= 0) {
        sockets.set(descriptor, Option.LINGER_SECONDS, options.lingerSeconds());
      }
    }
    if (options.sendBufferBytes() > 0) {
      sockets.set(descriptor, Option.SEND_BUFFER_BYTES, options.sendBufferBytes());
    }
    if (options.receiveBufferBytes() > 0) {
      sockets.set(descriptor, Option.RECEIVE_BUFFER_BYTES, options.receiveBufferBytes());
    }
  }
}
