package gyre.net;

import gyre.Deadline;
import gyre.Fiber;
import gyre.Loop;
import gyre.Scope;
import gyre.engine.Errno;
import gyre.engine.Sockets;
import gyre.spi.Internals;
import java.net.InetSocketAddress;
import java.net.UnixDomainSocketAddress;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** A stream over a Unix-domain socket. See {@link SocketStream} for how to use it. */
public final class UnixStream extends SocketStream {
  private final @Nullable Path path;

  UnixStream(Scope owner, int descriptor, StreamOptions options, @Nullable Path path) {
    super(owner, descriptor, options);
    this.path = path;
  }

  /** Two streams that are connected to each other. */
  public record Pair(UnixStream left, UnixStream right) {}

  /**
   * Connects to a listener's path. On Linux one that starts with {@code @} is a name that is no
   * file: see {@link UnixListener}.
   */
  public static UnixStream connect(Path path) {
    return connect(path, StreamOptions.defaults());
  }

  public static UnixStream connect(Path path, StreamOptions options) {
    Scope owner = Scope.current();
    int descriptor =
        Connector.connect(
            owner,
            path.toString(),
            List.of(UnixDomainSocketAddress.of(path)),
            ConnectOptions.defaults(),
            Loop.current().nanoTime(),
            (engine, target) -> {
              Sockets sockets = engine.sockets();
              int opened = sockets.open(Sockets.Family.UNIX, Sockets.Type.STREAM);
              if (opened >= 0) {
                SocketOptions.apply(sockets, opened, options, false);
              }
              return opened;
            });
    return new UnixStream(owner, descriptor, options, path);
  }

  /** Makes two connected streams. */
  public static Pair pair() {
    return pair(StreamOptions.defaults());
  }

  public static Pair pair(StreamOptions options) {
    Scope owner = Scope.current();
    Sockets sockets = Internals.engine(Loop.current()).sockets();
    checkCanOpen(owner); // or the second would be lost when there can be no first
    int[] two = new int[2];
    int result = sockets.pair(two);
    if (result < 0) {
      throw NetworkException.of("make", "a pair of streams", result);
    }
    return new Pair(
        new UnixStream(owner, two[0], options, null), new UnixStream(owner, two[1], options, null));
  }

  // ---- listeners for another process

  private static final int HANDED_LIMIT = 250; // the kernel takes 253
  private static final int NOTE_LIMIT_BYTES = 32 * 1024;
  private static final Duration HANDED_LOOK = Duration.ofMillis(5);

  /** What {@link #receiveListeners} has got. */
  @SuppressWarnings("ArrayRecordComponent") // nobody compares them
  public record Handed(byte[] note, List<HandedListener> listeners) {
    public Handed {
      note = note.clone();
      listeners = List.copyOf(listeners);
    }

    @Override
    public byte[] note() {
      return note.clone();
    }
  }

  /**
   * Hands the listening sockets of servers over to the process on the other side, with a note. They
   * listen here as well until they are closed; so nobody who connects meanwhile is refused. On
   * Linux, and on the loop that the servers accept on, which is the first of a group.
   *
   * @param note what the other side has to know, at least a byte
   * @throws NetworkException if that is not possible, or the kernel has no room for it now
   */
  public void handListeners(byte[] note, List<TcpServer> servers) {
    checkOnLoop();
    checkOpen();
    if (note.length == 0 || note.length > NOTE_LIMIT_BYTES) {
      throw new IllegalArgumentException(
          "a note of " + note.length + " bytes: must be from 1 to " + NOTE_LIMIT_BYTES);
    }
    int[] descriptors = servers.stream().mapToInt(TcpServer::listening).toArray();
    if (descriptors.length > HANDED_LIMIT) {
      throw new IllegalArgumentException(
          descriptors.length + " listeners: at most " + HANDED_LIMIT);
    }
    if (descriptors.length == 0) {
      // Nothing but a descriptor keeps the note apart from what is written behind it. This one is
      // no listener, so the other side closes it.
      descriptors = new int[] {descriptor()};
    }
    int sent = engine().sockets().sendDescriptors(descriptor(), note, descriptors);
    if (sent < 0) {
      throw NetworkException.of("hand listeners over on", name(), sent);
    }
    if (sent < note.length) {
      throw NetworkException.of("hand listeners over on", name(), "only a part could be sent");
    }
  }

  /**
   * Receives what the other side hands over by {@link #handListeners}. Parks until it comes.
   * Nothing may have been read from this stream before.
   *
   * @throws NetworkException if it is the end or something else that comes, or this is not possible
   * @throws NetworkTimeoutException if nothing comes within the limit
   */
  public Handed receiveListeners(Duration limit) {
    checkOnLoop();
    checkOpen();
    Sockets sockets = engine().sockets();
    byte[] note = new byte[NOTE_LIMIT_BYTES];
    int[] descriptors = new int[HANDED_LIMIT];
    Deadline deadline = Deadline.in(limit);
    int got = sockets.receiveDescriptors(descriptor(), note, descriptors);
    while (got == Errno.EAGAIN.negated()) {
      if (deadline.isReady()) {
        throw new NetworkTimeoutException(
            "receive listeners on", name(), "nothing came within " + limit);
      }
      Fiber.sleep(HANDED_LOOK);
      got = sockets.receiveDescriptors(descriptor(), note, descriptors);
    }
    if (got < 0) {
      throw NetworkException.of("receive listeners on", name(), got);
    }
    if (got == 0) {
      throw NetworkException.of("receive listeners on", name(), "the other side has ended");
    }
    List<HandedListener> listeners = new ArrayList<>();
    for (int each : descriptors) {
      if (each >= 0) {
        if (sockets.localAddress(each) instanceof InetSocketAddress address) {
          listeners.add(new HandedListener(each, address));
        } else {
          sockets.close(each);
        }
      }
    }
    return new Handed(Arrays.copyOf(note, got), listeners);
  }

  /** The path of the listener, on both sides; null for one of a {@link #pair}. */
  public @Nullable Path path() {
    return path;
  }

  @Override
  public String kind() {
    return "unix-stream";
  }

  @Override
  protected @Nullable String addressText() {
    return path == null ? null : path.toString();
  }
}
