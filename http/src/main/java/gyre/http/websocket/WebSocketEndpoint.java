package gyre.http.websocket;

import gyre.CancelledException;
import gyre.Fiber;
import gyre.Loop;
import gyre.http.HttpHandler;
import gyre.http.Request;
import gyre.http.Response;
import gyre.http.UpgradedConnection;
import java.util.Objects;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * A place of a server that speaks WebSocket: a handler for a route, or for all requests, of a
 * server in direct or in push style. Which style the WebSocket has is independent of that, and said
 * by the method that makes this.
 *
 * <pre>{@code
 * Router.create()
 *     .get("/echo", WebSocketEndpoint.direct(options, ws -> {
 *       for (Message.Data message : ws) { ... }
 *     }));
 * }</pre>
 *
 * <p>A request that asks for something else is answered with 400, one of a page of another site
 * with 403: {@link WebSocketOptions#origins}. Filters of the router run before, so that they may
 * refuse.
 *
 * <p>When the server closes, each WebSocket is closed with code 1001, and has the server's time for
 * draining to end.
 */
public final class WebSocketEndpoint implements HttpHandler {
  /** What is done with a WebSocket: one of two. */
  private sealed interface Use {
    record Direct(WebSocketSession session) implements Use {}

    record Push(WebSocketHandler handler) implements Use {}
  }

  private final WebSocketOptions options;
  private final Function<Request, Use> use;

  private WebSocketEndpoint(WebSocketOptions options, Function<Request, Use> use) {
    this.options = Objects.requireNonNull(options, "options");
    this.use = use;
  }

  /** The session runs in a fiber of its own. */
  public static WebSocketEndpoint direct(WebSocketOptions options, WebSocketSession session) {
    Use each = new Use.Direct(Objects.requireNonNull(session, "session"));
    return new WebSocketEndpoint(options, request -> each);
  }

  /**
   * As {@link #direct}, with a session for each request: the place to read parameters, fields and
   * cookies. What it throws is answered as a handler's failure is, and there is no WebSocket.
   */
  public static WebSocketEndpoint directFor(
      WebSocketOptions options, Function<Request, WebSocketSession> sessions) {
    return new WebSocketEndpoint(options, request -> new Use.Direct(sessions.apply(request)));
  }

  /** The handler is called back, for all WebSockets. */
  public static WebSocketEndpoint push(WebSocketOptions options, WebSocketHandler handler) {
    Use each = new Use.Push(Objects.requireNonNull(handler, "handler"));
    return new WebSocketEndpoint(options, request -> each);
  }

  /** As {@link #push}, with a handler for each request. */
  public static WebSocketEndpoint pushFor(
      WebSocketOptions options, Function<Request, WebSocketHandler> handlers) {
    return new WebSocketEndpoint(options, request -> new Use.Push(handlers.apply(request)));
  }

  @Override
  public void handle(Request request, Response response) {
    Agreement agreement = ServerHandshake.agree(request, response, options);
    if (agreement == null) {
      return; // and that is answered
    }
    Use each = use.apply(request);
    response.upgrade("websocket", connection -> run(connection, agreement, each));
  }

  private void run(UpgradedConnection connection, Agreement agreement, Use each) {
    switch (each) {
      case Use.Direct(WebSocketSession session) -> {
        Connection ws = open(connection, agreement, null);
        if (connection.isDirect()) {
          run(session, ws);
        } else {
          Fiber<?> ignored =
              Loop.current().start("WebSocket on " + ws.name(), () -> run(session, ws));
        }
      }
      case Use.Push(WebSocketHandler handler) -> {
        Connection ws = open(connection, agreement, handler);
        if (connection.isDirect()) {
          ws.awaitLeft(); // the stream ends with this fiber
        }
      }
    }
  }

  private Connection open(
      UpgradedConnection connection, Agreement agreement, @Nullable WebSocketHandler handler) {
    Connection ws =
        new Connection(connection.stream(), Host.of(connection), true, agreement, options, handler);
    ws.open();
    return ws;
  }

  private static void run(WebSocketSession session, Connection ws) {
    try {
      session.run(ws);
    } catch (CancelledException e) {
      ws.close(CloseCode.GOING_AWAY, "");
      throw e;
    } catch (Exception | Error e) {
      ws.failed(e);
    }
    ws.close();
  }
}
