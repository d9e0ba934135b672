package gyre.engine.kernel;

import static gyre.sys.LinuxSockets.AF_INET;
import static gyre.sys.LinuxSockets.AF_INET6;
import static gyre.sys.LinuxSockets.AF_UNIX;
import static gyre.sys.LinuxSockets.IPPROTO_IP;
import static gyre.sys.LinuxSockets.IPPROTO_IPV6;
import static gyre.sys.LinuxSockets.IPPROTO_TCP;
import static gyre.sys.LinuxSockets.SOL_SOCKET;

import gyre.engine.EngineCounters;
import gyre.engine.Errno;
import gyre.engine.Poll;
import gyre.engine.Sockets;
import gyre.sys.CallState;
import gyre.sys.LinuxFiles;
import gyre.sys.LinuxSockets;
import gyre.sys.Memory;
import gyre.sys.RawAddress;
import java.net.Inet4Address;
import java.net.InetAddress;
import java.net.NetworkInterface;
import java.net.SocketAddress;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * Sockets whose descriptors are the kernel's own. Confined to the thread of its engine.
 *
 * <p>It remembers the address family of each descriptor, since an IPv6 socket wants IPv4 addresses
 * in another form than an IPv4 socket.
 */
public class KernelSockets implements Sockets {
  /** What travels from one engine to another. */
  protected record Released(int descriptor, int family) {}

  private static final int VALUE_BYTES = 64;

  private final EngineCounters counters;
  private final CallState state;

  /** Never given back: a few hundred bytes per engine are not worth a liveness check. */
  private final long scratch;

  private final long value;
  private final long valueLength;

  /** By descriptor; 0 where not known yet. */
  private byte[] families = new byte[64];

  /**
   * Sockets of one engine.
   *
   * @param calls of the engine, whose thread is the only one to use it
   */
  public KernelSockets(EngineCounters counters, CallState calls) {
    this.counters = counters;
    this.state = calls;
    this.scratch = calls.allocate(RawAddress.CAPACITY_BYTES + VALUE_BYTES);
    this.value = scratch + RawAddress.CAPACITY_BYTES;
    this.valueLength = value + VALUE_BYTES - 8;
  }

  @Override
  public int open(Family family, Type type) {
    int domain =
        switch (family) {
          case INET4 -> AF_INET;
          case INET6 -> AF_INET6;
          case UNIX -> AF_UNIX;
        };
    int kind = type == Type.STREAM ? LinuxSockets.SOCK_STREAM : LinuxSockets.SOCK_DGRAM;
    counters.calls++;
    int fd =
        LinuxSockets.socket(
            state, domain, kind | LinuxSockets.SOCK_NONBLOCK | LinuxSockets.SOCK_CLOEXEC, 0);
    if (fd >= 0) {
      remember(fd, domain);
      if (type == Type.STREAM && family != Family.UNIX) {
        takeUrgentDataInLine(fd);
      }
    }
    return fd;
  }

  /**
   * Urgent data is a byte like any other, as RFC 6093 advises: nobody between can then see another
   * stream than the reader. What a listener accepts inherits it. Kept apart, it would be dropped,
   * and what the kernel tells of readiness at its mark differs from one version to the next.
   */
  private void takeUrgentDataInLine(int descriptor) {
    int result = setInt(descriptor, SOL_SOCKET, LinuxSockets.SO_OOBINLINE, 1);
    assert result == 0 : "each kernel has this for TCP";
  }

  @Override
  public int bind(int descriptor, SocketAddress address) {
    int length = encode(descriptor, address, scratch);
    counters.calls++;
    return length < 0 ? length : LinuxSockets.bind(state, descriptor, scratch, length);
  }

  @Override
  public int listen(int descriptor, int backlog) {
    counters.calls++;
    return LinuxSockets.listen(state, descriptor, backlog);
  }

  @Override
  public int connect(int descriptor, SocketAddress address) {
    int length = encode(descriptor, address, scratch);
    counters.calls++;
    return length < 0 ? length : LinuxSockets.connect(state, descriptor, scratch, length);
  }

  /**
   * Writes an address in the form that a descriptor's family wants.
   *
   * @param to room for {@link RawAddress#CAPACITY_BYTES}
   * @return its length, or a negative errno
   */
  public final int encode(int descriptor, SocketAddress address, long to) {
    int family = family(descriptor);
    return family < 0 ? family : RawAddress.encode(address, family, to);
  }

