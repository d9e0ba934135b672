package gyre.net;

import static org.assertj.core.api.Assertions.assertThat;

import gyre.Fiber;
import gyre.LoopOptions;
import gyre.Loops;
import gyre.Task;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.StandardSocketOptions;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.params.Parameter;

/** What tests of bad input, broken peers and limits of time need. */
abstract class StreamFaultCase {
  static final Duration SHORT = Duration.ofMillis(20);
  static final Duration LONG = Duration.ofSeconds(20);

  @Parameter String engine = "";

  /** What was reported: the source, a colon, the message. */
  final List<String> reported = new ArrayList<>();

  final void runReporting(Task main) {
    LoopOptions options =
        Loops.options(engine).failures((source, e) -> reported.add(source + ": " + e.getMessage()));
    Loops.runReporting(options, main);
  }

  /** A client outside of the loop; its calls block, so they are offloaded. */
  static SocketChannel client(TcpListener listener) throws Exception {
    InetSocketAddress address = listener.address();
    return Fiber.offload(() -> SocketChannel.open(address));
  }

  static void reset(SocketChannel client) throws IOException {
    client.setOption(StandardSocketOptions.SO_LINGER, 0);
    client.close();
  }

  static int exchange(SocketChannel client, int value) throws Exception {
    return Fiber.offload(() -> {
      ByteBuffer one = ByteBuffer.allocate(1).put((byte) value).flip();
      client.write(one);
      one.clear();
      return client.read(one) < 0 ? -1 : one.get(0);
    });
  }

  static int readOne(SocketChannel client) throws Exception {
    return Fiber.offload(() -> {
      ByteBuffer one = ByteBuffer.allocate(1);
      return client.read(one) < 0 ? -1 : one.get(0);
    });
  }

  static void echo(TcpStream stream) {
    ByteBuffer buffer = ByteBuffer.allocate(64);
    while (stream.read(buffer.clear()) >= 0) {
      stream.write(buffer.flip());
    }
  }

  static Fiber<?> serve(TcpListener listener, ConnectionHandler<TcpStream> handler) {
    return Fiber.start("server", () -> listener.serve(handler));
  }

  static void awaitNoConnections(TcpListener listener) {
    while (listener.connections() > 0) {
      Fiber.sleep(Duration.ofMillis(1));
    }
  }

  /**
   * Writes more than the kernel ever takes for a peer that does not read. How much that is must not
   * depend on how long it is tried, or on how the kernel sizes its buffers.
   */
  static void fill(TcpStream stream, SocketChannel client) throws IOException {
    client.setOption(StandardSocketOptions.SO_RCVBUF, 64 * 1024);
    stream.sendBufferBytes(64 * 1024);
    stream.write(new byte[2 << 20]);
    assertThat(stream.isWritable()).as("the limit leaves room").isTrue();
  }

  static TcpListener listenWithRoom(StreamOptions options) {
    StreamOptions roomy = options.outputLimitBytes(4 << 20);
    return TcpListener.bind("127.0.0.1", 0, ListenOptions.defaults().stream(roomy));
  }
}
