package gyre.sim.kernel;

import gyre.engine.Errno;
import gyre.engine.Poll;
import gyre.engine.Sockets;
import gyre.engine.Sockets.Family;
import gyre.engine.Sockets.Option;
import gyre.sim.engine.Datagram;
import gyre.sim.engine.Pieces;
import gyre.sim.engine.SimSocket;
import gyre.sys.LinuxFiles;
import gyre.sys.LinuxSockets;
import gyre.sys.Memory;
import gyre.sys.RawAddress;
import gyre.sys.Syscall;
import java.net.InetAddress;
import java.net.SocketAddress;
import java.net.UnknownHostException;
import org.jspecify.annotations.Nullable;

/** Calls on sockets and pipes, which never wait. */
final class SocketCalls {
  private static final int EBADF = Errno.EBADF.negated();
  private static final int POLLNVAL = 0x20;
  private static final int EINVAL = Errno.EINVAL.negated();

  private final SimKernel kernel;

  SocketCalls(SimKernel kernel) {
    this.kernel = kernel;
  }

  void addTo(SimKernel to) {
    to.on(Syscall.SOCKET, (family, type, _, _, _, _) -> open((int) family, (int) type));
    to.on(Syscall.BIND, (fd, at, length, _, _, _) -> bind((int) fd, at, (int) length));
    to.on(Syscall.LISTEN, (fd, backlog, _, _, _, _) -> sockets().listen((int) fd, (int) backlog));
    to.on(Syscall.CONNECT, (fd, at, length, _, _, _) -> connect((int) fd, at, (int) length));
    to.on(Syscall.ACCEPT4, (fd, _, _, _, _, _) -> accept((int) fd));
    to.on(Syscall.SHUTDOWN, (fd, _, _, _, _, _) -> sockets().shutdownOutput((int) fd));
    to.on(Syscall.GETSOCKNAME, (fd, at, length, _, _, _) -> name((int) fd, at, length, false));
    to.on(Syscall.GETPEERNAME, (fd, at, length, _, _, _) -> name((int) fd, at, length, true));
    to.on(Syscall.SOCKETPAIR, (_, _, _, two, _, _) -> pair(two));
    to.on(
        Syscall.SETSOCKOPT,
        (fd, level, option, value, _, _) -> set((int) fd, (int) level, (int) option, value));
    to.on(
        Syscall.GETSOCKOPT,
        (fd, level, option, value, length, _) ->
            get((int) fd, (int) level, (int) option, value, length));
    to.on(
        Syscall.RECVFROM,
        (fd, at, length, flags, _, _) -> receive((int) fd, at, (int) length, (int) flags));
    to.on(Syscall.RECVMSG, (fd, message, _, _, _, _) -> receiveMessage((int) fd, message));
    to.on(
        Syscall.SENDTO,
        (fd, at, length, _, _, _) -> send((int) fd, Pieces.of(at, (int) length), null));
    to.on(Syscall.SENDMSG, (fd, message, _, _, _, _) -> sendMessage((int) fd, message));
    to.on(Syscall.PIPE2, (two, _, _, _, _, _) -> pipe(two));
    to.on(Syscall.PPOLL, (at, count, timeout, _, _, _) -> poll(at, (int) count, timeout));
    to.on(Syscall.FCNTL, (fd, command, _, _, _, _) -> control((int) fd, (int) command));
  }

  private Sockets sockets() {
    return kernel.process.sockets();
  }

  private @Nullable SimSocket find(int fd) {
    return kernel.process.find(fd);
  }

  /** Of one descriptor, as who only looks has it. */
  private int poll(long at, int count, long timeout) {
    assert count == 1 && Memory.getLong(timeout) == 0 && Memory.getLong(timeout + 8) == 0
        : "nobody waits by it";
    SimSocket socket = find(Memory.getInt(at));
    int wanted = Memory.getShort(at + 4);
    int there = socket == null ? POLLNVAL : socket.levels() & (wanted | Poll.ERROR | Poll.HANG_UP);
    Memory.putInt(at + 4, wanted | (there << 16));
    return there == 0 ? 0 : 1;
  }

  // ---- making them