  /** {@code AF_INET} and so on, or a negative errno. */
  public final int family(int descriptor) {
    if (descriptor >= 0 && descriptor < families.length && families[descriptor] != 0) {
      return families[descriptor];
    }
    int family = getInt(descriptor, SOL_SOCKET, LinuxSockets.SO_DOMAIN);
    if (family > 0) {
      remember(descriptor, family);
    }
    return family;
  }

  /** What a listener has accepted is of its family; asking would be a call for each connection. */
  public final void inherit(int listener, int connection) {
    int family = family(listener);
    if (family > 0) {
      remember(connection, family);
    }
  }

  /**
   * Whether a read of a stream stops behind a message that brought descriptors, though more has
   * come: the kernel keeps such messages apart, on Unix sockets alone.
   */
  public final boolean keepsMessagesApart(int descriptor) {
    return family(descriptor) == AF_UNIX;
  }

  private void remember(int descriptor, int family) {
    if (descriptor >= families.length) {
      families = Arrays.copyOf(families, Math.max(descriptor + 1, families.length * 2));
    }
    families[descriptor] = (byte) family;
  }

  private void forget(int descriptor) {
    if (descriptor < families.length) {
      families[descriptor] = 0;
    }
  }

  @Override
  public int set(int descriptor, Option option, int setting) {
    return switch (option) {
      case LINGER_SECONDS -> setLinger(descriptor, setting);
      case MULTICAST_TIME_TO_LIVE, MULTICAST_LOOP -> setMulticast(descriptor, option, setting);
      case TRANSPARENT ->
          family(descriptor) == AF_INET6
              ? setInt(descriptor, IPPROTO_IPV6, LinuxSockets.IPV6_TRANSPARENT, setting)
              : setInt(descriptor, IPPROTO_IP, LinuxSockets.IP_TRANSPARENT, setting);
      default -> setInt(descriptor, level(option), number(option), setting);
    };
  }

  @Override
  public int get(int descriptor, Option option) {
    int family = family(descriptor);
    if (family < 0) {
      return family;
    }
    return switch (option) {
      case LINGER_SECONDS -> linger(descriptor);
      case TRANSPARENT ->
          family == AF_INET6
              ? getInt(descriptor, IPPROTO_IPV6, LinuxSockets.IPV6_TRANSPARENT)
              : getInt(descriptor, IPPROTO_IP, LinuxSockets.IP_TRANSPARENT);
      case MULTICAST_TIME_TO_LIVE ->
          family == AF_INET6
              ? getInt(descriptor, IPPROTO_IPV6, LinuxSockets.IPV6_MULTICAST_HOPS)
              : getInt(descriptor, IPPROTO_IP, LinuxSockets.IP_MULTICAST_TTL);
      case MULTICAST_LOOP ->
          family == AF_INET6
              ? getInt(descriptor, IPPROTO_IPV6, LinuxSockets.IPV6_MULTICAST_LOOP)
              : getInt(descriptor, IPPROTO_IP, LinuxSockets.IP_MULTICAST_LOOP);
      case SEND_BUFFER_BYTES, RECEIVE_BUFFER_BYTES -> {
        // The kernel doubles what it is asked for and reports that.
        int doubled = getInt(descriptor, SOL_SOCKET, number(option));
        yield doubled < 0 ? doubled : doubled / 2;
      }
      default -> getInt(descriptor, level(option), number(option));
    };
  }

  private static int level(Option option) {
    return switch (option) {
      case NO_DELAY, KEEP_ALIVE_IDLE_SECONDS, KEEP_ALIVE_INTERVAL_SECONDS, KEEP_ALIVE_COUNT ->
          IPPROTO_TCP;
      case IPV6_ONLY -> IPPROTO_IPV6;
      case LATE_PORT -> IPPROTO_IP;
      default -> SOL_SOCKET;
    };
  }

