package gyre.sys;

import java.lang.foreign.Arena;

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

  public static final int MSG_PEEK = 0x2;

  /** Control data came for which there was no room: descriptors, which the kernel has closed. */
  public static final int MSG_CTRUNC = 0x8;

  public static final int MSG_TRUNC = 0x20;
  public static final int MSG_DONTWAIT = 0x40;
  public static final int MSG_NOSIGNAL = 0x4000;

  public static final int SOL_SOCKET = 1;

  /** The peer's address, which is told of a connection that was reset too. */
  public static final int SO_PEERNAME = 28;

  public static final int SO_REUSEADDR = 2;
  public static final int SO_TYPE = 3;
  public static final int SO_ERROR = 4;
  public static final int SO_BROADCAST = 6;
  public static final int SO_SNDBUF = 7;
  public static final int SO_RCVBUF = 8;
  public static final int SO_KEEPALIVE = 9;
  public static final int SO_OOBINLINE = 10;
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
  public static final int IP_TRANSPARENT = 19;
  public static final int IP_BIND_ADDRESS_NO_PORT = 24;
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
  public static final int IPV6_TRANSPARENT = 75;

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

  public static int socket(CallState state, int family, int type, int protocol) {
    return Syscall.call(state, Syscall.SOCKET, family, type, protocol);
  }

  /** Writes two ints to {@code pair}. */
  public static int socketpair(CallState state, int family, int type, long pair) {
    return Syscall.call(state, Syscall.SOCKETPAIR, family, type, 0, pair);
  }

  public static int bind(CallState state, int fd, long address, int length) {
    return Syscall.call(state, Syscall.BIND, fd, address, length);
  }

  public static int listen(CallState state, int fd, int backlog) {
    return Syscall.call(state, Syscall.LISTEN, fd, backlog);
  }

  /** A non-blocking, close-on-exec connection, whose peer is not asked for. */
  public static int accept(CallState state, int fd) {
    return Syscall.call(state, Syscall.ACCEPT4, fd, 0, 0, SOCK_NONBLOCK | SOCK_CLOEXEC);
  }

  public static int connect(CallState state, int fd, long address, int length) {
    return Syscall.call(state, Syscall.CONNECT, fd, address, length);
  }

  public static int shutdown(CallState state, int fd, int how) {
    return Syscall.call(state, Syscall.SHUTDOWN, fd, how);
  }

  public static int send(CallState state, int fd, long address, long length, int flags) {
    return sendto(state, fd, address, length, flags, 0, 0);
  }

  public static int sendto(
      CallState state, int fd, long address, long length, int flags, long name, int nameBytes) {
    return (int) Syscall.call(state, Syscall.SENDTO, fd, address, length, flags, name, nameBytes);
  }

  public static int sendmsg(CallState state, int fd, long message, int flags) {
    return Syscall.call(state, Syscall.SENDMSG, fd, message, flags);
  }

  public static int recv(CallState state, int fd, long address, long length, int flags) {
    return Syscall.call(state, Syscall.RECVFROM, fd, address, length, flags);
  }

  public static int recvmsg(CallState state, int fd, long message, int flags) {
    return Syscall.call(state, Syscall.RECVMSG, fd, message, flags);
  }

  private static final int SCM_RIGHTS = 1;
  private static final int CONTROL_HEADER_BYTES = 16;
  private static final int MSG_CMSG_CLOEXEC = 0x40000000;

  /**
   * Sends bytes over a Unix stream socket, and with them descriptors, of which the receiver gets
   * copies. Doesn't wait. Memory is allocated for it: for rare calls.
   *
   * @return the number of bytes, or a negative errno
   */
  public static int sendDescriptors(CallState state, int fd, byte[] note, int[] descriptors) {
    try (Arena arena = Arena.ofConfined()) {
      long message = message(arena, note.length, descriptors.length);
      long data = Memory.getLong(Memory.getLong(message + 16));
      Memory.copy(note, 0, data, note.length);
      long control = Memory.getLong(message + 32);
      Memory.putLong(control, CONTROL_HEADER_BYTES + 4L * descriptors.length);
      Memory.putInt(control + 8, SOL_SOCKET);
      Memory.putInt(control + 12, SCM_RIGHTS);
      for (int i = 0; i < descriptors.length; i++) {
        Memory.putInt(control + CONTROL_HEADER_BYTES + 4L * i, descriptors[i]);
      }
      return sendmsg(state, fd, message, MSG_DONTWAIT | MSG_NOSIGNAL);
    }
  }

  /**
   * Receives what {@link #sendDescriptors} sends. Doesn't wait.
   *
   * @param note what was sent with them is written here
   * @param descriptors those that came are written here, close-on-exec; -1 where none came
   * @return the number of bytes, or a negative errno
   */
  public static int receiveDescriptors(CallState state, int fd, byte[] note, int[] descriptors) {
    java.util.Arrays.fill(descriptors, -1);
    try (Arena arena = Arena.ofConfined()) {
      long message = message(arena, note.length, descriptors.length);
      int bytes = recvmsg(state, fd, message, MSG_DONTWAIT | MSG_CMSG_CLOEXEC);
      if (bytes <= 0) {
        return bytes;
      }
      Memory.copy(Memory.getLong(Memory.getLong(message + 16)), note, 0, bytes);
      long control = Memory.getLong(message + 32);
      boolean isThere =
          Memory.getLong(message + 40) >= CONTROL_HEADER_BYTES
              && Memory.getInt(control + 8) == SOL_SOCKET
              && Memory.getInt(control + 12) == SCM_RIGHTS;
      int count =
          isThere ? (int) (Memory.getLong(control) - CONTROL_HEADER_BYTES) / Integer.BYTES : 0;
      for (int i = 0; i < Math.min(count, descriptors.length); i++) {
        descriptors[i] = Memory.getInt(control + CONTROL_HEADER_BYTES + 4L * i);
      }
      return bytes;
    }
  }

  /** A {@code struct msghdr} with room for bytes and for descriptors. */
  private static long message(Arena arena, int bytes, int descriptors) {
    long data = Math.max(1, bytes);
    long controlBytes = CONTROL_HEADER_BYTES + (4L * descriptors + 7) / 8 * 8;
    long vector = arena.allocate(16, 8).address();
    Memory.putLong(vector, arena.allocate(data, 8).address());
    Memory.putLong(vector + 8, bytes);
    long message = arena.allocate(MESSAGE_BYTES, 8).address();
    putMessage(message, 0, 0, vector, 1);
    Memory.putLong(message + 32, arena.allocate(controlBytes, 8).address());
    Memory.putLong(message + 40, controlBytes);
    return message;
  }

  public static int setsockopt(
      CallState state, int fd, int level, int option, long value, int length) {
    return Syscall.call(state, Syscall.SETSOCKOPT, fd, level, option, value, length);
  }

  /** {@code length} is the address of a socklen_t, read and written. */
  public static int getsockopt(
      CallState state, int fd, int level, int option, long value, long length) {
    return Syscall.call(state, Syscall.GETSOCKOPT, fd, level, option, value, length);
  }

  public static int getsockname(CallState state, int fd, long address, long length) {
    return Syscall.call(state, Syscall.GETSOCKNAME, fd, address, length);
  }

  public static int getpeername(CallState state, int fd, long address, long length) {
    return Syscall.call(state, Syscall.GETPEERNAME, fd, address, length);
  }
}
