package gyre.net;

import gyre.Loop;
import gyre.Scope;
import gyre.engine.Sockets;
import gyre.engine.Sockets.Option;
import gyre.spi.Internals;
import java.net.InetSocketAddress;

/** Listens for TCP connections. See {@link SocketListener} for how to use it. */
public final class TcpListener extends SocketListener<TcpStream> {
  private final InetSocketAddress address;

  private TcpListener(
      Scope owner, int descriptor, InetSocketAddress address, ListenOptions options) {
    super(owner, descriptor, options);
    this.address = address;
  }

  /**
   * Listens on an address of this machine.
   *
   * @param host an address such as {@code 127.0.0.1}, {@code 0.0.0.0} or {@code ::}, which takes
   *     connections over IPv4 as well; or a name of this machine, which is looked up on the loop's
   *     thread and may hold the loop up: resolve it before, where it is not in the hosts file
   * @param port 0 lets the system choose; {@link #port} tells
   */
  public static TcpListener bind(String host, int port) {
    return bind(host, port, ListenOptions.defaults());
  }

  public static TcpListener bind(String host, int port, ListenOptions options) {
    return bind(Addresses.local(host, port), options);
  }

  public static TcpListener bind(InetSocketAddress where, ListenOptions options) {
    HandedListener handed = options.adopted();
    if (handed != null) {
      return new TcpListener(Scope.current(), handed.take(), handed.address(), options);
    }
    Addresses.requireResolved(where);
    String subject = Addresses.format(where);
    Sockets sockets = Internals.engine(Loop.current()).sockets();
    int descriptor = sockets.open(SocketOptions.family(where), Sockets.Type.STREAM);
    if (descriptor < 0) {
      throw NetworkException.of("listen on", subject, descriptor);
    }
    int result = prepare(sockets, descriptor, where, options);
    if (result < 0) {
      sockets.close(descriptor);
      throw NetworkException.of("listen on", subject, result);
    }
    InetSocketAddress bound =
        sockets.localAddress(descriptor) instanceof InetSocketAddress known ? known : where;
    return new TcpListener(Scope.current(), descriptor, bound, options);
  }

  private static int prepare(
      Sockets sockets, int descriptor, InetSocketAddress where, ListenOptions options) {
    sockets.set(descriptor, Option.REUSE_ADDRESS, 1);
    SocketOptions.bothFamilies(sockets, descriptor, where);
    if (options.reusePort()) {
      int result = sockets.set(descriptor, Option.REUSE_PORT, 1);
      if (result < 0) {
        return result;
      }
    }
    // Accepted streams inherit these, which saves a call for each.
    SocketOptions.apply(sockets, descriptor, options.stream(), true);
    int result = sockets.bind(descriptor, where);
    return result < 0 ? result : sockets.listen(descriptor, options.backlog());
  }

  /** Where it listens, with the port that the system has chosen. */
  public InetSocketAddress address() {
    return address;
  }

  public int port() {
    return address.getPort();
  }

  @Override
  TcpStream wrap(Scope owner, int connection, StreamOptions streamOptions) {
    return new TcpStream(owner, connection, streamOptions);
  }

  @Override
  public String kind() {
    return "tcp-listener";
  }

  @Override
  protected String addressText() {
    return describe();
  }

  @Override
  String describe() {
    return Addresses.format(address);
  }
}
