import gyre.Fiber;
import gyre.Loop;
import gyre.ShutdownOptions;
import gyre.http.HttpOptions;
import gyre.http.HttpServer;
import gyre.http.websocket.WebSocketEndpoint;
import gyre.io.IoException;
import gyre.net.ListenOptions;
import gyre.net.ServerOptions;
{{#tls}}
import gyre.tls.TlsIdentity;
import gyre.tls.TlsServer;
import gyre.tls.TlsServerOptions;
import java.io.IOException;
{{/tls}}
import java.net.InetSocketAddress;

/** {{name}}: a WebSocket server on Gyre. */
final class Main {
  private Main() {}

  public static void main(String[] arguments) {
    Settings settings = Settings.parse(arguments);
    ShutdownOptions ending = ShutdownOptions.defaults().drain(settings.drainTimeout);
    int status;
    try (Loop loop = Loop.open()) {
      status = loop.runUntilShutdown(ending, () -> serve(loop, settings)).code();
    } catch (IoException e) {
      System.err.println("{{name}}: " + e.getMessage());
      status = 1;
    }
    System.exit(status);
  }

  /** Any path is a WebSocket; what asks for none is answered by 426. */
  private static void serve(Loop loop, Settings settings) throws Exception {
{{#metrics}}
    Metrics metrics = new Metrics();
    WebSocketEndpoint echo =
        WebSocketEndpoint.push(Echo.options(settings), new Echo(metrics));
{{/metrics}}
{{^metrics}}
    WebSocketEndpoint echo = WebSocketEndpoint.push(Echo.options(settings), new Echo());
{{/metrics}}
    HttpServer server = HttpServer.onRequest(loop, settings.listen, options(settings), echo);
    InetSocketAddress address = server.address();
    System.out.println(
        "listening on " + address.getAddress().getHostAddress() + ":" + address.getPort());
{{#metrics}}
    metrics.serve(settings.metrics);
{{/metrics}}
    Fiber.await(loop.stopping()); // the program is over when this returns
  }

{{#tls}}
  private static HttpOptions options(Settings settings) throws IOException {
    TlsIdentity identity =
        settings.certificate == null
            ? TlsIdentity.selfSigned("localhost", "127.0.0.1")
            : TlsIdentity.load(settings.certificate, settings.key);
    return plainOptions(settings)
        .tls(TlsServer.of(TlsServerOptions.of(identity).applicationProtocols("http/1.1")));
  }
{{/tls}}
{{^tls}}
  private static HttpOptions options(Settings settings) {
    return plainOptions(settings);
  }
{{/tls}}

  private static HttpOptions plainOptions(Settings settings) {
    ListenOptions listen =
        ListenOptions.defaults()
            .maxConnections(settings.maxConnections)
            .drainTimeout(settings.drainTimeout.plusSeconds(1)); // the loop's limit comes first
    return HttpOptions.defaults().server(ServerOptions.defaults().listen(listen));
  }
}
