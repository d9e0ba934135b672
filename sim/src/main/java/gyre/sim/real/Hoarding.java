package gyre.sim.real;

import gyre.ClosedException;
import gyre.Fiber;
import gyre.Scope;
import gyre.net.NetworkException;
import gyre.net.SocketStream;
import java.util.concurrent.CompletableFuture;

/**
 * A connection that holds memory and gets nowhere: one end waits for a frame of which the other
 * never sends the last byte. Whatever many of them do, everybody else must go on.
 */
final class Hoarding {
  static final int FRAME_BYTES = 60_000;

  private Hoarding() {}

  /** Sends all but the last byte, and leaves when all others are through. */
  static void left(Connection connection, SocketStream stream, CompletableFuture<?> othersDone) {
    try (Scope scope = Scope.open("hoarder")) {
      Fiber<?> ignored =
          scope.start(
              "writer",
              () -> {
                try {
                  stream.write(new byte[FRAME_BYTES - 1]);
                } catch (NetworkException | ClosedException e) {
                  // As it has to be, sooner or later.
                }
              });
      Lane.await(othersDone);
      connection.breakSoon();
      stream.reset();
    }
  }

  static void right(SocketStream stream) {
    try (stream) {
      boolean isWhole = stream.await(FRAME_BYTES);
      if (isWhole) {
        throw new AssertionError("a frame is whole that was never sent");
      }
    } catch (NetworkException | ClosedException e) {
      stream.reset();
    }
  }
}
