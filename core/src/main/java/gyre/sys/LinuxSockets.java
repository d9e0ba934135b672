package gyre.sys;

import static gyre.sys.Native.INT;
import static gyre.sys.Native.LONG;

import java.lang.invoke.MethodHandle;

/**
 * Calls on sockets, and the constants they take. All answer a negative errno where they fail.
 *
 * <p>The constants are the generic ones, which x86-64 and aarch64 share.
 */
public final class LinuxSockets {
  public static final int AF_UNIX = 1;
  public static final int AF_INET = 2;
  public static final int AF_INET6 = 10;
  public static final int SOCK_STREAM = 1;
  public static final int SOCK_DGRAM = 2;
  public static final int SOCK_NONBLOCK = 0x800;
  public static final int SOCK_CLOEXEC = 0x80000;
  public static final int SHUT_WR = 1;

  public static final int MSG_TRUNC = 0x20;
  public static final int MSG_DONTWAIT = 0x40;
  public static final int MSG_NOSIGNAL = 0x4000;

  public static final int SOL_SOCKET = 1;
  public static final int SO_REUSEADDR = 2;
  public static final int SO_TYPE = 3;
  public static final int SO_ERROR = 4;
  public static final int SO_BROADCAST = 6;
  public static final int SO_SNDBUF = 7;
  public static final int SO_RCVBUF = 8;
  public static final int SO_KEEPALIVE = 9;
  public static final int SO_LINGER = 13;
  public static final int SO_REUSEPORT = 15;
  public static final int SO_DOMAIN = 39;

  public static final int IPPROTO_TCP = 6;
  public static final int TCP_NODELAY = 1;
  public static final int TCP_KEEPIDLE = 4;
  public static final int TCP_KEEPINTVL = 5;
  public static final int TCP_KEEPCNT = 6;

  public static final int IPPROTO_IP = 0;
  public static final int IP_MULTICAST_IF = 32;
  public static final int IP_MULTICAST_TTL = 33;
  public static final int IP_MULTICAST_LOOP = 34;
  public static final int IP_ADD_MEMBERSHIP = 35;
  public static final int IP_DROP_MEMBERSHIP = 36;

  public static final int IPPROTO_IPV6 = 41;
  public static final int IPV6_MULTICAST_IF = 17;
  public static final int IPV6_MULTICAST_HOPS = 18;
  public static final int IPV6_MULTICAST_LOOP = 19;
  public static final int IPV6_ADD_MEMBERSHIP = 20;
  public static final int IPV6_DROP_MEMBERSHIP = 21;
  public static final int IPV6_V6ONLY = 26;

  /** {@code sizeof(struct msghdr)}. */
  public static final int MESSAGE_BYTES = 56;

  private LinuxSockets() {}

  /** Fills a {@code struct msghdr} without control data. */
  public static void putMessage(
      long address, long name, int nameBytes, long vector, int vectorCount) {
    Memory.putLong(address, name);
    Memory.putLong(address + 8, nameBytes);
    Memory.putLong(address + 16, vector);
    Memory.putLong(address + 24, vectorCount);
    Memory.putLong(address + 32, 0);
    Memory.putLong(address + 40, 0);
    Memory.putLong(address + 48, 0);
  }

  public static int messageNameBytes(long address) {
    return Memory.getInt(address + 8);
  }

  public static int messageFlags(long address) {
    return Memory.getInt(address + 48);
  }

  private static final class Socket {
    static final MethodHandle HANDLE = Native.call("socket", INT, INT, INT, INT);
  }

  public static int socket(CallState state, int family, int type, int protocol) {
    try {
      return state.result((int) Socket.HANDLE.invokeExact(state.segment, family, type, protocol));
    } catch (Throwable thrown) {
      throw Native.unexpected(thrown);
    }
  }

  private static final class SocketPair {
    static final MethodHandle HANDLE = Native.call("socketpair", INT, INT, INT, INT, LONG);
  }

  /** Writes two ints to {@code pair}. */
  public static int socketpair(CallState state, int family, int type, long pair) {
    try {
      return state.result(
          (int) SocketPair.HANDLE.invokeExact(state.segment, family, type, 0, pair));
    } catch (Throwable thrown) {
      throw Native.unexpected(thrown);
    }
  }

  private static final class Bind {
    static final MethodHandle HANDLE = Native.call("bind", INT, INT, LONG, INT);
  }

  public static int bind(CallState state, int fd, long address, int length) {
    try {
      return state.result((int) Bind.HANDLE.invokeExact(state.segment, fd, address, length));
    } catch (Throwable thrown) {
      throw Native.unexpected(thrown);
    }
  }

  private static final class Listen {
    static final MethodHandle HANDLE = Native.call("listen", INT, INT, INT);
  }

  public static int listen(CallState state, int fd, int backlog) {
    try {
      return state.result((int) Listen.HANDLE.invokeExact(state.segment, fd, backlog));
    } catch (Throwable thrown) {
      throw Native.unexpected(thrown);
    }
  }

  private static final class Accept {
    static final MethodHandle HANDLE = Native.call("accept4", INT, INT, LONG, LONG, INT);
  }

