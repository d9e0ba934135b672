package gyre.http;

import gyre.Loop;
import gyre.LoopGroup;
import gyre.net.ConnectionHandler;
import gyre.net.ListenOptions;
import gyre.net.ServerOptions;
import gyre.net.StreamOptions;
import gyre.net.TcpServer;
import gyre.net.TcpStream;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.List;

/**
 * Serves HTTP/1.1 and HTTP/1.0 on one loop, or on all loops of a group. In <b>direct style</b>
 * ({@link #serve}) each connection has a fiber, in which the handler runs and may park. In <b>push
 * style</b> ({@link #onRequest}) the handler is called back, which costs less and must not wait.
 *
 * <pre>{@code
 * try (LoopGroup group = LoopGroup.open(4);
 *     HttpServer server =
 *         HttpServer.serve(group, address, HttpOptions.defaults(), (request, response) ->
 *             response.send("hello\n"))) {
 *   untilItIsTimeToStop();
 * }
 * }</pre>
 *
 * <p>Requests are read strictly, within {@link HttpLimits}, all of which are on. What is not
 * understood is answered with the status that says why, and the connection is closed.
 *
 * <p>Opened, asked and closed from any thread, as {@link TcpServer} is.
 */
public final class HttpServer implements AutoCloseable {
  /** How a server is served by {@link TcpServer}. */
  private interface Opening {
    TcpServer open(ServerOptions options, ConnectionHandler<TcpStream> handler);
  }

  /** More than a head, so that one can always be received. */
  private static final int ROOM_BEHIND_HEAD_BYTES = 1024;

  private final TcpServer server;
  private final ServerState state;

  private HttpServer(TcpServer server, ServerState state) {
    this.server = server;
    this.state = state;
  }

  /**
   * Listens, and runs the handler in the fiber of each connection.
   *
   * @param where port 0 lets the system choose; {@link #address} tells
   * @throws gyre.net.NetworkException if it cannot listen there
   */
  public static HttpServer serve(
      LoopGroup group, InetSocketAddress where, HttpOptions options, HttpHandler handler) {
    return direct(options, handler, (tcp, each) -> TcpServer.serve(group, where, tcp, each));
  }

  /** As {@link #serve(LoopGroup, InetSocketAddress, HttpOptions, HttpHandler)}, on a loop. */
  public static HttpServer serve(
      Loop loop, InetSocketAddress where, HttpOptions options, HttpHandler handler) {
    return direct(options, handler, (tcp, each) -> TcpServer.serve(loop, where, tcp, each));
  }

  /**
   * Listens, and calls the handler back with each request when all of its body is there.
   *
   * @param where port 0 lets the system choose; {@link #address} tells
   * @throws gyre.net.NetworkException if it cannot listen there
   */
  public static HttpServer onRequest(
      LoopGroup group, InetSocketAddress where, HttpOptions options, HttpHandler handler) {
    return push(options, handler, (tcp, each) -> TcpServer.onConnection(group, where, tcp, each));
  }

  /** As {@link #onRequest(LoopGroup, InetSocketAddress, HttpOptions, HttpHandler)}, on a loop. */
  public static HttpServer onRequest(
      Loop loop, InetSocketAddress where, HttpOptions options, HttpHandler handler) {
    return push(options, handler, (tcp, each) -> TcpServer.onConnection(loop, where, tcp, each));
  }

  private static HttpServer direct(HttpOptions options, HttpHandler handler, Opening opening) {
    ServerState state = new ServerState(options, handler);
    TcpServer server = opening.open(tcpOptions(options), stream -> Arrival.direct(stream, state));
    return new HttpServer(server, state);
  }

  private static HttpServer push(HttpOptions options, HttpHandler handler, Opening opening) {
    ServerState state = new ServerState(options, handler);
    TcpServer server = opening.open(tcpOptions(options), stream -> Arrival.push(stream, state));
    return new HttpServer(server, state);
  }

  private static ServerOptions tcpOptions(HttpOptions options) {
    HttpLimits limits = options.limits();
    ListenOptions listen = options.server().listen();
    StreamOptions stream = listen.stream();
    int input = Math.max(stream.inputLimitBytes(), limits.headBytes() + ROOM_BEHIND_HEAD_BYTES);
    return options
        .server()
        .listen(listen.stream(stream.inputLimitBytes(input).writeTimeout(limits.writeTimeout())));
  }

  /** Where it listens, with the port that the system has chosen. */
  public InetSocketAddress address() {
    return server.address();
  }

  /** Connections open on each loop, in the order of the group. */
  public List<Integer> connections() {
    return server.connections();
  }

  /** Connections that ended by their peers' doing: broken, or not HTTP. */
  public long peerFailures() {
    return server.peerFailures();
  }

  /**
   * From now on each answer says that its connection is closed, and {@link Request#isDraining} is
   * true, while connections are still accepted: for the time that a load balancer takes to notice.
   * {@link #close} follows.
   */
  public void drain() {
    state.drain();
  }

  /** As {@link #close(Duration)}, with {@link ListenOptions#drainTimeout}. */
  @Override
  public void close() {
    state.end();
    server.close();
  }

  /**
   * Stops listening, and ends the connections: idle ones at once, others with the answer that is
   * under way, which says so. Those that are left after {@code drain} are reset.
   *
   * @throws IllegalStateException in one of its own handlers, which would wait for itself
   */
  public void close(Duration drain) {
    state.end();
    server.close(drain);
  }
}
