package gyre.net;

import gyre.Loop;
import gyre.engine.Errno;
import gyre.engine.Sockets;
import gyre.engine.Sockets.Family;
import gyre.engine.Sockets.Option;
import gyre.spi.Internals;
import java.net.InetSocketAddress;
import org.jspecify.annotations.Nullable;

/** Makes datagram sockets; a descriptor that cannot become one is closed again. */
final class UdpOpening {
  private static final String OPEN = "open";
  private static final String RECEIVE = "receive on";
  private static final String CONNECT = "connect a datagram socket to";

  private UdpOpening() {}

  /** On all addresses, of both families if the machine has both. */
  static UdpSocket any(UdpOptions options) {
    Sockets sockets = sockets();
    int descriptor = sockets.open(Family.INET6, Sockets.Type.DATAGRAM);
    if (descriptor >= 0) {
      int result = bind(sockets, descriptor, Addresses.ANY6, options);
      if (result >= 0) {
        return socket(sockets, descriptor, Addresses.ANY6, null, options);
      }
      sockets.close(descriptor);
      if (result != Errno.EADDRNOTAVAIL.negated()) {
        throw NetworkException.of(OPEN, "a datagram socket", result);
      }
    } else if (descriptor != Errno.EAFNOSUPPORT.negated()) {
      throw NetworkException.of(OPEN, "a datagram socket", descriptor);
    }
    return bound(Addresses.ANY4, options);
  }

  static UdpSocket bound(InetSocketAddress where, UdpOptions options) {
    Addresses.requireResolved(where);
    Sockets sockets = sockets();
    int descriptor = open(sockets, where, RECEIVE);
    check(sockets, descriptor, bind(sockets, descriptor, where, options), RECEIVE, where);
    return socket(sockets, descriptor, where, null, options);
  }

  static UdpSocket connected(InetSocketAddress peer, UdpOptions options) {
    Addresses.requireResolved(peer);
    Sockets sockets = sockets();
    int descriptor = open(sockets, peer, CONNECT);
    check(sockets, descriptor, apply(sockets, descriptor, options), CONNECT, peer);
    check(sockets, descriptor, sockets.connect(descriptor, peer), CONNECT, peer);
    return socket(sockets, descriptor, Addresses.ANY4, peer, options);
  }

  private static Sockets sockets() {
    return Internals.engine(Loop.current()).sockets();
  }

  private static int open(Sockets sockets, InetSocketAddress address, String operation) {
    int descriptor = sockets.open(SocketOptions.family(address), Sockets.Type.DATAGRAM);
    if (descriptor < 0) {
      throw NetworkException.of(operation, Addresses.format(address), descriptor);
    }
    return descriptor;
  }

  private static int bind(
      Sockets sockets, int descriptor, InetSocketAddress where, UdpOptions options) {
    SocketOptions.bothFamilies(sockets, descriptor, where);
    int result = apply(sockets, descriptor, options);
    return result < 0 ? result : sockets.bind(descriptor, where);
  }

  private static int apply(Sockets sockets, int descriptor, UdpOptions options) {
    SocketOptions.buffers(
        sockets, descriptor, options.sendBufferBytes(), options.receiveBufferBytes());
    int result = options.reuseAddress() ? sockets.set(descriptor, Option.REUSE_ADDRESS, 1) : 0;
    if (result >= 0 && options.reusePort()) {
      result = sockets.set(descriptor, Option.REUSE_PORT, 1);
    }
    if (result >= 0 && options.broadcast()) {
      result = sockets.set(descriptor, Option.BROADCAST, 1);
    }
    return result;
  }

  private static void check(
      Sockets sockets, int descriptor, int result, String operation, InetSocketAddress address) {
    if (result < 0) {
      sockets.close(descriptor);
      throw NetworkException.of(operation, Addresses.format(address), result);
    }
  }

  private static UdpSocket socket(
      Sockets sockets,
      int descriptor,
      InetSocketAddress where,
      @Nullable InetSocketAddress peer,
      UdpOptions options) {
    InetSocketAddress local =
        sockets.localAddress(descriptor) instanceof InetSocketAddress known ? known : where;
    return UdpSocket.of(descriptor, local, peer, options);
  }
}
