package gyre.examples.diseases;

import gyre.Fiber;
import gyre.Scope;
import gyre.net.TcpListener;
import gyre.net.TcpStream;
import java.nio.ByteBuffer;

/** A client that takes nothing of what a server writes. Cure: deadlines for writes. */
final class SlowConsumer {
  private static final int CHUNK_BYTES = 64 * 1024;

  private SlowConsumer() {}

  static void sick() throws Exception {
    run(false);
  }

  static void healthy() throws Exception {
    run(true);
  }

  private static void run(boolean takes) throws Exception {
    try (Scope scope = Scope.open("server");
        TcpListener listener = TcpListener.bind("127.0.0.1", 0)) {
      Fiber<?> ignored =
          scope.start(
              "writer",
              () -> {
                try (TcpStream stream = listener.accept()) {
                  while (true) {
                    stream.write(new byte[CHUNK_BYTES]);
                    Fiber.yield();
                  }
                }
              });
      try (TcpStream client = TcpStream.connect(listener.address())) {
        ByteBuffer buffer = ByteBuffer.allocate(CHUNK_BYTES);
        while (takes) {
          client.readFully(buffer.clear());
          Fiber.yield();
        }
        Fiber.park();
      }
    }
  }
}
