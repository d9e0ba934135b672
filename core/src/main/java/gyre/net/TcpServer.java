package gyre.net;

import gyre.Loop;
import gyre.LoopGroup;
import gyre.spi.Internals;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletionStage;

/**
 * Serves TCP connections on one loop, or on all loops of a group. In <b>direct style</b> ({@link
 * #serve}) each connection gets a fiber, in which the handler runs; in <b>push style</b> ({@link
 * #onConnection}) the handler is called with each connection, and says what becomes of its bytes.
 *
 * <pre>{@code
 * try (LoopGroup group = LoopGroup.open(4);
 *     TcpServer server =
 *         TcpServer.serve(group, address, ServerOptions.defaults(), stream -> echo(stream))) {
 *   untilItIsTimeToStop();
 * }                              // no new connections; those that are there end in order
 * }</pre>
 *
 * <p>It serves from the call that opens it until it is closed, or its loops shut down. It may be
 * opened, asked and closed from any thread, fibers of its own loops included. A fiber is parked
 * where another thread would be blocked. The thread of one of its loops can open and close it in a
 * fiber alone, since the loop has to turn meanwhile.
 */
public final class TcpServer implements AutoCloseable {
  private final List<ServerLoop> parts;
  private final Duration drainTimeout;
  private InetSocketAddress address;

  private TcpServer(List<ServerLoop> parts, InetSocketAddress address, Duration drainTimeout) {
    this.parts = parts;
    this.drainTimeout = drainTimeout;
    this.address = address;
  }

  // ---- opening

  /**
   * Listens, and gives each connection a fiber on one of the group's loops. The fiber runs the
   * handler in a scope of its own, and closes the stream when that returns; see {@link
   * SocketListener#serve}.
   *
   * @param where port 0 lets the system choose; {@link #address} tells
   * @throws IllegalStateException if a loop of the group is shutting down already
   * @throws NetworkException if it cannot listen there
   */
  public static TcpServer serve(
      LoopGroup group,
      InetSocketAddress where,
      ServerOptions options,
      ConnectionHandler<TcpStream> handler) {
    return open(group, where, options, new ServerLoop.Work(handler, false));
  }

  /**
   * As {@link #serve(LoopGroup, InetSocketAddress, ServerOptions, ConnectionHandler)}, on a loop.
   */
  public static TcpServer serve(
      Loop loop,
      InetSocketAddress where,
      ServerOptions options,
      ConnectionHandler<TcpStream> handler) {
    return open(loop, where, options, new ServerLoop.Work(handler, false));
  }

  /**
   * Listens, and calls {@code handler} with each connection, on the loop that it belongs to: that
   * is the place for {@link SocketStream#onData}. One that throws has its connection reset, and is
   * reported.
   *
   * @param where port 0 lets the system choose; {@link #address} tells
   * @throws IllegalStateException if a loop of the group is shutting down already
   * @throws NetworkException if it cannot listen there
   */
  public static TcpServer onConnection(
      LoopGroup group,
      InetSocketAddress where,
      ServerOptions options,
      ConnectionHandler<TcpStream> handler) {
    return open(group, where, options, new ServerLoop.Work(handler, true));
  }

  /**
   * As {@link #onConnection(LoopGroup, InetSocketAddress, ServerOptions, ConnectionHandler)}, on a
   * loop.
   */
  public static TcpServer onConnection(
      Loop loop,
      InetSocketAddress where,
      ServerOptions options,
      ConnectionHandler<TcpStream> handler) {
    return open(loop, where, options, new ServerLoop.Work(handler, true));
  }

  private static TcpServer open(
      LoopGroup group, InetSocketAddress where, ServerOptions options, ServerLoop.Work work) {
    boolean isSocketPerLoop = options.distribution() == Distribution.SOCKET_PER_LOOP;
    ListenOptions each = options.listen().reusePort(isSocketPerLoop && group.size() > 1);
    List<ServerLoop> parts = new ArrayList<>(group.size());
    for (int index = 0; index < group.size(); index++) {
      parts.add(part(group.loop(index), each, work, group.ended(index)));
    }
    return open(parts, where, options);
  }