  private int open(int domain, int type) {
    Family family =
        switch (domain) {
          case LinuxSockets.AF_UNIX -> Family.UNIX;
          case LinuxSockets.AF_INET6 -> Family.INET6;
          default -> Family.INET4;
        };
    boolean isStream = (type & 0xF) == LinuxSockets.SOCK_STREAM;
    return sockets().open(family, isStream ? Sockets.Type.STREAM : Sockets.Type.DATAGRAM);
  }

  private boolean isDatagram(int fd) {
    SimSocket socket = find(fd);
    return socket != null && socket.isDatagram();
  }

  private int bind(int fd, long at, int length) {
    SocketAddress address = RawAddress.decode(at, length);
    return address == null ? EINVAL : sockets().bind(fd, address);
  }

  private int connect(int fd, long at, int length) {
    SocketAddress address = RawAddress.decode(at, length);
    SimSocket socket = find(fd);
    if (socket == null || address == null) {
      return socket == null ? EBADF : EINVAL;
    }
    return socket.connectNow(address);
  }

  private int accept(int fd) {
    SimSocket socket = find(fd);
    return socket == null ? EBADF : socket.acceptNow();
  }

  private int pair(long two) {
    int[] pair = new int[2];
    int result = sockets().pair(pair);
    Memory.putInt(two, pair[0]);
    Memory.putInt(two + 4, pair[1]);
    return result;
  }

  private int pipe(long two) {
    int[] pair = new int[2];
    int result = kernel.process.pipes().pipe(pair);
    Memory.putInt(two, pair[0]);
    Memory.putInt(two + 4, pair[1]);
    return result;
  }

  private int control(int fd, int command) {
    if (find(fd) == null) {
      return EBADF;
    }
    return command == LinuxFiles.F_SETFL || command == LinuxFiles.F_GETFL ? 0 : EINVAL;
  }

  // ---- names

  static int encode(SocketAddress address, Family family, long to) {
    int domain =
        switch (family) {
          case UNIX -> LinuxSockets.AF_UNIX;
          case INET4 -> LinuxSockets.AF_INET;
          case INET6 -> LinuxSockets.AF_INET6;
        };
    return RawAddress.encode(address, domain, to);
  }

  private int name(int fd, long at, long length, boolean isPeer) {
    SimSocket socket = find(fd);
    if (socket == null) {
      return EBADF;
    }
    SocketAddress address = isPeer ? sockets().remoteAddress(fd) : sockets().localAddress(fd);
    if (address == null && isPeer) {
      return Errno.ENOTCONN.negated();
    }
    if (address == null) {
      Memory.putShort(at, (short) 0);
      Memory.putInt(length, 2);
      return 0;
    }
    int bytes = encode(address, socket.family(), at);
    Memory.putInt(length, bytes);
    return Math.min(bytes, 0);
  }

  // ---- options

  private static @Nullable Option option(int level, int number) {
    return switch (level << 16 | number) {
      case LinuxSockets.SOL_SOCKET << 16 | LinuxSockets.SO_KEEPALIVE -> Option.KEEP_ALIVE;
      case LinuxSockets.SOL_SOCKET << 16 | LinuxSockets.SO_REUSEADDR -> Option.REUSE_ADDRESS;
      case LinuxSockets.SOL_SOCKET << 16 | LinuxSockets.SO_REUSEPORT -> Option.REUSE_PORT;
      case LinuxSockets.SOL_SOCKET << 16 | LinuxSockets.SO_SNDBUF -> Option.SEND_BUFFER_BYTES;
      case LinuxSockets.SOL_SOCKET << 16 | LinuxSockets.SO_RCVBUF -> Option.RECEIVE_BUFFER_BYTES;
      case LinuxSockets.SOL_SOCKET << 16 | LinuxSockets.SO_BROADCAST -> Option.BROADCAST;
      case LinuxSockets.SOL_SOCKET << 16 | LinuxSockets.SO_LINGER -> Option.LINGER_SECONDS;
      case LinuxSockets.IPPROTO_TCP << 16 | LinuxSockets.TCP_NODELAY -> Option.NO_DELAY;
      case LinuxSockets.IPPROTO_TCP << 16 | LinuxSockets.TCP_KEEPIDLE ->
          Option.KEEP_ALIVE_IDLE_SECONDS;
      case LinuxSockets.IPPROTO_TCP << 16 | LinuxSockets.TCP_KEEPINTVL ->
          Option.KEEP_ALIVE_INTERVAL_SECONDS;
      case LinuxSockets.IPPROTO_TCP << 16 | LinuxSockets.TCP_KEEPCNT -> Option.KEEP_ALIVE_COUNT;
      case LinuxSockets.IPPROTO_IPV6 << 16 | LinuxSockets.IPV6_V6ONLY -> Option.IPV6_ONLY;
      case LinuxSockets.IPPROTO_IP << 16 | LinuxSockets.IP_MULTICAST_TTL,
          LinuxSockets.IPPROTO_IPV6 << 16 | LinuxSockets.IPV6_MULTICAST_HOPS ->
          Option.MULTICAST_TIME_TO_LIVE;
      case LinuxSockets.IPPROTO_IP << 16 | LinuxSockets.IP_MULTICAST_LOOP,
          LinuxSockets.IPPROTO_IPV6 << 16 | LinuxSockets.IPV6_MULTICAST_LOOP ->
          Option.MULTICAST_LOOP;
      default -> null;
    };
  }

