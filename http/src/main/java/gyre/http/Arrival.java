package gyre.http;

import gyre.Loop;
import gyre.io.ByteStream;
import gyre.net.ConnectionHandler;
import gyre.net.TcpStream;
import gyre.proxy.ProxyTrust;
import gyre.tls.TlsServer;
import java.net.InetSocketAddress;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * What comes before HTTP on a connection: a header of the PROXY protocol from those who are trusted
 * with it, and TLS, in this order.
 */
final class Arrival {
  private Arrival() {}

  /** In the fiber of a connection, until that is over. */
  static void direct(TcpStream tcp, ServerState state) throws Exception {
    ProxyTrust proxies = state.options().proxyProtocol();
    InetSocketAddress peer = proxies == null ? tcp.remoteAddress() : proxies.awaitClient(tcp);
    TlsServer tls = state.options().tls();
    if (tls == null) {
      serve(tcp, peer, state);
    } else {
      ConnectionHandler<TcpStream> secured =
          tls.serving(stream -> serve(stream, peer, state), handshakeTimeout(state));
      secured.handle(tcp);
    }
  }

  private static Duration handshakeTimeout(ServerState state) {
    return state.options().limits().handshakeTimeout();
  }

  private static void serve(
      ByteStream stream, @Nullable InetSocketAddress peer, ServerState state) {
    DirectConnection connection = new DirectConnection(stream, state, state.onLoop(Loop.current()));
    connection.peer(peer);
    connection.serve();
  }

  /** In a callback, which returns at once. */
  static void push(TcpStream tcp, ServerState state) throws Exception {
    ProxyTrust proxies = state.options().proxyProtocol();
    if (proxies == null) {
      begin(tcp, tcp.remoteAddress(), state);
    } else {
      proxies.onClient(tcp, peer -> begin(tcp, peer, state));
    }
  }

  private static void begin(TcpStream tcp, @Nullable InetSocketAddress peer, ServerState state) {
    TlsServer tls = state.options().tls();
    ByteStream stream = tls == null ? tcp : tls.stream(tcp, handshakeTimeout(state));
    PushConnection connection = new PushConnection(stream, state, state.onLoop(Loop.current()));
    connection.peer(peer);
    stream.onData(connection);
  }
}