  private static TcpServer open(
      Loop loop, InetSocketAddress where, ServerOptions options, ServerLoop.Work work) {
    ListenOptions listen = options.listen().reusePort(false);
    return open(List.of(part(loop, listen, work, Internals.whenClosed(loop))), where, options);
  }

  private static ServerLoop part(
      Loop loop, ListenOptions options, ServerLoop.Work work, CompletionStage<?> ended) {
    ServerLoop part = new ServerLoop(loop, options, work);
    var ignored = ended.whenComplete((_, failure) -> part.finish(failure));
    return part;
  }

  private static TcpServer open(
      List<ServerLoop> parts, InetSocketAddress where, ServerOptions options) {
    parts.forEach(ServerLoop::checkCanBeAwaited);
    TcpServer server = new TcpServer(List.copyOf(parts), where, options.listen().drainTimeout());
    try {
      server.start(options.distribution());
    } catch (RuntimeException e) {
      server.close(Duration.ZERO);
      throw e;
    }
    return server;
  }

  /** The first one comes last: when it listens, all are there to be given connections. */
  private void start(Distribution distribution) {
    for (int index = parts.size() - 1; index >= 0; index--) {
      ServerLoop part = parts.get(index);
      if (distribution == Distribution.SOCKET_PER_LOOP) {
        address = part.start(address, List.of(part));
      } else {
        address = part.start(address, index == 0 ? parts : List.of());
      }
    }
  }

  // ---- asking

  /** Where it listens, with the port that the system has chosen. */
  public InetSocketAddress address() {
    return address;
  }

  /** Connections open on each loop, in the order of the group. */
  public List<Integer> connections() {
    return parts.stream().map(ServerLoop::connections).toList();
  }

  /**
   * Connections that have ended because their peer reset them, was silent beyond a timeout, or left
   * in the middle.
   */
  public long peerFailures() {
    return parts.stream().mapToLong(ServerLoop::peerFailures).sum();
  }

  /** The descriptor that the first loop listens on, for that loop. */
  int listening() {
    return parts.getFirst().listening();
  }

  /**
   * Looks again whether connections wait. To be called once the process that has handed the
   * listening socket over has stopped listening: the kernel tells of a connection to one of those
   * who wait for it, which may have been the other one, just before it left.
   */
  public void acceptAgain() {
    parts.forEach(ServerLoop::acceptAgain);
  }

  /**
   * Another limit on connections, instead of that of {@link ListenOptions#maxConnections}. Those
   * that are there go on where it is lower now.
   *
   * @param value for each listening socket, at least 1
   */
  public void maxConnections(int value) {
    Checks.atLeast("maxConnections", value, 1);
    parts.forEach(part -> part.maxConnections(value));
  }

  // ---- closing

  /**
   * Begins {@link #close(Duration)}, and returns at once: for several servers that are to end
   * within the same time. {@link #close(Duration)} waits for the end then. From any thread.
   */
  public void beginClose(Duration drain) {
    parts.forEach(part -> part.stop(drain));
  }

  /**
   * Stops listening, and lets the connections go on: for a server whose listening socket was handed
   * over. Connections that were accepted before are served. Returns when nothing listens here any
   * more. Afterwards {@link #close} is for the connections alone.
   */
  public void stopListening() {
    parts.forEach(ServerLoop::checkCanBeAwaited);
    parts.forEach(ServerLoop::stopListening);
    parts.forEach(ServerLoop::awaitUnlistened);
  }

  /** As {@link #close(Duration)}, with {@link ListenOptions#drainTimeout}. */
  @Override
  public void close() {
    close(drainTimeout);
  }

  /**
   * Stops listening, and ends the connections: the idle ones at once, the others when what they are
   * doing is done. Those that are left after {@code drain} are reset, and their handlers cancelled.
   * Returns when all have ended, or the loops that have them, also in a fiber that is cancelled. A
   * handler that does not end when it is cancelled is waited for.
   *
   * @throws IllegalStateException in the handler of one of its own connections, and on the thread
   *     of one of its loops outside of a fiber: they would wait for themselves
   */
  public void close(Duration drain) {
    parts.forEach(ServerLoop::checkCanBeAwaited);
    parts.forEach(part -> part.stop(drain));
    parts.forEach(ServerLoop::awaitEnd);
  }
}
