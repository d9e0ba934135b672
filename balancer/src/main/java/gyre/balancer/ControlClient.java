package gyre.balancer;

import java.io.IOException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.Channels;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Map;

/** Asks a running balancer by its control socket. Blocks the calling thread. */
public final class ControlClient {
  private ControlClient() {}

  /**
   * Sends a command, and gives the answer as JSON.
   *
   * @throws IOException if there is no balancer, which its message says
   */
  public static String ask(Path socket, Map<String, String> command) throws IOException {
    try (SocketChannel channel = SocketChannel.open(StandardProtocolFamily.UNIX)) {
      channel.connect(UnixDomainSocketAddress.of(socket));
      ByteBuffer request =
          ByteBuffer.wrap((JsonText.write(command) + "\n").getBytes(StandardCharsets.UTF_8));
      while (request.hasRemaining()) {
        int ignored = channel.write(request);
      }
      channel.shutdownOutput();
      String answer =
          new String(Channels.newInputStream(channel).readAllBytes(), StandardCharsets.UTF_8);
      if (!answer.endsWith("\n")) {
        throw new IOException(
            "ask "
                + socket
                + ": the balancer has closed the connection"
                + (answer.isEmpty() ? "" : " in the middle of its answer"));
      }
      return answer.stripTrailing();
    } catch (java.net.SocketException | java.nio.file.NoSuchFileException e) {
      throw new IOException(
          "connect to " + socket + ": " + e.getMessage() + ": is a balancer running with it?", e);
    }
  }
}
