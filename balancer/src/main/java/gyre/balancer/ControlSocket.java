package gyre.balancer;

import gyre.CancelledException;
import gyre.Fiber;
import gyre.io.IoException;
import gyre.net.ListenOptions;
import gyre.net.StreamOptions;
import gyre.net.UnixListener;
import gyre.net.UnixStream;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.Map;

/**
 * Takes {@link Commands} on a Unix socket, a line of JSON each, and answers with a line. The socket
 * is for its owner alone: who may write to it may stop the balancer.
 */
final class ControlSocket {
  private static final int LINE_LIMIT_BYTES = 64 * 1024;
  private static final int CONNECTIONS_LIMIT = 64;
  private static final int CONNECTION_REFUSED = 111;

  private ControlSocket() {}

  /**
   * Listens, in the current scope. A socket that a balancer has left behind which was killed is
   * taken over.
   *
   * @throws IoException if it can't, as another balancer listens there
   */
  static UnixListener open(Path path) throws IOException {
    ListenOptions options =
        ListenOptions.defaults()
            .maxConnections(CONNECTIONS_LIMIT)
            .drainTimeout(Duration.ofMillis(200))
            .stream(StreamOptions.defaults().readTimeout(Duration.ofMinutes(5)));
    if (path.toString().startsWith("@")) {
      throw new IllegalArgumentException(
          "control socket " + path + ": a name without a file is open to everybody: use a path");
    }
    UnixListener listener;
    try {
      listener = UnixListener.bind(path, options);
    } catch (IoException e) {
      if (!isLeftBehind(path)) {
        throw e;
      }
      Files.deleteIfExists(path);
      listener = UnixListener.bind(path, options);
    }
    boolean isRestricted = false;
    try {
      restrict(path);
      isRestricted = true;
    } finally {
      if (!isRestricted) {
        listener.close();
      }
    }
    return listener;
  }

  /** Whether it is a socket, and nobody listens there: any other failure says nothing. */
  private static boolean isLeftBehind(Path path) throws IOException {
    if (!Files.exists(path, LinkOption.NOFOLLOW_LINKS)
        || !Files.readAttributes(path, BasicFileAttributes.class, LinkOption.NOFOLLOW_LINKS)
            .isOther()) {
      return false;
    }
    try (UnixStream stream = UnixStream.connect(path)) {
      return !stream.isOpen();
    } catch (IoException e) {
      return e.errno() == CONNECTION_REFUSED;
    }
  }

  /** Parks until the listener is closed or the fiber cancelled. */
  static void serve(UnixListener listener, Balancer balancer, Commands commands) {
    listener.serve(stream -> talk(stream, balancer, commands));
  }

  private static void restrict(Path path) throws IOException {
    try {
      Path ignored =
          Fiber.offload(() ->
              Files.setPosixFilePermissions(path, PosixFilePermissions.fromString("rw-------")));
    } catch (IOException | RuntimeException e) {
      throw e;
    } catch (Exception e) {
      throw new IOException("restrict " + path + ": " + e, e);
    }
  }

  private static void talk(UnixStream stream, Balancer balancer, Commands commands) {
    try {
      String line = stream.readLine(LINE_LIMIT_BYTES);
      while (line != null) {
        if (line.equals(HandOver.REQUEST)) {
          HandOver.give(stream, balancer);
          return;
        }
        stream.write(commands.answer(line) + "\n");
        line = stream.readLine(LINE_LIMIT_BYTES);
      }
    } catch (CancelledException e) {
      throw e;
    } catch (IllegalArgumentException e) { // of more than can be handed over
      stream.write(JsonText.write(Map.of("ok", false, "error", String.valueOf(e.getMessage()))));
    } catch (IoException e) {
      // Who asks may leave in between.
    }
  }
}