  private int set(int fd, int level, int number, long value) {
    if (find(fd) == null) {
      return EBADF;
    }
    if (level == LinuxSockets.SOL_SOCKET && number == LinuxSockets.SO_OOBINLINE) {
      return 0; // nobody in the simulated world sends urgent data
    }
    Option option = option(level, number);
    if (option == Option.LINGER_SECONDS) {
      return sockets().set(fd, option, Memory.getInt(value) == 0 ? -1 : Memory.getInt(value + 4));
    }
    return option == null
        ? setMembership(fd, level, number, value)
        : sockets().set(fd, option, Memory.getInt(value));
  }

  private int setMembership(int fd, int level, int number, long value) {
    boolean isFour = level == LinuxSockets.IPPROTO_IP;
    byte[] group = new byte[isFour ? 4 : 16];
    Memory.copy(value, group, 0, group.length);
    try {
      InetAddress address = InetAddress.getByAddress(group);
      return switch (level << 16 | number) {
        case LinuxSockets.IPPROTO_IP << 16 | LinuxSockets.IP_ADD_MEMBERSHIP,
            LinuxSockets.IPPROTO_IPV6 << 16 | LinuxSockets.IPV6_ADD_MEMBERSHIP ->
            sockets().join(fd, address, null);
        case LinuxSockets.IPPROTO_IP << 16 | LinuxSockets.IP_DROP_MEMBERSHIP,
            LinuxSockets.IPPROTO_IPV6 << 16 | LinuxSockets.IPV6_DROP_MEMBERSHIP ->
            sockets().leave(fd, address, null);
        case LinuxSockets.IPPROTO_IP << 16 | LinuxSockets.IP_MULTICAST_IF,
            LinuxSockets.IPPROTO_IPV6 << 16 | LinuxSockets.IPV6_MULTICAST_IF ->
            isDatagram(fd) ? 0 : EINVAL;
        default -> Errno.ENOPROTOOPT.negated();
      };
    } catch (UnknownHostException impossible) {
      throw new AssertionError(impossible);
    }
  }

  private int get(int fd, int level, int number, long value, long length) {
    SimSocket socket = find(fd);
    if (socket == null) {
      return EBADF;
    }
    if (level == LinuxSockets.SOL_SOCKET && number == LinuxSockets.SO_PEERNAME) {
      return name(fd, value, length, true);
    }
    int result = valueOf(socket, level, number);
    if (result == UNKNOWN) {
      Option option = option(level, number);
      result = option == null ? Errno.ENOPROTOOPT.negated() : sockets().get(fd, option);
      if (option == Option.LINGER_SECONDS) {
        Memory.putInt(value, result < 0 ? 0 : 1);
        Memory.putInt(value + 4, Math.max(0, result));
        return 0;
      }
    }
    if (result < 0) {
      return result;
    }
    Memory.putInt(value, result);
    Memory.putInt(length, Integer.BYTES);
    return 0;
  }

