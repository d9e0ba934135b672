package gyre.http.websocket;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.management.ThreadMXBean;
import gyre.LoopGroup;
import gyre.Loops;
import gyre.http.HttpOptions;
import gyre.http.HttpServer;
import gyre.io.ByteQueue;
import java.io.InputStream;
import java.io.OutputStream;
import java.lang.management.ManagementFactory;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** In the steady state an echo in push style allocates nothing, from the socket and back. */
@Tag("allocation")
@Timeout(value = 60, unit = TimeUnit.SECONDS)
class WebSocketAllocationTest {
  private static final int BATCH = 16;
  private static final int BATCHES = 500;
  private static final String REQUEST =
      """
      GET / HTTP/1.1\r
      Host: server\r
      Upgrade: websocket\r
      Connection: Upgrade\r
      Sec-WebSocket-Version: 13\r
      Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r
      \r
      """;

  @ParameterizedTest
  @ValueSource(strings = {"io_uring", "epoll"})
  void shouldNotAllocatePerEcho(String engine) throws Exception {
    ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
    WebSocketHandler echo =
        new WebSocketHandler() {
          @Override
          public void onText(WebSocket ws, ByteQueue text) {
            ws.sendText(text);
          }

          @Override
          public void onBinary(WebSocket ws, ByteQueue asking) {
            ws.send(String.valueOf(threads.getCurrentThreadAllocatedBytes()));
          }
        };
    byte[] frame = Frames.client(Frames.FIN | Opcode.TEXT, "x".repeat(64));
    byte[][] batch = new byte[BATCH][];
    Arrays.fill(batch, frame);
    byte[] frames = Frames.join(batch);
    try (LoopGroup group = LoopGroup.open(1, Loops.options(engine));
        HttpServer server =
            HttpServer.onRequest(
                group,
                WebSocketTest.ANY_PORT,
                HttpOptions.defaults(),
                WebSocketEndpoint.push(WebSocketOptions.defaults(), echo));
        Socket socket = new Socket(server.address().getAddress(), server.address().getPort())) {
      socket.setSoTimeout(20_000);
      socket.getOutputStream().write(REQUEST.getBytes(StandardCharsets.US_ASCII));
      StringBuilder head = new StringBuilder();
      while (head.indexOf("\r\n\r\n") < 0) {
        head.append((char) socket.getInputStream().read());
      }
      // A compiler that is still at work may allocate on the way: the least of a few tries counts.
      long least = Long.MAX_VALUE;
      for (int attempt = 0; attempt < 20 && least > BATCHES; attempt++) {
        long before = allocated(socket);
        for (int i = 0; i < BATCHES; i++) {
          socket.getOutputStream().write(frames);
          int bytes = BATCH * (64 + 2);
          assertThat(socket.getInputStream().readNBytes(bytes)).hasSize(bytes);
        }
        least = Math.min(least, allocated(socket) - before);
      }
      assertThat(least).as("asking allocates too").isLessThan(BATCH * BATCHES);
    }
  }

  private static long allocated(Socket socket) throws Exception {
    OutputStream out = socket.getOutputStream();
    InputStream in = socket.getInputStream();
    out.write(Frames.client(Frames.FIN | Opcode.BINARY, "?"));
    byte[] head = in.readNBytes(2);
    return Long.parseLong(new String(in.readNBytes(head[1]), StandardCharsets.US_ASCII));
  }
}
