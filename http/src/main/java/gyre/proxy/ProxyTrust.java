package gyre.proxy;

import gyre.Loop;
import gyre.Timer;
import gyre.io.ByteQueue;
import gyre.io.ByteStream;
import gyre.io.DataHandler;
import gyre.io.DecodeException;
import gyre.io.EndOfStreamException;
import gyre.net.TcpStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Whose PROXY headers are believed. Those who are trusted have to send one at the beginning of each
 * connection; from others a header is what it looks like, the first bytes of some protocol, since
 * everybody could claim to be anybody. Immutable.
 *
 * <pre>{@code
 * ProxyTrust.of("10.0.0.0/8", "2001:db8::/32").headerTimeout(Duration.ofSeconds(3));
 * }</pre>
 */
public final class ProxyTrust {
  private static final int DEFAULT_LIMIT_BYTES = 4096;
  private static final int LEAST_LIMIT_BYTES = 232; // two paths of Unix sockets

  private final List<Cidr> blocks;
  private final Duration headerTimeout;
  private final int headerBytes;

  private ProxyTrust(List<Cidr> blocks, Duration headerTimeout, int headerBytes) {
    this.blocks = List.copyOf(blocks);
    this.headerTimeout = headerTimeout;
    this.headerBytes = headerBytes;
  }

  /**
   * Trusts those whose addresses are in one of several blocks.
   *
   * @param blocks of addresses, at least one: {@code 10.0.0.0/8}, or a single address
   */
  public static ProxyTrust of(String... blocks) {
    if (blocks.length == 0) {
      throw new IllegalArgumentException("name the addresses of the proxies that are trusted");
    }
    List<Cidr> parsed = new ArrayList<>();
    for (String block : blocks) {
      parsed.add(Cidr.parse(block.strip()));
    }
    return new ProxyTrust(parsed, Duration.ofSeconds(10), DEFAULT_LIMIT_BYTES);
  }

  /** Until the header has to be there; 10 s by default. */
  public ProxyTrust headerTimeout(Duration value) {
    if (value.isNegative() || value.isZero()) {
      throw new IllegalArgumentException("headerTimeout " + value + " is not above zero");
    }
    return new ProxyTrust(blocks, value, headerBytes);
  }

  /** What a header of version 2 may have with all its fields; 4,096 by default. */
  public ProxyTrust headerBytes(int value) {
    if (value < LEAST_LIMIT_BYTES) {
      throw new IllegalArgumentException("headerBytes " + value + " is below " + LEAST_LIMIT_BYTES);
    }
    return new ProxyTrust(blocks, headerTimeout, value);
  }

  public Duration headerTimeout() {
    return headerTimeout;
  }

  public int headerBytes() {
    return headerBytes;
  }

  /** Whether headers from this address are believed. */
  public boolean isTrusted(@Nullable InetAddress address) {
    return address != null && blocks.stream().anyMatch(block -> block.contains(address));
  }

  private boolean isTrusted(TcpStream stream) {
    InetSocketAddress remote = stream.remoteAddress();
    return remote != null && isTrusted(remote.getAddress());
  }

  /**
   * Takes the header off the stream, if its peer is trusted, and tells who the client is. Parks.
   *
   * @return the client; the peer itself where that is not trusted or speaks for itself; null if
   *     nobody knows
   * @throws DecodeException if there is something else than a header
   * @throws EndOfStreamException if the stream ends before
   */
  public @Nullable InetSocketAddress awaitClient(TcpStream stream) {
    ProxyHeader header = awaitHeader(stream);
    return header == null ? stream.remoteAddress() : client(stream, header);
  }

  /** As {@link #awaitClient}, all that the header says; null where the peer is not trusted. */
  public @Nullable ProxyHeader awaitHeader(TcpStream stream) {
    if (!isTrusted(stream)) {
      return null;
    }
    try (Timer deadline = Loop.current().after(headerTimeout, stream::reset)) {
      assert deadline.isOpen();
      while (true) {
        ProxyHeader header = ProxyHeader.read(stream.input(), headerBytes);
        if (header != null) {
          return header;
        }
        if (!stream.awaitMore()) {
          throw stream.byPeer(ended(stream));
        }
      }
    } catch (DecodeException e) {
      throw stream.byPeer(e);
    }
  }

  private static DecodeException ended(TcpStream stream) {
    return DecodeException.malformed(
        "PROXY header", stream.input().size(), "the connection ends here");
  }

  private static @Nullable InetSocketAddress client(TcpStream stream, ProxyHeader header) {
    return header.isLocal() ? stream.remoteAddress() : header.source();
  }

  /** Is told who the client is. */
  @FunctionalInterface
  public interface ClientHandler {
    void client(@Nullable InetSocketAddress address) throws Exception;
  }

  /**
   * In push style: as {@link #awaitClient}, and calls {@code handler} then, which takes the stream
   * over by {@link TcpStream#onData}. Where there is no header the stream is reset.
   */
  public void onClient(TcpStream stream, ClientHandler handler) throws Exception {
    if (!isTrusted(stream)) {
      handler.client(stream.remoteAddress());
      return;
    }
    stream.onData(new Waiting(stream, handler));
  }

  private final class Waiting implements DataHandler {
    private final TcpStream stream;
    private final ClientHandler handler;
    private final Timer deadline;

    Waiting(TcpStream stream, ClientHandler handler) {
      this.stream = stream;
      this.handler = handler;
      this.deadline = Loop.current().after(headerTimeout, stream::reset);
      deadline.background(true);
    }

    @Override
    public void onData(ByteQueue in) throws Exception {
      ProxyHeader header;
      try {
        header = ProxyHeader.read(in, headerBytes);
      } catch (DecodeException e) {
        throw stream.byPeer(e);
      }
      if (header != null) {
        deadline.close();
        handler.client(client(stream, header));
      }
    }

    @Override
    public void onEnd(ByteStream ended) {
      ended.reset();
    }

    @Override
    public void onClosed(ByteStream closed) {
      deadline.close();
    }
  }
}
