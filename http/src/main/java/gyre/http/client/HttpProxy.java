package gyre.http.client;

import gyre.Cancellation;
import gyre.http.HttpLimits;
import gyre.net.ConnectOptions;
import gyre.net.StreamOptions;
import gyre.net.TcpStream;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * A proxy that passes connections on: by {@code CONNECT} of HTTP, or by SOCKS5. It is told names
 * and resolves them itself. Immutable.
 */
public final class HttpProxy {
  /** What is spoken with it. */
  enum Kind {
    HTTP_CONNECT,
    SOCKS5
  }

  private static final int LONGEST_CREDENTIAL = 255;

  private final Kind kind;
  private final String host;
  private final int port;
  private final @Nullable String user;
  private final @Nullable String password;

  private HttpProxy(
      Kind kind, String host, int port, @Nullable String user, @Nullable String password) {
    this.kind = kind;
    this.host = host;
    this.port = port;
    this.user = user;
    this.password = password;
  }

  /** One that is asked by {@code CONNECT}: RFC 9110, 9.3.6. */
  public static HttpProxy connect(String host, int port) {
    return of(Kind.HTTP_CONNECT, host, port);
  }

  /** One that is asked by SOCKS version 5: RFC 1928. */
  public static HttpProxy socks5(String host, int port) {
    return of(Kind.SOCKS5, host, port);
  }

  private static HttpProxy of(Kind kind, String host, int port) {
    Checks.between("port", port, 1, 65_535);
    if (host.isEmpty()) {
      throw new IllegalArgumentException("a proxy needs a host");
    }
    return new HttpProxy(kind, host, port, null, null);
  }

  /**
   * Who asks: {@code Basic} of HTTP, or RFC 1929. Sent to the proxy alone.
   *
   * @throws IllegalArgumentException if one of them is empty or longer than 255 bytes, or the user
   *     has a colon
   */
  public HttpProxy credentials(String user, String password) {
    Checks.between("user", utf8(user).length, 1, LONGEST_CREDENTIAL);
    Checks.between("password", utf8(password).length, 1, LONGEST_CREDENTIAL);
    if (user.indexOf(':') >= 0) {
      throw new IllegalArgumentException("a user must not have a colon");
    }
    return new HttpProxy(kind, host, port, user, password);
  }

  /**
   * Connects to a target by this proxy, for whatever is spoken with it: a WebSocket, say. Parks
   * until the proxy has connected; the bytes of the stream are the target's from then on.
   *
   * @param host a name, which the proxy looks up, or an address without brackets
   * @param timeout to reach the proxy, and once more for what it has to do
   * @throws HttpClientException if the proxy refuses, or says what nobody understands
   * @throws gyre.net.NetworkException if the proxy is not reached
   * @throws gyre.DeadlineExceededException if it takes longer
   */
  public TcpStream open(String host, int port, Duration timeout) throws Exception {
    Target target = new Target(false, host, Checks.between("port", port, 1, 65_535));
    ConnectOptions how = ConnectOptions.defaults().timeout(timeout);
    TcpStream stream = TcpStream.connect(this.host, this.port, StreamOptions.defaults(), how);
    boolean isOpen = false;
    try {
      isOpen =
          Cancellation.within(
              timeout,
              () -> {
                Tunnel.through(this, stream, target, HttpLimits.defaults());
                return true;
              });
    } finally {
      if (!isOpen) {
        stream.reset();
      }
    }
    return stream;
  }

  static byte[] utf8(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }

  Kind kind() {
    return kind;
  }

  String host() {
    return host;
  }

  int port() {
    return port;
  }

  @Nullable String user() {
    return user;
  }

  @Nullable String password() {
    return password;
  }

  @Override
  public String toString() {
    return (kind == Kind.SOCKS5 ? "socks5://" : "http://") + host + ":" + port;
  }
}
