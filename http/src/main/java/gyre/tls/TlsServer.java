package gyre.tls;

import gyre.CancelledException;
import gyre.Fiber;
import gyre.io.ByteStream;
import gyre.net.ConnectionHandler;
import gyre.net.TcpStream;
import java.time.Duration;
import java.util.concurrent.Callable;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Function;

/**
 * The server's side of TLS: makes a {@link TlsStream} of each accepted stream.
 *
 * <pre>{@code
 * TlsServer tls = TlsServer.of(TlsServerOptions.of(TlsIdentity.load(chain, key)));
 * TcpServer.serve(group, address, options, tcp -> {
 *   try (TlsStream stream = tls.accept(tcp)) {
 *     talk(stream);
 *   }
 * });
 * }</pre>
 *
 * <p>Used by any number of threads. At most twice as many handshakes are under way as there are
 * processors, of all servers of the process together; others wait, within their deadline.
 */
public final class TlsServer {
  private final Callable<TlsServerOptions> loader;
  private final HandshakeGate gate;
  private final AtomicLong reloads = new AtomicLong();
  private volatile ServerRole role;

  private TlsServer(
      Callable<TlsServerOptions> loader, TlsServerOptions options, HandshakeGate gate) {
    this.loader = loader;
    this.gate = gate;
    this.role = new ServerRole(options, gate);
  }

  public static TlsServer of(TlsServerOptions options) {
    return new TlsServer(() -> options, options, HandshakeGate.PROCESS);
  }

  static TlsServer of(TlsServerOptions options, HandshakeGate gate) {
    return new TlsServer(() -> options, options, gate);
  }

  /**
   * One whose certificates can change: {@link #reload} calls the loader again.
   *
   * @param loader reads files, and so blocks; it is called here for the first time
   * @throws Exception what the loader throws
   */
  public static TlsServer load(Callable<TlsServerOptions> loader) throws Exception {
    return new TlsServer(loader, loader.call(), HandshakeGate.PROCESS);
  }

  /**
   * Has the loader read again. Handshakes that begin from now on have what it gives; connections
   * that stand stay as they are. In a fiber it reads on the workers.
   *
   * @throws Exception what the loader throws: then everything stays as it was
   */
  public void reload() throws Exception {
    use(Fiber.offload(loader));
  }

  /** Handshakes that begin from now on have these options. From any thread. */
  public void use(TlsServerOptions options) {
    role = new ServerRole(options, gate);
    long ignored = reloads.incrementAndGet();
  }

  /** Who it is for clients that ask for no name. */
  public TlsIdentity identity() {
    return role.identity();
  }

  /** How often something else was used than before. */
  public long reloads() {
    return reloads.get();
  }

  /**
   * Begins the handshake over {@code lower}, which belongs to the new stream from now on, and
   * returns at once: for push style, and for who reads right away. On the loop of that stream.
   */
  public TlsStream stream(ByteStream lower) {
    return TlsStream.over(lower, role);
  }

  /**
   * As {@link #stream(ByteStream)}, with no more than {@code handshakeTimeout} for the handshake,
   * or than the options say if that is less.
   */
  public TlsStream stream(ByteStream lower, Duration handshakeTimeout) {
    return TlsStream.over(lower, HastyRole.of(role, handshakeTimeout));
  }

  /**
   * As {@link #stream(ByteStream)}, and parks until the handshake has ended.
   *
   * @throws TlsException if it failed; both streams are closed then
   */
  public TlsStream accept(ByteStream lower) {
    TlsStream stream = stream(lower);
    return TlsClient.established(stream);
  }

  /** What is done with a connection, in its fiber. */
  @FunctionalInterface
  public interface Talk {
    void with(TlsStream stream) throws Exception;
  }

  /**
   * For {@link gyre.net.TcpServer#serve}: what it gives each connection to. The handshake goes on
   * while {@code talk} runs. When that returns the peer is told of the end; where it throws, the
   * connection is reset, so that a part is never taken for the whole.
   */
  public ConnectionHandler<TcpStream> serving(Talk talk) {
    return serving(talk, this::stream);
  }

  /** As {@link #serving(Talk)}, with a limit as {@link #stream(ByteStream, Duration)} has it. */
  public ConnectionHandler<TcpStream> serving(Talk talk, Duration handshakeTimeout) {
    return serving(talk, tcp -> stream(tcp, handshakeTimeout));
  }

  private static ConnectionHandler<TcpStream> serving(
      Talk talk, Function<TcpStream, TlsStream> securing) {
    return tcp -> {
      TlsStream stream = securing.apply(tcp);
      boolean isWhole = false;
      try {
        talk.with(stream);
        isWhole = true;
      } catch (CancelledException e) {
        isWhole = stream.isEndedIdle();
        throw e;
      } finally {
        if (!isWhole) {
          stream.reset();
        }
        stream.close();
      }
    };
  }

  /** Whether as many handshakes are under way as may be. From any thread. */
  public boolean isBusy() {
    return gate.isFull();
  }
}
