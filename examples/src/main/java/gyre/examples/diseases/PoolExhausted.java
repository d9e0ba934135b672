package gyre.examples.diseases;

import gyre.Fiber;
import gyre.Scope;
import gyre.net.TcpListener;
import gyre.net.TcpStream;
import java.nio.ByteBuffer;

/**
 * Messages that are kept in the input until they are whole, on many connections, of a loop with a
 * pool of one megabyte. Cure: a larger pool, or smaller messages.
 */
final class PoolExhausted {
  private static final int STREAMS = 64;

  private PoolExhausted() {}

  static void sick() throws Exception {
    run(60 * 1024);
  }

  static void healthy() throws Exception {
    run(64);
  }

  private static void run(int messageBytes) throws Exception {
    try (Scope scope = Scope.open("server");
        TcpListener listener = TcpListener.bind("127.0.0.1", 0)) {
      Fiber<?> ignored =
          scope.start(
              "acceptor",
              () -> {
                while (true) {
                  TcpStream stream = listener.accept();
                  Fiber<?> _ = scope.start("keeper", () -> keep(stream, messageBytes));
                }
              });
      for (int i = 0; i < STREAMS; i++) {
        TcpStream client = TcpStream.connect(listener.address());
        Fiber<?> _ =
            scope.start(
                "client",
                () -> {
                  client.write(new byte[messageBytes]);
                  Fiber.park();
                });
      }
      Fiber.park();
    }
  }

  private static void keep(TcpStream stream, int messageBytes) throws Exception {
    boolean ignored = stream.await(messageBytes); // and leaves it there
    Fiber.park();
    stream.readFully(ByteBuffer.allocate(messageBytes));
  }
}
