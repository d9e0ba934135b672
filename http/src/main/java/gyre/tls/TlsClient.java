package gyre.tls;

import gyre.io.ByteStream;
import gyre.net.ConnectOptions;
import gyre.net.StreamOptions;
import gyre.net.TcpStream;
import java.time.Duration;
import java.util.List;
import javax.net.ssl.SNIHostName;
import javax.net.ssl.SNIServerName;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLEngine;
import javax.net.ssl.SSLParameters;
import org.jspecify.annotations.Nullable;

/**
 * The client's side of TLS. Keep one for all connections with the same options: it has the sessions
 * that shorten later handshakes. Used by any number of threads.
 *
 * <pre>{@code
 * TlsClient tls = TlsClient.of(TlsClientOptions.defaults());
 * try (TlsStream stream = tls.connect("example.org", 443)) { ... }
 * }</pre>
 */
public final class TlsClient {
  private final TlsClientOptions options;
  private final SSLContext context;

  private TlsClient(TlsClientOptions options) {
    this.options = options;
    TlsIdentity own = options.identity();
    this.context = Contexts.of(own == null ? List.of() : List.of(own), options.trusted());
  }

  /** Reads the authorities of the JDK where no others are named, which takes a while. */
  public static TlsClient of(TlsClientOptions options) {
    return new TlsClient(options);
  }

  public TlsClientOptions options() {
    return options;
  }

  /**
   * Begins the handshake over {@code lower}, which belongs to the new stream from now on, and
   * returns at once. On the loop of that stream.
   *
   * @param host whose certificate is expected, and which is asked for; a name or an address
   * @param port for the memory of sessions
   */
  public TlsStream stream(ByteStream lower, String host, int port) {
    return TlsStream.over(lower, new ClientRole(host, port));
  }

  /**
   * As {@link #stream}, and parks until the handshake has ended.
   *
   * @throws TlsException if it failed; both streams are closed then
   */
  public TlsStream connect(ByteStream lower, String host, int port) {
    return established(stream(lower, host, port));
  }

  /** Connects by TCP, and then as {@link #connect(ByteStream, String, int)}. */
  public TlsStream connect(String host, int port) {
    return connect(host, port, StreamOptions.defaults(), ConnectOptions.defaults());
  }

  /** Connects by TCP, and then as {@link #connect(ByteStream, String, int)}. */
  public TlsStream connect(String host, int port, StreamOptions stream, ConnectOptions how) {
    return connect(TcpStream.connect(host, port, stream, how), host, port);
  }

  static TlsStream established(TlsStream stream) {
    boolean isDone = false;
    try {
      stream.handshake();
      isDone = true;
      return stream;
    } finally {
      if (!isDone) {
        stream.reset();
        stream.close();
      }
    }
  }

  private final class ClientRole implements Role {
    @Override
    public boolean hasSeveralRules() {
      return false;
    }

    @Override
    public boolean hasSameRules(@Nullable String one, @Nullable String other) {
      return true;
    }

    private final String host;
    private final int port;
    private final List<SNIServerName> names;

    ClientRole(String host, int port) {
      this.host = host;
      this.port = port;
      this.names = IpText.isAddress(host) ? List.of() : List.of(new SNIHostName(host));
    }

    @Override
    public boolean isServer() {
      return false;
    }

    @Override
    public Duration handshakeTimeout() {
      return options.handshakeTimeout();
    }

    @Override
    public @Nullable HandshakeGate gate() {
      return null;
    }

    @Override
    public Part choose(@Nullable ClientHello hello) {
      assert hello == null : "a client hears no hello";
      SSLEngine engine = context.createSSLEngine(host, port);
      engine.setUseClientMode(true);
      SSLParameters how = engine.getSSLParameters();
      how.setProtocols(options.protocols().toArray(String[]::new));
      how.setCipherSuites(TlsProtocols.CIPHER_SUITES.toArray(String[]::new));
      how.setEndpointIdentificationAlgorithm(options.verifyHostName() ? "HTTPS" : null);
      how.setServerNames(names);
      if (!options.applicationProtocols().isEmpty()) {
        how.setApplicationProtocols(options.applicationProtocols().toArray(String[]::new));
      }
      engine.setSSLParameters(how);
      return new Part(engine, options.tasks() == TaskPlace.WORKERS);
    }
  }
}
