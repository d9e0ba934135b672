package gyre.net;

import gyre.Scope;
import gyre.engine.Engine;
import gyre.engine.Sockets;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import org.jspecify.annotations.Nullable;

/** A TCP connection. See {@link SocketStream} for how to use it. */
public final class TcpStream extends SocketStream {
  private @Nullable InetSocketAddress remote;

  TcpStream(Scope owner, int descriptor, StreamOptions options) {
    super(owner, descriptor, options);
  }

  /**
   * Connects to an address. Parks until the connection is there; throws {@link NetworkException} if
   * it can't be made.
   */
  public static TcpStream connect(InetSocketAddress address) {
    return connect(address, StreamOptions.defaults());
  }

  public static TcpStream connect(InetSocketAddress address, StreamOptions options) {
    if (address.isUnresolved()) {
      throw new IllegalArgumentException(address + " is not resolved: connect by host and port");
    }
    Scope owner = Scope.current();
    int descriptor = Connector.connect(owner, address, engine -> prepare(engine, address, options));
    return new TcpStream(owner, descriptor, options);
  }

  private static int prepare(Engine engine, InetSocketAddress address, StreamOptions options) {
    Sockets sockets = engine.sockets();
    int descriptor = sockets.open(SocketOptions.family(address), Sockets.Type.STREAM);
    if (descriptor >= 0) {
      SocketOptions.apply(sockets, descriptor, options, true);
    }
    return descriptor;
  }

  /** Where the peer is; null if it has gone before anybody asked. */
  public @Nullable InetSocketAddress remoteAddress() {
    InetSocketAddress known = remote;
    if (known == null && isOpen()) {
      SocketAddress address = engine().sockets().remoteAddress(descriptor());
      known = address instanceof InetSocketAddress inet ? inet : null;
      remote = known;
    }
    return known;
  }

  public @Nullable InetSocketAddress localAddress() {
    return isOpen() && engine().sockets().localAddress(descriptor()) instanceof InetSocketAddress a
        ? a
        : null;
  }

  @Override
  public String kind() {
    return "tcp-stream";
  }

  @Override
  boolean mayZeroCopy() {
    InetSocketAddress peer = remoteAddress();
    return peer != null && !peer.getAddress().isLoopbackAddress();
  }

  @Override
  String describe() {
    InetSocketAddress peer = remoteAddress();
    return peer == null ? name() : name() + " (" + Addresses.format(peer) + ")";
  }
}
