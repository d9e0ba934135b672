package gyre.engine;

import java.net.InetAddress;
import java.net.NetworkInterface;
import java.net.SocketAddress;
import org.jspecify.annotations.Nullable;

/**
 * The calls on sockets that never wait. Descriptors are the engine's own small numbers. Every
 * method answers a negative errno instead of throwing.
 */
public interface Sockets {
  enum Family {
    INET4,
    INET6,
    UNIX
  }

  enum Type {
    STREAM,
    DATAGRAM
  }

  enum Option {
    NO_DELAY,
    KEEP_ALIVE,
    KEEP_ALIVE_IDLE_SECONDS,
    KEEP_ALIVE_INTERVAL_SECONDS,
    KEEP_ALIVE_COUNT,
    REUSE_ADDRESS,
    REUSE_PORT,
    /** Seconds; negative is off. */
    LINGER_SECONDS,
    SEND_BUFFER_BYTES,
    RECEIVE_BUFFER_BYTES,
    BROADCAST,
    MULTICAST_TIME_TO_LIVE,
    MULTICAST_LOOP,
    /** Only on INET6: 1 refuses IPv4-mapped peers. */
    IPV6_ONLY,
    /** May be bound to an address that is not this machine's. */
    TRANSPARENT,
    /** Binding to an address alone leaves the port to the connect, so that peers may share it. */
    LATE_PORT
  }

  /** A new non-blocking, close-on-exec socket, or -errno. */
  int open(Family family, Type type);

  int bind(int descriptor, SocketAddress address);

  int listen(int descriptor, int backlog);

  /** Connects a datagram socket, which does not wait. */
  int connect(int descriptor, SocketAddress address);

  int set(int descriptor, Option option, int value);

  /** The value, or -errno. */
  int get(int descriptor, Option option);

  /** Chooses the interface that multicast datagrams leave by. */
  int setMulticastInterface(int descriptor, NetworkInterface through);

  int join(int descriptor, InetAddress group, @Nullable NetworkInterface through);

  int leave(int descriptor, InetAddress group, @Nullable NetworkInterface through);

  int shutdownOutput(int descriptor);

  /**
   * Whether a stream socket has something to receive: bytes, the end, or an error. Bytes that an
   * operation has received and not handed over yet do not count: ask while none is active.
   */
  boolean hasInput(int descriptor);

  @Nullable SocketAddress localAddress(int descriptor);

  /** Of a connection that the peer has reset too; null where there is none. */
  @Nullable SocketAddress remoteAddress(int descriptor);

  /** Two connected Unix stream sockets, or -errno. */
  int pair(int[] two);

  /**
   * Gives up a descriptor without closing it, so that another loop's engine can {@link #adopt} it.
   * No operation may be active on it.
   */
  Object release(int descriptor);

  /**
   * Takes over what an engine of the same kind released. The descriptor; or -errno, and then it is
   * still to be adopted elsewhere or discarded.
   */
  int adopt(Object released);

  /** Closes what was released and nobody adopts. From any thread, also after the engine's end. */
  void discard(Object released);

  /**
   * Sends bytes over a Unix stream, and with them copies of descriptors, for another process.
   * Doesn't wait.
   *
   * @return the number of bytes, or -errno; {@code EOPNOTSUPP} where the engine can't
   */
  default int sendDescriptors(int stream, byte[] note, int[] descriptors) {
    return Errno.EOPNOTSUPP.negated();
  }

  /**
   * Receives what {@link #sendDescriptors} sends; no operation may be active on the stream.
   *
   * @param note is filled with what was sent
   * @param descriptors is filled with those that came, and -1 behind them; they are this engine's
   * @return the number of bytes, 0 at the end; or -errno
   */
  default int receiveDescriptors(int stream, byte[] note, int[] descriptors) {
    return Errno.EOPNOTSUPP.negated();
  }

  /**
   * Closes a descriptor on which no operation is active, of whatever kind it is: what an engine had
   * an operation on must be closed here, or the engine takes the number's next owner for it.
   */
  void close(int descriptor);
}
