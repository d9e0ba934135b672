package gyre.engine.nio;

import gyre.engine.Errno;
import gyre.engine.Sockets.Option;
import java.io.IOException;
import java.net.SocketOption;
import java.nio.channels.NetworkChannel;
import org.jspecify.annotations.Nullable;

/** Options by the JDK's names: which of them there are depends on the platform. */
final class NioOptions {
  private static final int ENOPROTOOPT = Errno.ENOPROTOOPT.negated();

  private NioOptions() {}

  static boolean offers(NetworkChannel channel, Option option) {
    return find(channel, option) != null;
  }

  static int set(NetworkChannel channel, Option option, int value) {
    if (option == Option.IPV6_ONLY && value == 0) {
      // What every IPv6 socket of the JDK is anyway.
      return 0;
    }
    SocketOption<?> found = find(channel, option);
    if (found == null) {
      return ENOPROTOOPT;
    }
    try {
      setTyped(channel, found, value);
      return 0;
    } catch (IOException | RuntimeException failed) {
      return NioErrors.result(failed);
    }
  }

  static int get(NetworkChannel channel, Option option) {
    if (option == Option.IPV6_ONLY) {
      return 0;
    }
    SocketOption<?> found = find(channel, option);
    if (found == null) {
      return ENOPROTOOPT;
    }
    try {
      Object value = channel.getOption(found);
      if (value instanceof Boolean flag) {
        return flag ? 1 : 0;
      }
      return value instanceof Integer number ? number : ENOPROTOOPT;
    } catch (IOException | RuntimeException failed) {
      return NioErrors.result(failed);
    }
  }

  @SuppressWarnings("unchecked") // the option says itself which type it has
  private static void setTyped(NetworkChannel channel, SocketOption<?> option, int value)
      throws IOException {
    if (option.type() == Boolean.class) {
      channel.setOption((SocketOption<Boolean>) option, value != 0);
    } else {
      channel.setOption((SocketOption<Integer>) option, value);
    }
  }

  private static @Nullable SocketOption<?> find(NetworkChannel channel, Option option) {
    String name = name(option);
    for (SocketOption<?> offered : channel.supportedOptions()) {
      if (offered.name().equals(name)) {
        return offered;
      }
    }
    return null;
  }

  private static String name(Option option) {
    return switch (option) {
      case NO_DELAY -> "TCP_NODELAY";
      case KEEP_ALIVE -> "SO_KEEPALIVE";
      case KEEP_ALIVE_IDLE_SECONDS -> "TCP_KEEPIDLE";
      case KEEP_ALIVE_INTERVAL_SECONDS -> "TCP_KEEPINTERVAL";
      case KEEP_ALIVE_COUNT -> "TCP_KEEPCOUNT";
      case REUSE_ADDRESS -> "SO_REUSEADDR";
      case REUSE_PORT -> "SO_REUSEPORT";
      case LINGER_SECONDS -> "SO_LINGER";
      case SEND_BUFFER_BYTES -> "SO_SNDBUF";
      case RECEIVE_BUFFER_BYTES -> "SO_RCVBUF";
      case BROADCAST -> "SO_BROADCAST";
      case MULTICAST_TIME_TO_LIVE -> "IP_MULTICAST_TTL";
      case MULTICAST_LOOP -> "IP_MULTICAST_LOOP";
      case IPV6_ONLY -> "IPV6_V6ONLY";
      case TRANSPARENT -> "IP_TRANSPARENT"; // which the JDK has not
      case LATE_PORT -> "IP_BIND_ADDRESS_NO_PORT";
    };
  }
}