  private static final int UNKNOWN = Integer.MIN_VALUE;

  private static int valueOf(SimSocket socket, int level, int number) {
    if (level != LinuxSockets.SOL_SOCKET) {
      return UNKNOWN;
    }
    return switch (number) {
      case LinuxSockets.SO_DOMAIN ->
          socket.isPipe()
              ? Errno.ENOTSOCK.negated()
              : switch (socket.family()) {
                case UNIX -> LinuxSockets.AF_UNIX;
                case INET4 -> LinuxSockets.AF_INET;
                case INET6 -> LinuxSockets.AF_INET6;
              };
      case LinuxSockets.SO_TYPE ->
          socket.isStream() ? LinuxSockets.SOCK_STREAM : LinuxSockets.SOCK_DGRAM;
      case LinuxSockets.SO_ERROR -> -socket.takeError();
      default -> UNKNOWN;
    };
  }

  // ---- bytes

  private int receive(int fd, long at, int length, int flags) {
    SimSocket socket = find(fd);
    if (socket == null) {
      return EBADF;
    }
    boolean peeks = (flags & LinuxSockets.MSG_PEEK) != 0;
    return peeks && socket.isDatagram() && (flags & LinuxSockets.MSG_TRUNC) != 0
        ? nextDatagramBytes(socket)
        : socket.receiveNow(at, length, peeks);
  }

  private static int nextDatagramBytes(SimSocket socket) {
    Datagram next = socket.peekDatagram();
    return next == null ? noDatagram(socket) : next.bytes().length;
  }

  private static int noDatagram(SimSocket socket) {
    int failure = socket.takeError();
    return failure != 0 ? failure : Errno.EAGAIN.negated();
  }

  private int receiveMessage(int fd, long message) {
    SimSocket socket = find(fd);
    if (socket == null) {
      return EBADF;
    }
    Pieces pieces =
        Pieces.ofVector(Memory.getLong(message + 16), (int) Memory.getLong(message + 24));
    return socket.isDatagram()
        ? receiveDatagram(socket, message, pieces)
        : receivePieces(socket, message, pieces);
  }

  private static int receivePieces(SimSocket socket, long message, Pieces into) {
    Memory.putInt(message + 48, 0);
    int total = 0;
    for (int i = 0; i < into.count(); i++) {
      int count = socket.receiveNow(into.base(i), into.length(i), false);
      if (count < 0) {
        return total > 0 ? total : count;
      }
      total += count;
      if (count < into.length(i)) {
        break;
      }
      if ((socket.levels() & gyre.engine.Poll.READABLE) == 0) {
        break;
      }
    }
    return total;
  }

  private static int receiveDatagram(SimSocket socket, long message, Pieces into) {
    Datagram next = socket.peekDatagram();
    if (next == null) {
      return noDatagram(socket);
    }
    socket.dropDatagram();
    int done = 0;
    for (int i = 0; i < into.count() && done < next.bytes().length; i++) {
      int length = Math.min(into.length(i), next.bytes().length - done);
      Memory.copy(next.bytes(), done, into.base(i), length);
      done += length;
    }
    long name = Memory.getLong(message);
    SocketAddress source = next.source();
    int named = name == 0 || source == null ? 0 : encode(source, socket.family(), name);
    Memory.putInt(message + 8, Math.max(0, named));
    Memory.putInt(message + 48, done < next.bytes().length ? LinuxSockets.MSG_TRUNC : 0);
    return done;
  }

  private int sendMessage(int fd, long message) {
    SocketAddress target =
        Requests.name(Memory.getLong(message), LinuxSockets.messageNameBytes(message));
    int count = (int) Memory.getLong(message + 24);
    return send(fd, Pieces.ofVector(Memory.getLong(message + 16), count), target);
  }

  private int send(int fd, Pieces pieces, @Nullable SocketAddress target) {
    SimSocket socket = find(fd);
    if (socket == null) {
      return EBADF;
    }
    return socket.isDatagram()
        ? socket.sendDatagramNow(target, pieces.copy())
        : socket.sendNow(pieces);
  }
}
