package gyre.engine.nio;

import gyre.engine.Sockets;
import gyre.engine.readiness.Channel;
import java.net.InetAddress;
import java.net.NetworkInterface;
import java.net.SocketAddress;
import java.nio.channels.MembershipKey;
import java.nio.channels.SelectableChannel;
import java.nio.channels.SelectionKey;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** A channel of the JDK under one of our descriptors. */
final class NioChannel extends Channel {
  /** A multicast group that was joined; null is the default interface. */
  record Group(InetAddress group, @Nullable NetworkInterface through) {}

  final Sockets.Family family;

  /** A listening socket is another class than a connected one, so this changes with listen. */
  SelectableChannel jdk;

  /** What a Unix socket is called, where the JDK only knows the name that it was made under. */
  @Nullable SocketAddress movedTo;

  @Nullable SelectionKey key;
  boolean connecting;

  /** What was set: a listener hands on to its connections what Java's listeners don't know. */
  Map<Sockets.Option, Integer> settings = new EnumMap<>(Sockets.Option.class);

  Map<Group, MembershipKey> groups = new HashMap<>();

  NioChannel(int descriptor, Sockets.Family family, SelectableChannel jdk) {
    super(descriptor);
    this.family = family;
    this.jdk = jdk;
  }
}
