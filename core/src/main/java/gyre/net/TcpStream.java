package gyre.net;

import gyre.Loop;
import gyre.Scope;
import gyre.engine.Engine;
import gyre.engine.Sockets;
import gyre.engine.Sockets.Option;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** A TCP connection. See {@link SocketStream} for how to use it. */
public final class TcpStream extends SocketStream {
  private @Nullable InetSocketAddress remote;

  TcpStream(Scope owner, int descriptor, StreamOptions options) {
    super(owner, descriptor, options);
  }

  /**
   * Connects to a host by name or address. A name is looked up off the loop; if it has several
   * addresses they are tried in turn, IPv6 first, each a little after the one before (RFC 8305),
   * and the first that answers is taken. Parks until the connection is there; throws {@link
   * NetworkException} if there is none, which names every address that failed.
   */
  public static TcpStream connect(String host, int port) {
    return connect(host, port, StreamOptions.defaults());
  }

  public static TcpStream connect(String host, int port, StreamOptions options) {
    return connect(host, port, options, ConnectOptions.defaults());
  }

  public static TcpStream connect(
      String host, int port, StreamOptions options, ConnectOptions how) {
    Resolver chosen = how.resolver();
    return connect(host, port, options, how, chosen == null ? Resolver.system() : chosen);
  }

  static TcpStream connect(
      String host, int port, StreamOptions options, ConnectOptions how, Resolver resolver) {
    Scope owner = Scope.current();
    long startNanos = Loop.current().nanoTime();
    List<InetSocketAddress> targets = Candidates.of(host, port, how.timeout(), resolver);
    String goal = host.indexOf(':') < 0 ? host + ":" + port : "[" + host + "]:" + port;
    return connect(owner, goal, targets, options, how, startNanos);
  }

  /**
   * Connects to an address. Parks until the connection is there; throws {@link NetworkException} if
   * it can't be made, {@link NetworkTimeoutException} if it takes longer than 10 s.
   */
  public static TcpStream connect(InetSocketAddress address) {
    return connect(address, StreamOptions.defaults());
  }

  public static TcpStream connect(InetSocketAddress address, StreamOptions options) {
    return connect(address, options, ConnectOptions.defaults());
  }

  public static TcpStream connect(
      InetSocketAddress address, StreamOptions options, ConnectOptions how) {
    if (address.isUnresolved()) {
      return connect(address.getHostString(), address.getPort(), options, how);
    }
    long startNanos = Loop.current().nanoTime();
    String goal = Addresses.format(address);
    return connect(Scope.current(), goal, List.of(address), options, how, startNanos);
  }

  static TcpStream connect(
      Scope owner,
      String goal,
      List<InetSocketAddress> targets,
      StreamOptions options,
      ConnectOptions how,
      long startNanos) {
    int descriptor =
        Connector.connect(
            owner,
            goal,
            targets,
            how,
            startNanos,
            (engine, target) -> prepare(engine, target, options, how));
    return new TcpStream(owner, descriptor, options);
  }

  private static int prepare(
      Engine engine, InetSocketAddress address, StreamOptions options, ConnectOptions how) {
    Sockets sockets = engine.sockets();
    int descriptor = sockets.open(SocketOptions.family(address), Sockets.Type.STREAM);
    if (descriptor >= 0) {
      SocketOptions.apply(sockets, descriptor, options, true);
      InetAddress source = how.source();
      int result =
          source == null
              ? 0
              : SocketOptions.bindSource(sockets, descriptor, source, how.isTransparent());
      if (result < 0) {
        sockets.close(descriptor);
        return result;
      }
    }
    return descriptor;
  }

  /** Where the peer is; null if the stream was closed before anybody asked. */
  public @Nullable InetSocketAddress remoteAddress() {
    checkThread();
    return findRemote();
  }

  /** Asks the kernel once, while it knows the descriptor. */
  private @Nullable InetSocketAddress findRemote() {
    InetSocketAddress known = remote;
    if (known == null && state() != State.CLOSED) {
      SocketAddress address = engine().sockets().remoteAddress(descriptor());
      known = address instanceof InetSocketAddress inet ? inet : null;
      remote = known;
    }
    return known;
  }

  /** Where this side is; null once it is closed. */
  public @Nullable InetSocketAddress localAddress() {
    checkThread();
    return isOpen() && engine().sockets().localAddress(descriptor()) instanceof InetSocketAddress a
        ? a
        : null;
  }

  // ---- options of an open connection

  /** Whether small writes are sent at once, or wait for company (Nagle's algorithm). */
  public boolean noDelay() {
    return get(Option.NO_DELAY) != 0;
  }

  public void noDelay(boolean on) {
    set(Option.NO_DELAY, on ? 1 : 0);
  }

  /** Whether the kernel probes a silent peer. */
  public boolean keepAlive() {
    return get(Option.KEEP_ALIVE) != 0;
  }

  public void keepAlive(boolean on) {
    set(Option.KEEP_ALIVE, on ? 1 : 0);
  }

  /** When the kernel probes, and when it gives up; all three at least one. */
  public void keepAlive(int idleSeconds, int intervalSeconds, int probes) {
    set(Option.KEEP_ALIVE_IDLE_SECONDS, idleSeconds);
    set(Option.KEEP_ALIVE_INTERVAL_SECONDS, intervalSeconds);
    set(Option.KEEP_ALIVE_COUNT, probes);
    keepAlive(true);
  }

  /** What closing does with what the kernel has not sent: see {@link StreamOptions}. */
  public int lingerSeconds() {
    return get(Option.LINGER_SECONDS);
  }

  public void lingerSeconds(int seconds) {
    set(Option.LINGER_SECONDS, seconds);
  }

  @Override
  public String kind() {
    return "tcp-stream";
  }

  @Override
  protected @Nullable String addressText() {
    InetSocketAddress peer = isOnLoop() ? findRemote() : remote;
    return peer == null ? null : Addresses.format(peer);
  }
}
