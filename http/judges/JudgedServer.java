import gyre.Loop;
import gyre.LoopGroup;
import gyre.ShutdownOptions;
import gyre.http.HttpHandler;
import gyre.http.HttpLimits;
import gyre.http.HttpOptions;
import gyre.http.HttpServer;
import gyre.http.Request;
import gyre.http.Response;
import gyre.http.ResponseBody;
import gyre.http.Router;
import gyre.http.files.FileOptions;
import gyre.http.files.FileServer;
import gyre.http.sse.SseEvent;
import gyre.http.sse.SseHub;
import gyre.http.sse.SseOptions;
import gyre.http.websocket.WebSocket;
import gyre.http.websocket.WebSocketEndpoint;
import gyre.http.websocket.WebSocketHandler;
import gyre.http.websocket.WebSocketOptions;
import gyre.io.ByteQueue;
import gyre.proxy.ProxyTrust;
import gyre.tls.TlsIdentity;
import gyre.tls.TlsServer;
import gyre.tls.TlsServerOptions;
import java.net.InetSocketAddress;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;

/**
 * What programs of others talk to: {@code PORT DIRECTORY [--tls] [--proxy] [--direct]}.
 *
 * <p>{@code /hello}, {@code /peer} and {@code /agent} are text, {@code POST /count} counts, {@code POST /echo} sends
 * back while it receives, {@code /pieces/N} is N bytes without a length, {@code /events} are server-sent events,
 * {@code /event} is one for each connection, {@code POST /result} is printed, {@code /socket} echoes messages, and the rest are files of the directory.
 */
class JudgedServer {
  private static final long MUCH = 1L << 30;

  private static void count(Request request, Response response) {
    var body = request.body().limit(MUCH);
    long bytes = 0;
    while (body.await(1)) {
      bytes += body.input().size();
      body.input().clear();
    }
    response.send(request.method() + " " + bytes);
  }

  private static void echo(Request request, Response response) {
    var body = request.body().limit(MUCH);
    ResponseBody out = response.stream();
    while (body.await(1)) {
      out.write(body.input());
    }
    out.close();
  }

  private static void pieces(Request request, Response response) {
    ResponseBody out = response.stream();
    byte[] piece = new byte[1000];
    long left = Long.parseLong(request.parameter("bytes"));
    for (long sent = 0; sent < left; sent += piece.length) {
      for (int i = 0; i < piece.length; i++) {
        piece[i] = (byte) ('a' + (sent + i) % 23);
      }
      out.write(piece, 0, (int) Math.min(piece.length, left - sent));
    }
    out.close();
  }

  /** One event for each connection, counted by the client's own memory of the last one. */
  private static void oneEvent(Request request, Response response) {
    String last = request.header("Last-Event-ID");
    int next = last == null ? 1 : Integer.parseInt(last) + 1;
    response.contentType("text/event-stream").send("retry: 100\nid: " + next + "\ndata: " + next + "\n\n");
  }

  private static void tell(Request request, Response response) {
    System.out.println("RESULT " + request.body().readText());
    response.status(204).send();
  }

  private static HttpHandler streamed(HttpHandler handler) {
    return HttpHandler.inFiber(HttpHandler.streaming(handler));
  }

  private static HttpHandler socket() {
    WebSocketOptions options =
        WebSocketOptions.defaults().messageBytes(16 << 20).backlogBytes(64 << 20).anyOrigin();
    return WebSocketEndpoint.push(
        options,
        new WebSocketHandler() {
          @Override
          public void onText(WebSocket ws, ByteQueue text) {
            ws.sendText(text);
          }

          @Override
          public void onBinary(WebSocket ws, ByteQueue bytes) {
            ws.sendBinary(bytes);
          }
        });
  }

  private static Router router(Path directory, SseHub hub) {
    return Router.create()
        .get("/hello", (request, response) -> response.send("Hello, World!\n"))
        .get("/peer", (request, response) -> response.send(String.valueOf(request.peer())))
        .get("/agent", (request, response) -> response.send(String.valueOf(request.header("User-Agent"))))
        .post("/count", streamed(JudgedServer::count))
        .put("/count", streamed(JudgedServer::count))
        .post("/echo", streamed(JudgedServer::echo))
        .get("/pieces/{bytes:long}", HttpHandler.inFiber(JudgedServer::pieces))
        .get("/events", hub.handler())
        .get("/event", JudgedServer::oneEvent)
        .post("/result", JudgedServer::tell)
        .get("/socket", socket())
        .get("/{path*}", FileServer.below(directory, FileOptions.defaults().pathParameter("path")));
  }

  private static void publish(SseHub hub) throws InterruptedException {
    for (long number = 1; !Loop.current().stopping().isReady(); number++) {
      hub.publish(SseEvent.of("line one\nline two of " + number).type("tick").id(String.valueOf(number)));
      Thread.sleep(Duration.ofMillis(100));
    }
  }

  public static void main(String[] arguments) {
    List<String> options = List.of(arguments);
    HttpOptions http = HttpOptions.defaults().limits(HttpLimits.defaults().requestsPerConnection(1_000_000));
    if (options.contains("--tls")) {
      TlsIdentity own = TlsIdentity.selfSigned("localhost", "127.0.0.1");
      http = http.tls(TlsServer.of(TlsServerOptions.of(own).applicationProtocols("http/1.1", "http/1.0")));
    }
    if (options.contains("--proxy")) {
      http = http.proxyProtocol(ProxyTrust.of("127.0.0.1"));
    }
    HttpOptions chosen = http;
    InetSocketAddress where = new InetSocketAddress("127.0.0.1", Integer.parseInt(arguments[0]));
    SseHub hub = SseHub.create(SseOptions.defaults().retry(Duration.ofMillis(200)));
    Router router = router(Path.of(arguments[1]), hub);
    try (LoopGroup group = LoopGroup.open(1)) {
      System.exit(
          group
              .runUntilShutdown(
                  ShutdownOptions.defaults(),
                  () -> {
                    if (options.contains("--direct")) {
                      HttpServer.serve(group, where, chosen, router);
                    } else {
                      HttpServer.onRequest(group, where, chosen, router);
                    }
                    group.loop(0).post(() -> gyre.Fiber.start("events", () -> publish(hub)));
                  })
              .code());
    }
  }
}
