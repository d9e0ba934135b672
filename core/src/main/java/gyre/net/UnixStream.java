package gyre.net;

import gyre.Loop;
import gyre.Scope;
import gyre.engine.Sockets;
import gyre.spi.Internals;
import java.net.UnixDomainSocketAddress;
import java.nio.file.Path;
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