  private static int number(Option option) {
    return switch (option) {
      case NO_DELAY -> LinuxSockets.TCP_NODELAY;
      case KEEP_ALIVE -> LinuxSockets.SO_KEEPALIVE;
      case KEEP_ALIVE_IDLE_SECONDS -> LinuxSockets.TCP_KEEPIDLE;
      case KEEP_ALIVE_INTERVAL_SECONDS -> LinuxSockets.TCP_KEEPINTVL;
      case KEEP_ALIVE_COUNT -> LinuxSockets.TCP_KEEPCNT;
      case REUSE_ADDRESS -> LinuxSockets.SO_REUSEADDR;
      case REUSE_PORT -> LinuxSockets.SO_REUSEPORT;
      case SEND_BUFFER_BYTES -> LinuxSockets.SO_SNDBUF;
      case RECEIVE_BUFFER_BYTES -> LinuxSockets.SO_RCVBUF;
      case BROADCAST -> LinuxSockets.SO_BROADCAST;
      case IPV6_ONLY -> LinuxSockets.IPV6_V6ONLY;
      case LATE_PORT -> LinuxSockets.IP_BIND_ADDRESS_NO_PORT;
      case LINGER_SECONDS, MULTICAST_TIME_TO_LIVE, MULTICAST_LOOP, TRANSPARENT ->
          throw new AssertionError(option);
    };
  }

  /** {@code struct linger}: on or off, seconds. */
  private int setLinger(int descriptor, int seconds) {
    Memory.putInt(value, seconds < 0 ? 0 : 1);
    Memory.putInt(value + 4, Math.max(0, seconds));
    return setOption(descriptor, SOL_SOCKET, LinuxSockets.SO_LINGER, 8);
  }

  private int linger(int descriptor) {
    int result = getOption(descriptor, SOL_SOCKET, LinuxSockets.SO_LINGER, 8);
    if (result < 0) {
      return result;
    }
    return Memory.getInt(value) == 0 ? -1 : Memory.getInt(value + 4);
  }

  /** An IPv6 socket sends to IPv4 groups as well, under IPv4's settings. */
  private int setMulticast(int descriptor, Option option, int setting) {
    int family = family(descriptor);
    if (family < 0) {
      return family;
    }
    boolean isLoop = option == Option.MULTICAST_LOOP;
    int four = isLoop ? LinuxSockets.IP_MULTICAST_LOOP : LinuxSockets.IP_MULTICAST_TTL;
    int six = isLoop ? LinuxSockets.IPV6_MULTICAST_LOOP : LinuxSockets.IPV6_MULTICAST_HOPS;
    int result = setInt(descriptor, IPPROTO_IP, four, setting);
    return family == AF_INET6 ? setInt(descriptor, IPPROTO_IPV6, six, setting) : result;
  }

  @Override
  public int setMulticastInterface(int descriptor, NetworkInterface through) {
    int family = family(descriptor);
    if (family < 0) {
      return family;
    }
    putMulticastRequest(null, through);
    int result = setOption(descriptor, IPPROTO_IP, LinuxSockets.IP_MULTICAST_IF, 12);
    return family == AF_INET6
        ? setInt(descriptor, IPPROTO_IPV6, LinuxSockets.IPV6_MULTICAST_IF, through.getIndex())
        : result;
  }

  @Override
  public int join(int descriptor, InetAddress group, @Nullable NetworkInterface through) {
    return member(
        descriptor,
        group,
        through,
        LinuxSockets.IP_ADD_MEMBERSHIP,
        LinuxSockets.IPV6_ADD_MEMBERSHIP);
  }

  @Override
  public int leave(int descriptor, InetAddress group, @Nullable NetworkInterface through) {
    return member(
        descriptor,
        group,
        through,
        LinuxSockets.IP_DROP_MEMBERSHIP,
        LinuxSockets.IPV6_DROP_MEMBERSHIP);
  }

  private int member(
      int descriptor, InetAddress group, @Nullable NetworkInterface through, int four, int six) {
    if (group instanceof Inet4Address) {
      putMulticastRequest(group, through);
      return setOption(descriptor, IPPROTO_IP, four, 12);
    }
    Memory.copy(group.getAddress(), 0, value, 16);
    Memory.putInt(value + 16, through == null ? 0 : through.getIndex());
    return setOption(descriptor, IPPROTO_IPV6, six, 20);
  }

  /** {@code struct ip_mreqn}: group, address of the interface (none), its index. */
  private void putMulticastRequest(
      @Nullable InetAddress group, @Nullable NetworkInterface through) {
    Memory.putLong(value, 0);
    if (group != null) {
      Memory.copy(group.getAddress(), 0, value, 4);
    }
    Memory.putInt(value + 8, through == null ? 0 : through.getIndex());
  }

