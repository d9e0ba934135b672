package gyre.net;

import gyre.Loop;
import gyre.Scope;
import gyre.engine.Errno;
import gyre.engine.Sockets;
import gyre.spi.Internals;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.SocketAddress;
import java.net.UnixDomainSocketAddress;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/**
 * Listens for connections on a path. The path is created by binding and deleted by closing, unless
 * another server has bound it meanwhile. See {@link SocketListener} for how to use it.
 *
 * <p>On Linux a path that starts with {@code @} is a name in the abstract name space: no file, and
 * gone with the listener. {@code ./@name} is a file.
 */
public final class UnixListener extends SocketListener<UnixStream> {
  private final Path path;

  /** Null for a name in the abstract name space. */
  private final @Nullable SocketFile file;

  private UnixListener(Scope owner, int descriptor, Path path, ListenOptions options) {
    super(owner, descriptor, options);
    this.path = path;
    this.file = isAbstract(path) ? null : SocketFile.of(path);
  }

  public static UnixListener bind(Path path) {
    return bind(path, ListenOptions.defaults());
  }

  public static UnixListener bind(Path path, ListenOptions options) {
    Scope owner = Scope.current();
    checkCanOpen(owner); // or the path would stay when there can be no listener
    SocketAddress address = UnixDomainSocketAddress.of(path); // throws for foreign file systems
    Sockets sockets = Internals.engine(Loop.current()).sockets();
    int descriptor = sockets.open(Sockets.Family.UNIX, Sockets.Type.STREAM);
    if (descriptor < 0) {
      throw NetworkException.of("listen on", path.toString(), descriptor);
    }
    int result = sockets.bind(descriptor, address);
    if (result >= 0) {
      restrict(path, options, sockets, descriptor);
      result = sockets.listen(descriptor, options.backlog());
    }
    if (result < 0) {
      sockets.close(descriptor);
      if (result == Errno.EADDRINUSE.negated()) {
        throw NetworkException.of(
            "listen on",
            path.toString(),
            result,
            "the path exists already; if no server uses it any more, delete it");
      }
      throw NetworkException.of("listen on", path.toString(), result);
    }
    return new UnixListener(owner, descriptor, path, options);
  }

  /** Before it listens: until then nobody can connect, whatever the umask has let be. */
  private static void restrict(Path path, ListenOptions options, Sockets sockets, int descriptor) {
    if (options.permissions() < 0 || isAbstract(path)) {
      return;
    }
    try {
      SocketFile.permit(path, options.permissions());
    } catch (IOException e) {
      sockets.close(descriptor);
      throw new UncheckedIOException("listen on " + path + ": cannot set its permissions", e);
    }
  }

  private static boolean isAbstract(Path path) {
    return path.toString().startsWith("@");
  }

  public Path path() {
    return path;
  }

  @Override
  UnixStream wrap(Scope owner, int connection, StreamOptions streamOptions) {
    return new UnixStream(owner, connection, streamOptions, path);
  }

  @Override
  void beforeClosing() {
    if (file == null) {
      return;
    }
    try {
      file.deleteIfSame();
    } catch (IOException e) {
      report(new UncheckedIOException("cannot delete " + path, e));
    }
  }

  @Override
  public String kind() {
    return "unix-listener";
  }

  @Override
  protected String addressText() {
    return describe();
  }

  @Override
  String describe() {
    return path.toString();
  }
}
