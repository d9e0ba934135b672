import gyre.io.ByteStream;
import java.nio.ByteBuffer;

/** {{name}}: a TCP echo server on Gyre. */
final class Main {
  private static final int BUFFER_BYTES = 16 * 1024;

  private Main() {}

  public static void main(String[] arguments) {
    Settings settings = Settings.parse(arguments);
    System.exit(new Server(settings, Main::echo).run());
  }

  /** In a fiber of the connection: sends back what comes, until the peer has ended. */
  static void echo(ByteStream stream) {
    ByteBuffer buffer = ByteBuffer.allocateDirect(BUFFER_BYTES);
    while (stream.read(buffer.clear()) >= 0) {
      stream.write(buffer.flip()); // parks while the peer is slow
    }
  }
}
