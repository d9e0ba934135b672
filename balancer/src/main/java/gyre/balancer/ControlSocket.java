package gyre.balancer;

import gyre.CancelledException;
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
import java.time.Duration;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.Map;
import java.util.SequencedSet;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Takes {@link Commands} on a Unix socket, a line of JSON each, and answers with a line. The socket
 * is for its owner alone: who may write to it may stop the balancer.
 *
 * <p>Connections may stay, a limited number of them. Before all places are taken, the one whose
 * client has done nothing for the longest time is closed, so that there is a place for who comes.
 */
final class ControlSocket {
  private static final int LINE_LIMIT_BYTES = 64 * 1024;
  private static final int PLACES = 64;
  private static final Duration TELL_INTERVAL = Duration.ofMinutes(1);
  private static final int OWNER_ONLY = 0600;
  private static final int CONNECTION_REFUSED = 111;

  private final Balancer balancer;
  private final Commands commands;

  /** Those that have a place; one that was told to go has none any more. */
  private final Set<UnixStream> open = new HashSet<>();

  /** Those of them that wait for their client, the one that has waited longest first. */
  private final SequencedSet<UnixStream> waiting = new LinkedHashSet<>();

  private int closed;
  private long toldNanos;

  private ControlSocket(Balancer balancer, Commands commands) {
    this.balancer = balancer;
    this.commands = commands;
  }

  /**
   * Listens, in the current scope. A socket that a balancer has left behind which was killed is
   * taken over.
   *
   * @throws IoException if it can't, as another balancer listens there
   */
  static UnixListener open(Path path) throws IOException {
    ListenOptions options =
        ListenOptions.defaults()
            .maxConnections(PLACES)
            .permissions(OWNER_ONLY)
            .drainTimeout(Duration.ofMillis(200))
            .stream(StreamOptions.defaults().readTimeout(Duration.ofMinutes(5)));
    if (path.toString().startsWith("@")) {
      throw new IllegalArgumentException(
          "control socket " + path + ": a name without a file is open to everybody: use a path");
    }
    try {
      return UnixListener.bind(path, options);
    } catch (IoException e) {
      if (!isLeftBehind(path)) {
        throw e;
      }
      Files.deleteIfExists(path);
      return UnixListener.bind(path, options);
    }
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
    ControlSocket socket = new ControlSocket(balancer, commands);
    listener.serve(socket::talk);
  }

  private void talk(UnixStream stream) {
    boolean isNew = open.add(stream);
    assert isNew && open.size() <= PLACES : open.size();
    try {
      String line = next(stream);
      while (line != null) {
        if (line.equals(HandOver.REQUEST)) {
          HandOver.give(stream, balancer);
          return;
        }
        String answer = commands.answer(line) + "\n";
        wait(stream);
        stream.write(answer);
        line = next(stream);
      }
    } catch (CancelledException e) {
      throw e;
    } catch (IllegalArgumentException e) { // of more than can be handed over
      stream.write(
          JsonText.write(Map.of("ok", false, "error", String.valueOf(e.getMessage()))) + "\n");
    } catch (IoException e) {
      // Who asks may leave in between.
    } finally {
      open.remove(stream);
      waiting.remove(stream);
    }
  }

  private @Nullable String next(UnixStream stream) {
    wait(stream);
    String line = stream.readLine(LINE_LIMIT_BYTES);
    waiting.remove(stream);
    return line;
  }

  /** From now on it is the client's turn, to ask or to take its answer. */
  private void wait(UnixStream stream) {
    waiting.addLast(stream);
    UnixStream oldest = longestIdle();
    if (open.size() == PLACES && oldest != stream) {
      open.remove(oldest);
      waiting.remove(oldest);
      oldest.reset();
      tellOfClosing();
    }
  }

  /** Who has asked meanwhile is not idle, though his fiber has not run yet. */
  private UnixStream longestIdle() {
    for (UnixStream each : waiting) {
      if (each.input().indexOf((byte) '\n', 0) < 0) {
        return each;
      }
    }
    return waiting.getLast();
  }

  /** A client that leaves all its connections open must not fill the log. */
  private void tellOfClosing() {
    closed++;
    long now = balancer.control().nanoTime();
    if (closed == 1 || now - toldNanos >= TELL_INTERVAL.toNanos()) {
      toldNanos = now;
      balancer
          .events()
          .tell(
              balancer.control().now(),
              "",
              "all "
                  + PLACES
                  + " places at the control socket are taken: closed the connection that was idle"
                  + " longest ("
                  + closed
                  + " so far)");
    }
  }
}