  private int setInt(int descriptor, int level, int option, int setting) {
    Memory.putInt(value, setting);
    return setOption(descriptor, level, option, 4);
  }

  private int setOption(int descriptor, int level, int option, int length) {
    counters.calls++;
    return LinuxSockets.setsockopt(state, descriptor, level, option, value, length);
  }

  private int getInt(int descriptor, int level, int option) {
    int result = getOption(descriptor, level, option, 4);
    return result < 0 ? result : Memory.getInt(value);
  }

  private int getOption(int descriptor, int level, int option, int length) {
    counters.calls++;
    Memory.putInt(valueLength, length);
    return LinuxSockets.getsockopt(state, descriptor, level, option, value, valueLength);
  }

  @Override
  public int shutdownOutput(int descriptor) {
    counters.calls++;
    return LinuxSockets.shutdown(state, descriptor, LinuxSockets.SHUT_WR);
  }

  /** Not by a receive that peeks: it takes an error away, and what comes next is an orderly end. */
  @Override
  public boolean hasInput(int descriptor) {
    counters.calls++;
    return LinuxFiles.poll(state, descriptor, Poll.READABLE, 0, scratch) > 0;
  }

  @Override
  public @Nullable SocketAddress localAddress(int descriptor) {
    counters.calls++;
    Memory.putInt(valueLength, RawAddress.CAPACITY_BYTES);
    int result = LinuxSockets.getsockname(state, descriptor, scratch, valueLength);
    return result < 0 ? null : RawAddress.decode(scratch, Memory.getInt(valueLength));
  }

  @Override
  public @Nullable SocketAddress remoteAddress(int descriptor) {
    counters.calls++;
    Memory.putInt(valueLength, RawAddress.CAPACITY_BYTES);
    int result = LinuxSockets.getpeername(state, descriptor, scratch, valueLength);
    if (result == Errno.ENOTCONN.negated()) {
      result = peerBeforeReset(descriptor);
    }
    return result < 0 ? null : RawAddress.decode(scratch, Memory.getInt(valueLength));
  }

  /** What {@code getpeername} does not tell any more. The room must have the very length. */
  private int peerBeforeReset(int descriptor) {
    int length =
        switch (family(descriptor)) {
          case AF_INET -> RawAddress.INET4_BYTES;
          case AF_INET6 -> RawAddress.INET6_BYTES;
          default -> 0;
        };
    if (length == 0) {
      return Errno.ENOTCONN.negated();
    }
    counters.calls++;
    Memory.putInt(valueLength, length);
    return LinuxSockets.getsockopt(
        state, descriptor, LinuxSockets.SOL_SOCKET, LinuxSockets.SO_PEERNAME, scratch, valueLength);
  }

  @Override
  public int pair(int[] two) {
    counters.calls++;
    int type = LinuxSockets.SOCK_STREAM | LinuxSockets.SOCK_NONBLOCK | LinuxSockets.SOCK_CLOEXEC;
    int result = LinuxSockets.socketpair(state, AF_UNIX, type, value);
    if (result == 0) {
      two[0] = Memory.getInt(value);
      two[1] = Memory.getInt(value + 4);
      remember(two[0], AF_UNIX);
      remember(two[1], AF_UNIX);
    }
    return result;
  }

  @Override
  public Object release(int descriptor) {
    Released released = new Released(descriptor, Math.max(0, family(descriptor)));
    forget(descriptor);
    return released;
  }

  @Override
  public int adopt(Object released) {
    if (!(released instanceof Released(int descriptor, int family))) {
      return Errno.EINVAL.negated();
    }
    remember(descriptor, family);
    return descriptor;
  }

  @Override
  public void discard(Object released) {
    LinuxFiles.discard(state, ((Released) released).descriptor);
  }

  @Override
  public int sendDescriptors(int stream, byte[] note, int[] descriptors) {
    counters.calls++;
    return LinuxSockets.sendDescriptors(state, stream, note, descriptors);
  }

  @Override
  public int receiveDescriptors(int stream, byte[] note, int[] descriptors) {
    counters.calls++;
    return LinuxSockets.receiveDescriptors(state, stream, note, descriptors);
  }

  @Override
  public void close(int descriptor) {
    forget(descriptor);
    counters.calls++;
    int ignored = LinuxFiles.close(state, descriptor);
  }
}
