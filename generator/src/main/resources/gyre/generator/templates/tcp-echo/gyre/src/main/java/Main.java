import gyre.Loop;
import gyre.ShutdownOptions;
import gyre.io.IoException;
import gyre.net.ListenOptions;
import gyre.net.StreamOptions;
import gyre.net.TcpListener;
import gyre.net.TcpStream;
import java.nio.ByteBuffer;

/** {{name}}: a TCP echo server on Gyre. */
final class Main {
  private static final int BUFFER_BYTES = 16 * 1024;

  private Main() {}

  public static void main(String[] arguments) {
    Settings settings = Settings.parse(arguments);
    int status;
    try (Loop loop = Loop.open()) {
      ShutdownOptions ending = ShutdownOptions.defaults().drain(settings.drainTimeout());
      status = loop.runUntilShutdown(ending, () -> serve(settings)).code();
    } catch (IoException e) {
      System.err.println("{{name}}: " + e.getMessage());
      status = 1;
    }
    System.exit(status);
  }

  private static void serve(Settings settings) {
    ListenOptions options =
        ListenOptions.defaults()
            .maxConnections(settings.maxConnections())
            .drainTimeout(settings.drainTimeout().plusSeconds(1)) // the loop's limit comes first
            .stream(StreamOptions.defaults().idleTimeout(settings.idleTimeout()));
    try (TcpListener listener = TcpListener.bind(settings.listen(), options)) {
      System.out.println("listening on "
              + listener.address().getAddress().getHostAddress()
              + ":"
              + listener.port());
      listener.serve(Main::echo);
    }
  }

  /** In a fiber of the connection: sends back what comes, until the peer has ended. */
  private static void echo(TcpStream stream) {
    ByteBuffer buffer = ByteBuffer.allocateDirect(BUFFER_BYTES);
    while (stream.read(buffer.clear()) >= 0) {
      stream.write(buffer.flip()); // parks while the peer is slow
    }
  }
}
