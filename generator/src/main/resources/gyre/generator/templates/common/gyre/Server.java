import gyre.Loop;
import gyre.ShutdownOptions;
import gyre.io.ByteStream;
import gyre.io.IoException;
import gyre.net.ListenOptions;
import gyre.net.StreamOptions;
import gyre.net.TcpListener;
import gyre.net.TcpStream;
{{#tls}}
import gyre.tls.TlsIdentity;
import gyre.tls.TlsServer;
import gyre.tls.TlsServerOptions;
import java.io.IOException;
{{/tls}}

/** Listens, and gives each connection to a handler in a fiber of its own, until SIGTERM. */
final class Server {
  private final Settings settings;
  private final Handler handler;
{{#metrics}}
  private final Metrics metrics = new Metrics();
{{/metrics}}
{{#tls}}
  private TlsServer tls;
{{/tls}}

  /** What is done with a connection. It ends when this returns or throws. */
  interface Handler {
    void handle(ByteStream stream) throws Exception;
  }

  Server(Settings settings, Handler handler) {
    this.settings = settings;
    this.handler = handler;
  }

  /** The exit code of the program. */
  int run() {
    ShutdownOptions ending = ShutdownOptions.defaults().drain(settings.drainTimeout);
    try (Loop loop = Loop.open()) {
      return loop.runUntilShutdown(ending, this::serve).code();
    } catch (IoException e) {
      System.err.println("{{name}}: " + e.getMessage());
      return 1;
    }
  }

  private void serve() throws Exception {
{{#tls}}
    tls = TlsServer.of(TlsServerOptions.of(identity()));
{{/tls}}
    ListenOptions options =
        ListenOptions.defaults()
            .maxConnections(settings.maxConnections)
            .drainTimeout(settings.drainTimeout.plusSeconds(1)) // the loop's limit comes first
            .stream(StreamOptions.defaults().idleTimeout(settings.idleTimeout));
    try (TcpListener listener = TcpListener.bind(settings.listen, options)) {
      System.out.println(
          "listening on "
              + listener.address().getAddress().getHostAddress()
              + ":"
              + listener.port());
{{#metrics}}
      metrics.serve(settings.metrics);
{{/metrics}}
{{#tls}}
      listener.serve(tls.serving(this::connection)::handle);
{{/tls}}
{{^tls}}
      listener.serve(this::connection);
{{/tls}}
    }
  }
{{#tls}}

  private TlsIdentity identity() throws IOException {
    return settings.certificate == null
        ? TlsIdentity.selfSigned("localhost", "127.0.0.1")
        : TlsIdentity.load(settings.certificate, settings.key);
  }
{{/tls}}

  private void connection(ByteStream stream) throws Exception {
{{#metrics}}
    metrics.opened();
    try {
      handler.handle(stream);
    } catch (IoException e) {
      metrics.failed();
      throw e;
    } finally {
      metrics.closed();
    }
{{/metrics}}
{{^metrics}}
    handler.handle(stream);
{{/metrics}}
  }
}