  /** A non-blocking, close-on-exec connection, whose peer is not asked for. */
  public static int accept(CallState state, int fd) {
    try {
      return state.result(
          (int) Accept.HANDLE.invokeExact(state.segment, fd, 0L, 0L, SOCK_NONBLOCK | SOCK_CLOEXEC));
    } catch (Throwable thrown) {
      throw Native.unexpected(thrown);
    }
  }

  private static final class Connect {
    static final MethodHandle HANDLE = Native.call("connect", INT, INT, LONG, INT);
  }

  public static int connect(CallState state, int fd, long address, int length) {
    try {
      return state.result((int) Connect.HANDLE.invokeExact(state.segment, fd, address, length));
    } catch (Throwable thrown) {
      throw Native.unexpected(thrown);
    }
  }

  private static final class Shutdown {
    static final MethodHandle HANDLE = Native.call("shutdown", INT, INT, INT);
  }

  public static int shutdown(CallState state, int fd, int how) {
    try {
      return state.result((int) Shutdown.HANDLE.invokeExact(state.segment, fd, how));
    } catch (Throwable thrown) {
      throw Native.unexpected(thrown);
    }
  }

  private static final class Send {
    static final MethodHandle HANDLE = Native.call("send", LONG, INT, LONG, LONG, INT);
  }

  public static int send(CallState state, int fd, long address, long length, int flags) {
    try {
      return state.result(
          (long) Send.HANDLE.invokeExact(state.segment, fd, address, length, flags));
    } catch (Throwable thrown) {
      throw Native.unexpected(thrown);
    }
  }

  private static final class SendTo {
    static final MethodHandle HANDLE = Native.call("sendto", LONG, INT, LONG, LONG, INT, LONG, INT);
  }

  public static int sendto(
      CallState state, int fd, long address, long length, int flags, long name, int nameBytes) {
    try {
      return state.result(
          (long)
              SendTo.HANDLE.invokeExact(
                  state.segment, fd, address, length, flags, name, nameBytes));
    } catch (Throwable thrown) {
      throw Native.unexpected(thrown);
    }
  }

  private static final class SendMessage {
    static final MethodHandle HANDLE = Native.call("sendmsg", LONG, INT, LONG, INT);
  }

  public static int sendmsg(CallState state, int fd, long message, int flags) {
    try {
      return state.result((long) SendMessage.HANDLE.invokeExact(state.segment, fd, message, flags));
    } catch (Throwable thrown) {
      throw Native.unexpected(thrown);
    }
  }

  private static final class Receive {
    static final MethodHandle HANDLE = Native.call("recv", LONG, INT, LONG, LONG, INT);
  }

  public static int recv(CallState state, int fd, long address, long length, int flags) {
    try {
      return state.result(
          (long) Receive.HANDLE.invokeExact(state.segment, fd, address, length, flags));
    } catch (Throwable thrown) {
      throw Native.unexpected(thrown);
    }
  }

  private static final class ReceiveMessage {
    static final MethodHandle HANDLE = Native.call("recvmsg", LONG, INT, LONG, INT);
  }

  public static int recvmsg(CallState state, int fd, long message, int flags) {
    try {
      return state.result(
          (long) ReceiveMessage.HANDLE.invokeExact(state.segment, fd, message, flags));
    } catch (Throwable thrown) {
      throw Native.unexpected(thrown);
    }
  }

  private static final class SetOption {
    static final MethodHandle HANDLE = Native.call("setsockopt", INT, INT, INT, INT, LONG, INT);
  }

  public static int setsockopt(
      CallState state, int fd, int level, int option, long value, int length) {
    try {
      return state.result(
          (int) SetOption.HANDLE.invokeExact(state.segment, fd, level, option, value, length));
    } catch (Throwable thrown) {
      throw Native.unexpected(thrown);
    }
  }

  private static final class GetOption {
    static final MethodHandle HANDLE = Native.call("getsockopt", INT, INT, INT, INT, LONG, LONG);
  }

  /** {@code length} is the address of a socklen_t, read and written. */
  public static int getsockopt(
      CallState state, int fd, int level, int option, long value, long length) {
    try {
      return state.result(
          (int) GetOption.HANDLE.invokeExact(state.segment, fd, level, option, value, length));
    } catch (Throwable thrown) {
      throw Native.unexpected(thrown);
    }
  }

  private static final class LocalName {
    static final MethodHandle HANDLE = Native.call("getsockname", INT, INT, LONG, LONG);
  }

  public static int getsockname(CallState state, int fd, long address, long length) {
    try {
      return state.result((int) LocalName.HANDLE.invokeExact(state.segment, fd, address, length));
    } catch (Throwable thrown) {
      throw Native.unexpected(thrown);
    }
  }

  private static final class PeerName {
    static final MethodHandle HANDLE = Native.call("getpeername", INT, INT, LONG, LONG);
  }

  public static int getpeername(CallState state, int fd, long address, long length) {
    try {
      return state.result((int) PeerName.HANDLE.invokeExact(state.segment, fd, address, length));
    } catch (Throwable thrown) {
      throw Native.unexpected(thrown);
    }
  }
}
