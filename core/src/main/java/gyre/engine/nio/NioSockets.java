package gyre.engine.nio;

import gyre.engine.Errno;
import gyre.engine.Sockets;
import java.io.IOException;
import java.net.Inet6Address;
import java.net.InetAddress;
import java.net.NetworkInterface;
import java.net.SocketAddress;
import java.net.StandardProtocolFamily;
import java.net.StandardSocketOptions;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.DatagramChannel;
import java.nio.channels.MembershipKey;
import java.nio.channels.NetworkChannel;
import java.nio.channels.SelectableChannel;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.file.Files;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Sockets of the JDK in the terms of the seam.
 *
 * <p>The JDK wants to know at once whether a socket listens or connects; the seam learns it later.
 * So each stream socket starts as one that connects, and {@link #listen} puts one that listens in
 * its place, with the same address and options.
 */
final class NioSockets implements Sockets {
  private record Released(Family family, SelectableChannel jdk, Map<Option, Integer> settings) {}

  private static final int EBADF = Errno.EBADF.negated();
  private static final int EOPNOTSUPP = Errno.EOPNOTSUPP.negated();

  private final NioEngine engine;

  NioSockets(NioEngine engine) {
    this.engine = engine;
  }

  @Override
  public int open(Family family, Type type) {
    if (family == Family.UNIX && type == Type.DATAGRAM) {
      return EOPNOTSUPP;
    }
    try {
      SelectableChannel jdk =
          type == Type.STREAM
              ? SocketChannel.open(protocol(family))
              : DatagramChannel.open(protocol(family));
      makeNonBlocking(jdk);
      if (jdk instanceof SocketChannel stream && family != Family.UNIX) {
        stream.socket().setOOBInline(true); // see KernelSockets
      }
      return engine.add(family, jdk).descriptor;
    } catch (IOException | RuntimeException failed) {
      return NioErrors.result(failed);
    }
  }

  /** Or else closes it: nobody knows of it yet. */
  static void makeNonBlocking(SelectableChannel jdk) throws IOException {
    try {
      SelectableChannel ignored = jdk.configureBlocking(false);
    } catch (IOException | RuntimeException failed) {
      close(jdk);
      throw failed;
    }
  }

  private static StandardProtocolFamily protocol(Family family) {
    return switch (family) {
      case INET4 -> StandardProtocolFamily.INET;
      case INET6 -> StandardProtocolFamily.INET6;
      case UNIX -> StandardProtocolFamily.UNIX;
    };
  }

  @Override
  public int bind(int descriptor, SocketAddress address) {
    NioChannel channel = engine.find(descriptor);
    if (channel == null) {
      return EBADF;
    }
    if (isAbstract(address)) {
      return EOPNOTSUPP;
    }
    try {
      engine.freeAddresses();
      NetworkChannel ignored = ((NetworkChannel) channel.jdk).bind(address);
      return 0;
    } catch (IOException | RuntimeException failed) {
      return NioErrors.result(failed);
    }
  }

  /** The JDK would take it for a file. */
  static boolean isAbstract(SocketAddress address) {
    return address instanceof UnixDomainSocketAddress unix
        && unix.getPath().toString().startsWith("@");
  }

  @Override
  public int listen(int descriptor, int backlog) {
    NioChannel channel = engine.find(descriptor);
    if (channel == null) {
      return EBADF;
    }
    if (!(channel.jdk instanceof SocketChannel placeholder)) {
      return channel.jdk instanceof ServerSocketChannel ? 0 : EOPNOTSUPP;
    }
    try {
      SocketAddress address = placeholder.getLocalAddress();
      if (channel.key != null) {
        engine.closedRegistered();
      }
      placeholder.close();
      engine.freeAddresses();
      ServerSocketChannel server = ServerSocketChannel.open(protocol(channel.family));
      channel.jdk = server;
      channel.key = null;
      channel.watched = 0;
      server.configureBlocking(false);
      apply(channel.settings, server, true);
      if (address instanceof UnixDomainSocketAddress unix) {
        NioUnixFile.bind(server, unix.getPath(), backlog);
        channel.movedTo = unix;
      } else {
        ServerSocketChannel ignored = server.bind(address, backlog);
      }
      return 0;
    } catch (IOException | RuntimeException failed) {
      return NioErrors.result(failed);
    }
  }

  /** Settings that {@code to} offers; or, for a connection, all that its listener did not. */
  private static void apply(Map<Option, Integer> settings, NetworkChannel to, boolean isListener) {
    for (Map.Entry<Option, Integer> setting : settings.entrySet()) {
      if (NioOptions.offers(to, setting.getKey())) {
        int ignored = NioOptions.set(to, setting.getKey(), setting.getValue());
      } else {
        assert isListener;
      }
    }
  }

  /** A connection inherits from its listener, as the kernel does it. */
  static void inherit(NioChannel listener, SocketChannel connection) throws IOException {
    if (listener.family != Family.UNIX) {
      connection.socket().setOOBInline(true);
    }
    for (Map.Entry<Option, Integer> setting : listener.settings.entrySet()) {
      if (!NioOptions.offers((NetworkChannel) listener.jdk, setting.getKey())) {
        int ignored = NioOptions.set(connection, setting.getKey(), setting.getValue());
      }
    }
  }

  @Override
  public int connect(int descriptor, SocketAddress address) {
    NioChannel channel = engine.find(descriptor);
    if (channel == null) {
      return EBADF;
    }
    if (!(channel.jdk instanceof DatagramChannel datagrams)) {
      return EOPNOTSUPP;
    }
    try {
      DatagramChannel ignored = datagrams.connect(address);
      return 0;
    } catch (IOException | RuntimeException failed) {
      return NioErrors.result(failed);
    }
  }

  @Override
  public int set(int descriptor, Option option, int value) {
    NioChannel channel = engine.find(descriptor);
    if (channel == null) {
      return EBADF;
    }
    NetworkChannel jdk = (NetworkChannel) channel.jdk;
    boolean isListener = jdk instanceof ServerSocketChannel;
    int result =
        isListener && !NioOptions.offers(jdk, option) ? 0 : NioOptions.set(jdk, option, value);
    if (result == 0 && !(jdk instanceof DatagramChannel)) {
      channel.settings.put(option, value);
    }
    return result;
  }

  @Override
  public int get(int descriptor, Option option) {
    NioChannel channel = engine.find(descriptor);
    if (channel == null) {
      return EBADF;
    }
    int value = NioOptions.get((NetworkChannel) channel.jdk, option);
    return value == Errno.ENOPROTOOPT.negated()
        ? channel.settings.getOrDefault(option, value)
        : value;
  }

  @Override
  public int setMulticastInterface(int descriptor, NetworkInterface through) {
    if (!(jdk(descriptor) instanceof DatagramChannel datagrams)) {
      return engine.find(descriptor) == null ? EBADF : EOPNOTSUPP;
    }
    try {
      DatagramChannel ignored = datagrams.setOption(StandardSocketOptions.IP_MULTICAST_IF, through);
      return 0;
    } catch (IOException | RuntimeException failed) {
      return NioErrors.result(failed);
    }
  }

  @Override
  public int join(int descriptor, InetAddress group, @Nullable NetworkInterface through) {
    NioChannel channel = engine.find(descriptor);
    if (channel == null) {
      return EBADF;
    }
    if (!(channel.jdk instanceof DatagramChannel datagrams)) {
      return EOPNOTSUPP;
    }
    try {
      NetworkInterface where = through != null ? through : defaultInterface(datagrams, group);
      if (where == null) {
        return Errno.EADDRNOTAVAIL.negated();
      }
      MembershipKey key = datagrams.join(group, where);
      MembershipKey old = channel.groups.put(new NioChannel.Group(group, through), key);
      return key.equals(old) ? Errno.EADDRINUSE.negated() : 0;
    } catch (IOException | RuntimeException failed) {
      return NioErrors.result(failed);
    }
  }

  private static @Nullable NetworkInterface defaultInterface(
      DatagramChannel datagrams, InetAddress group) throws IOException {
    NetworkInterface set = datagrams.getOption(StandardSocketOptions.IP_MULTICAST_IF);
    if (set != null) {
      return set;
    }
    boolean isSix = group instanceof Inet6Address;
    for (NetworkInterface candidate : NetworkInterface.networkInterfaces().toList()) {
      if (candidate.isUp()
          && candidate.supportsMulticast()
          && candidate.inetAddresses().anyMatch(own -> own instanceof Inet6Address == isSix)) {
        return candidate;
      }
    }
    return null;
  }

  @Override
  public int leave(int descriptor, InetAddress group, @Nullable NetworkInterface through) {
    NioChannel channel = engine.find(descriptor);
    if (channel == null) {
      return EBADF;
    }
    MembershipKey key = channel.groups.remove(new NioChannel.Group(group, through));
    if (key == null) {
      return Errno.EADDRNOTAVAIL.negated();
    }
    key.drop();
    return 0;
  }

  @Override
  public int shutdownOutput(int descriptor) {
    if (!(jdk(descriptor) instanceof SocketChannel stream)) {
      return engine.find(descriptor) == null ? EBADF : Errno.ENOTCONN.negated();
    }
    try {
      SocketChannel ignored = stream.shutdownOutput();
      return 0;
    } catch (IOException | RuntimeException failed) {
      return NioErrors.result(failed);
    }
  }

  /** By a selector for this one question: the engine's own is told of changes only. */
  @Override
  public boolean hasInput(int descriptor) {
    if (!(jdk(descriptor) instanceof SocketChannel stream)) {
      return false;
    }
    try (Selector selector = Selector.open()) {
      SelectionKey key = stream.register(selector, SelectionKey.OP_READ);
      return selector.selectNow() > 0 && key.isReadable();
    } catch (IOException | RuntimeException failed) {
      return false;
    }
  }

  @Override
  public @Nullable SocketAddress localAddress(int descriptor) {
    NioChannel channel = engine.find(descriptor);
    if (channel == null || !(channel.jdk instanceof NetworkChannel jdk)) {
      return null;
    }
    if (channel.movedTo != null) {
      return channel.movedTo;
    }
    try {
      return named(jdk.getLocalAddress());
    } catch (IOException closed) {
      return null;
    }
  }

  @Override
  public @Nullable SocketAddress remoteAddress(int descriptor) {
    try {
      return switch (jdk(descriptor)) {
        case SocketChannel stream -> named(stream.getRemoteAddress());
        case DatagramChannel datagrams -> datagrams.getRemoteAddress();
        case null, default -> null;
      };
    } catch (IOException closed) {
      return null;
    }
  }

  private static @Nullable SocketAddress named(@Nullable SocketAddress address) {
    boolean isUnnamed =
        address instanceof UnixDomainSocketAddress unix && unix.getPath().toString().isEmpty();
    return isUnnamed ? null : address;
  }

  private @Nullable SelectableChannel jdk(int descriptor) {
    NioChannel channel = engine.find(descriptor);
    return channel == null ? null : channel.jdk;
  }

  /** Made by hand: there is no such call in the JDK. */
  @Override
  public int pair(int[] two) {
    try (ServerSocketChannel server = ServerSocketChannel.open(StandardProtocolFamily.UNIX)) {
      SocketAddress at = server.bind(null).getLocalAddress();
      NioPair pair;
      try {
        pair = NioPair.over(server);
      } finally {
        boolean ignored = Files.deleteIfExists(((UnixDomainSocketAddress) at).getPath());
      }
      two[0] = engine.add(Family.UNIX, pair.left()).descriptor;
      two[1] = engine.add(Family.UNIX, pair.right()).descriptor;
      return 0;
    } catch (IOException | RuntimeException failed) {
      return NioErrors.result(failed);
    }
  }

  @Override
  public Object release(int descriptor) {
    NioChannel channel = engine.find(descriptor);
    if (channel == null) {
      return EBADF;
    }
    engine.remove(channel);
    return new Released(channel.family, channel.jdk, channel.settings);
  }

  @Override
  public int adopt(Object released) {
    if (!(released
        instanceof Released(Family family, SelectableChannel jdk, Map<Option, Integer> settings))) {
      return Errno.EINVAL.negated();
    }
    NioChannel channel = engine.add(family, jdk);
    channel.settings = settings;
    return channel.descriptor;
  }

  @Override
  public void discard(Object released) {
    if (released instanceof Released channel) {
      close(channel.jdk);
    }
  }

  @Override
  public void close(int descriptor) {
    NioChannel channel = engine.find(descriptor);
    if (channel != null) {
      engine.remove(channel);
      close(channel.jdk);
    }
  }

  static void close(SelectableChannel jdk) {
    try {
      jdk.close();
    } catch (IOException gone) {
      // It is closed all the same.
    }
  }
}
