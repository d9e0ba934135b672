package gyre.proxy;

import gyre.io.ByteAppender;
import gyre.io.ByteQueue;
import gyre.io.DecodeException;
import java.net.InetSocketAddress;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What a proxy says at the beginning of a connection that it makes for somebody else.
 *
 * @param isLocal the proxy speaks for itself, for example to check whether the server lives: there
 *     are no addresses
 * @param kind of what the proxy has accepted
 * @param source who has connected to the proxy; null of a kind without addresses of the internet
 * @param destination what he has connected to; null where the source is
 * @param unixPaths source and destination of a Unix socket; empty of other kinds
 * @param fields of version 2, in their order
 */
public record ProxyHeader(
    boolean isLocal,
    Kind kind,
    @Nullable InetSocketAddress source,
    @Nullable InetSocketAddress destination,
    List<String> unixPaths,
    List<Field> fields) {
  /** What the proxy has accepted. */
  public enum Kind {
    UNKNOWN,
    TCP4,
    TCP6,
    UDP4,
    UDP6,
    UNIX_STREAM,
    UNIX_DATAGRAM;

    boolean isInternet() {
      return this == TCP4 || this == TCP6 || this == UDP4 || this == UDP6;
    }

    boolean isUnix() {
      return this == UNIX_STREAM || this == UNIX_DATAGRAM;
    }
  }

  /**
   * A field of version 2.
   *
   * @param type for example {@link #AUTHORITY}
   */
  @SuppressWarnings("ArrayRecordComponent") // nobody compares them
  public record Field(int type, byte[] value) {
    public static final int ALPN = 0x01;

    /** The name that the client has asked for. */
    public static final int AUTHORITY = 0x02;

    public static final int CRC32C = 0x03;
    public static final int NOOP = 0x04;
    public static final int UNIQUE_ID = 0x05;
    public static final int SSL = 0x20;
    public static final int NETNS = 0x30;

    public Field {
      value = value.clone();
    }

    @Override
    public byte[] value() {
      return value.clone();
    }
  }

  public ProxyHeader {
    unixPaths = List.copyOf(unixPaths);
    fields = List.copyOf(fields);
  }

  /** Of a proxy that speaks for itself. */
  public static ProxyHeader local() {
    return new ProxyHeader(true, Kind.UNKNOWN, null, null, List.of(), List.of());
  }

  /** Of a TCP connection, whose addresses are both of the same kind. */
  public static ProxyHeader tcp(InetSocketAddress source, InetSocketAddress destination) {
    int length = source.getAddress().getAddress().length;
    if (length != destination.getAddress().getAddress().length) {
      throw new IllegalArgumentException(
          source + " and " + destination + " are not addresses of the same kind");
    }
    Kind kind = length == 4 ? Kind.TCP4 : Kind.TCP6;
    return new ProxyHeader(false, kind, source, destination, List.of(), List.of());
  }

  /** The same with these fields, which only version 2 carries. */
  public ProxyHeader withFields(List<Field> more) {
    return new ProxyHeader(isLocal, kind, source, destination, unixPaths, more);
  }

  /** The first field of a type; null if there is none. */
  public byte @Nullable [] field(int type) {
    for (Field each : fields) {
      if (each.type() == type) {
        return each.value();
      }
    }
    return null;
  }

  /**
   * Takes a header of either version from the front of {@code in}, however it comes.
   *
   * @param limitBytes that one of version 2 may have, at least 16
   * @return null while more bytes are needed; nothing is taken then
   * @throws DecodeException if there is none, or it is wrong
   */
  public static @Nullable ProxyHeader read(ByteQueue in, int limitBytes) {
    return ProxyDecoder.read(in, limitBytes);
  }

  /** Appends it as version 1, a line of text. */
  public void writeVersion1(ByteAppender out) {
    ProxyEncoder.version1(this, out);
  }

  /** Appends it as version 2. */
  public void writeVersion2(ByteAppender out) {
    ProxyEncoder.version2(this, out, false);
  }

  /** As {@link #writeVersion2}, with a checksum over it. */
  public void writeVersion2WithChecksum(ByteAppender out) {
    ProxyEncoder.version2(this, out, true);
  }
}
