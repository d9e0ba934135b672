package gyre.http.client;

import gyre.Cancellation;
import gyre.CancelledException;
import gyre.DeadlineExceededException;
import gyre.Loop;
import gyre.io.ByteStream;
import gyre.io.IoException;
import gyre.net.ConnectOptions;
import gyre.net.ConnectionFactory;
import gyre.net.Resolver;
import gyre.net.StreamOptions;
import gyre.net.TcpStream;
import gyre.tls.TlsException;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.Callable;

/** Makes connections for the pool, each phase with a limit and its time taken. */
final class Connecting implements ConnectionFactory<Target, ClientConnection> {
  /** More than a head, so that one can always be received. */
  private static final int ROOM_BEHIND_HEAD_BYTES = 1024;

  private final ClientOptions options;
  private final StreamOptions stream;

  Connecting(ClientOptions options) {
    this.options = options;
    int least = options.limits().headBytes() + ROOM_BEHIND_HEAD_BYTES;
    this.stream =
        options.stream()
            .inputLimitBytes(Math.max(options.stream().inputLimitBytes(), least))
            .writeTimeout(options.limits().writeTimeout());
  }

  @Override
  public boolean isUsable(ClientConnection connection) {
    return connection.isReusable();
  }

  @Override
  public ClientConnection connect(Target target) throws Exception {
    HttpProxy proxy = options.proxy();
    ClientSecurity security = options.security();
    if (target.isSecure() && security == null) {
      throw new HttpClientException(
          target.toString(),
          Phase.TLS,
          HttpClientException.Kind.REFUSED,
          "this client has no TLS: see ClientOptions.tls",
          null);
    }
    Loop loop = Loop.current();
    long startNanos = loop.nanoTime();
    String host = proxy == null ? target.host() : proxy.host();
    List<InetAddress> addresses = resolve(target, host);
    long resolvedNanos = loop.nanoTime();
    TcpStream tcp = tcp(target, host, proxy == null ? target.port() : proxy.port(), addresses);
    try {
      if (proxy != null) {
        within(
            target,
            Phase.PROXY,
            options.connectTimeout(),
            () -> {
              Tunnel.through(proxy, tcp, target, options.limits());
              return true;
            });
      }
      long connectedNanos = loop.nanoTime();
      ByteStream secured = security == null || !target.isSecure() ? tcp : secure(target, tcp);
      return new ClientConnection(
          tcp,
          secured,
          options.limits(),
          resolvedNanos - startNanos,
          connectedNanos - resolvedNanos,
          loop.nanoTime() - connectedNanos);
    } catch (Exception e) {
      tcp.reset();
      throw e;
    }
  }

  private List<InetAddress> resolve(Target target, String host) throws Exception {
    try {
      return List.of(InetAddress.ofLiteral(host));
    } catch (IllegalArgumentException name) {
      Resolver chosen = options.resolver();
      Resolver resolver = chosen == null ? Resolver.system() : chosen;
      return within(target, Phase.RESOLVE, options.resolveTimeout(), () -> resolver.resolve(host));
    }
  }

  private TcpStream tcp(Target target, String host, int port, List<InetAddress> addresses)
      throws Exception {
    ConnectOptions how =
        ConnectOptions.defaults().timeout(options.connectTimeout()).resolver(name -> addresses);
    try {
      return TcpStream.connect(host, port, stream, how);
    } catch (IoException e) {
      throw HttpClientException.broken(target.toString(), Phase.CONNECT, e);
    }
  }

  private ByteStream secure(Target target, TcpStream tcp) throws Exception {
    ClientSecurity security = options.security();
    if (security == null) {
      throw new AssertionError("was asked before");
    }
    return within(
        target,
        Phase.TLS,
        options.limits().handshakeTimeout(),
        () -> security.secure(tcp, target.host(), target.port()));
  }

  private static <R> R within(Target target, Phase phase, Duration limit, Callable<R> work)
      throws Exception {
    String subject = target.toString();
    try {
      return Cancellation.within(limit, work);
    } catch (DeadlineExceededException e) {
      Cancellation.current().check(); // if it is the pool that ends
      throw HttpClientException.timeout(
          subject, phase, "it took longer than " + limit.toMillis() + " ms");
    } catch (CancelledException | HttpClientException e) {
      throw e;
    } catch (UnknownHostException e) {
      throw new HttpClientException(
          subject,
          phase,
          HttpClientException.Kind.BROKEN,
          "the name does not resolve: check its spelling and the resolver",
          e);
    } catch (TlsException e) {
      throw new HttpClientException(
          subject, phase, HttpClientException.Kind.MALFORMED, String.valueOf(e.getMessage()), e);
    } catch (Exception e) {
      throw HttpClientException.broken(subject, phase, e);
    }
  }
}
