package gyre.net;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import gyre.Fiber;
import gyre.Loops;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.ByteBuffer;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.Parameter;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.provider.CsvSource;

/** The kernel tells a reset to one call alone: who reads must hear of it too, whichever it was. */
@ParameterizedClass
@CsvSource({
  "io_uring, true", "io_uring, false", "epoll, true", "epoll, false", "nio, true", "nio, false"
})
@Timeout(value = 30, unit = TimeUnit.SECONDS, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class ResetWhileSendingTest {
  @Parameter(0)
  String engine = "";

  @Parameter(1)
  boolean sparse;

  /** Closes with a reset. */
  private static void reset(ServerSocket server) {
    try (Socket peer = server.accept()) {
      peer.setSoLinger(true, 0);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  @Test
  void shouldNotTakeAResetForAnOrderlyEnd() throws IOException {
    try (ServerSocket server = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      server.setReceiveBufferSize(4096);
      Loops.run(
          engine,
          () -> {
            TcpStream stream =
                TcpStream.connect(
                    new InetSocketAddress(server.getInetAddress(), server.getLocalPort()),
                    StreamOptions.defaults().sparse(sparse).sendBufferBytes(4096));
            Fiber<?> writer =
                Fiber.start(
                    () ->
                        assertThatThrownBy(() -> stream.write(new byte[4 << 20]))
                            .isInstanceOf(NetworkException.class));
            Fiber<?> reader =
                Fiber.start(
                    () ->
                        assertThatThrownBy(() -> stream.read(ByteBuffer.allocate(16)))
                            .isInstanceOf(NetworkException.class));
            while (stream.pendingOutputBytes() == 0) {
              Fiber.yield(); // until the peer's window is full
            }
            boolean ignored =
                Fiber.offload(
                    () -> {
                      reset(server);
                      return true;
                    });
            writer.join();
            reader.join();
          });
    }
    assertThat(engine).isNotEmpty();
  }
}
