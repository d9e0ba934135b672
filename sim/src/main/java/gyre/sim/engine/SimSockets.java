package gyre.sim.engine;

import gyre.engine.Errno;
import gyre.engine.Sockets;
import gyre.sim.fault.Fault;
import java.net.InetAddress;
import java.net.NetworkInterface;
import java.net.SocketAddress;
import org.jspecify.annotations.Nullable;

/** The calls that never wait. */
@SuppressWarnings("EnumOrdinal") // an index of arrays of this run, and of nothing that lasts
final class SimSockets implements Sockets {
  private enum Call {
    OPEN,
    BIND,
    LISTEN,
    CONNECT,
    SHUTDOWN,
    CLOSE
  }

  private final SimEngine engine;
  private final Universe universe;

  SimSockets(SimEngine engine, Universe universe) {
    this.engine = engine;
    this.universe = universe;
  }

  private int traced(Call call, int result) {
    universe.trace(Trace.Kind.CALL, engine, call.ordinal(), result, call);
    engine.counters().calls++;
    return result;
  }

  private boolean fails(Call call) {
    return universe.chaos().strikes(Fault.CALL_ERROR, engine, call);
  }

  private int pick(Errno... errors) {
    return errors[universe.chaos().of(Fault.CALL_ERROR).below(errors.length)].negated();
  }

  @Override
  public int open(Family family, Type type) {
    if (fails(Call.OPEN)) {
      return traced(
          Call.OPEN, pick(Errno.EMFILE, Errno.ENFILE, Errno.ENOBUFS, Errno.ENOMEM, Errno.EACCES));
    }
    return traced(
        Call.OPEN,
        engine.install(
            type == Type.STREAM
                ? new StreamSocket(universe, engine.machine(), family)
                : new DatagramSocket(universe, engine.machine(), family)));
  }

  @Override
  public int bind(int descriptor, SocketAddress address) {
    SimSocket socket = engine.find(descriptor);
    if (socket == null) {
      return Errno.EBADF.negated();
    }
    if (fails(Call.BIND)) {
      return traced(Call.BIND, pick(Errno.EADDRINUSE, Errno.EACCES, Errno.ENOBUFS, Errno.ENOMEM));
    }
    return traced(Call.BIND, socket.bind(address));
  }

  @Override
  public int listen(int descriptor, int backlog) {
    SimSocket socket = engine.find(descriptor);
    if (!(socket instanceof StreamSocket stream)) {
      return socket == null ? Errno.EBADF.negated() : Errno.EOPNOTSUPP.negated();
    }
    if (fails(Call.LISTEN)) {
      return traced(Call.LISTEN, pick(Errno.EADDRINUSE, Errno.ENOBUFS));
    }
    return traced(Call.LISTEN, stream.listen(backlog));
  }

  @Override
  public int connect(int descriptor, SocketAddress address) {
    SimSocket socket = engine.find(descriptor);
    if (!(socket instanceof DatagramSocket datagrams)) {
      return socket == null ? Errno.EBADF.negated() : Errno.EOPNOTSUPP.negated();
    }
    return traced(Call.CONNECT, datagrams.connect(address));
  }

  @Override
  public int set(int descriptor, Option option, int value) {
    SimSocket socket = engine.find(descriptor);
    if (socket == null) {
      return Errno.EBADF.negated();
    }
    if (!socket.offers(option)) {
      return Errno.ENOPROTOOPT.negated();
    }
    socket.options[option.ordinal()] =
        switch (option) {
          case SEND_BUFFER_BYTES, RECEIVE_BUFFER_BYTES -> Math.clamp(2L * value, 4608, 16 << 20);
          case LINGER_SECONDS -> Math.max(value, -1);
          default -> value;
        };
    socket.optionSet(option);
    return 0;
  }

  @Override
  public int get(int descriptor, Option option) {
    SimSocket socket = engine.find(descriptor);
    if (socket == null) {
      return Errno.EBADF.negated();
    }
    return socket.offers(option) ? socket.option(option) : Errno.ENOPROTOOPT.negated();
  }

  @Override
  public int setMulticastInterface(int descriptor, NetworkInterface through) {
    return engine.find(descriptor) instanceof DatagramSocket ? 0 : Errno.EBADF.negated();
  }

  @Override
  public int join(int descriptor, InetAddress group, @Nullable NetworkInterface through) {
    if (!(engine.find(descriptor) instanceof DatagramSocket socket)) {
      return Errno.EBADF.negated();
    }
    if (!group.isMulticastAddress()) {
      return Errno.EINVAL.negated();
    }
    socket.join(group);
    return 0;
  }

  @Override
  public int leave(int descriptor, InetAddress group, @Nullable NetworkInterface through) {
    return engine.find(descriptor) instanceof DatagramSocket socket
        ? socket.leave(group)
        : Errno.EBADF.negated();
  }

  @Override
  public int shutdownOutput(int descriptor) {
    SimSocket socket = engine.find(descriptor);
    if (!(socket instanceof StreamSocket stream)) {
      return socket == null ? Errno.EBADF.negated() : Errno.ENOTCONN.negated();
    }
    return traced(Call.SHUTDOWN, stream.shutdownOutput());
  }

  @Override
  public boolean hasInput(int descriptor) {
    return engine.find(descriptor) instanceof StreamSocket stream && stream.hasInput();
  }

  @Override
  public @Nullable SocketAddress localAddress(int descriptor) {
    SimSocket socket = engine.find(descriptor);
    return socket == null ? null : socket.local;
  }

  @Override
  public @Nullable SocketAddress remoteAddress(int descriptor) {
    SimSocket socket = engine.find(descriptor);
    return socket == null ? null : socket.remote();
  }

  @Override
  public int pair(int[] two) {
    if (fails(Call.OPEN)) {
      return traced(Call.OPEN, pick(Errno.EMFILE, Errno.ENFILE));
    }
    StreamSocket one = new StreamSocket(universe, engine.machine(), Family.UNIX);
    StreamSocket other = StreamSocket.join(universe, one, engine.machine(), Family.UNIX);
    one.becomeConnected();
    int first = engine.install(one);
    int second = engine.install(other);
    if (first < 0 || second < 0) {
      return Errno.EMFILE.negated();
    }
    two[0] = first;
    two[1] = second;
    return traced(Call.OPEN, 0);
  }

  @Override
  public Object release(int descriptor) {
    SimSocket socket = engine.uninstall(descriptor);
    assert socket != null : "no such descriptor: " + descriptor;
    assert !socket.isBusy() : "released while in use: " + socket;
    universe.setAdrift(socket);
    return socket;
  }

  @Override
  public int adopt(Object released) {
    SimSocket socket = (SimSocket) released;
    int descriptor = engine.install(socket);
    if (descriptor >= 0) {
      universe.taken(socket);
      socket.ready();
    }
    return descriptor;
  }

  @Override
  public void discard(Object released) {
    SimSocket socket = (SimSocket) released;
    universe.taken(socket);
    socket.close();
  }

  @Override
  public void close(int descriptor) {
    SimSocket socket = engine.find(descriptor);
    assert socket == null || !engine.isActive(socket)
        : "descriptor " + descriptor + " is closed while " + engine.activeOn(socket) + " is active";
    if (socket != null) {
      engine.uninstall(descriptor);
      socket.close();
      traced(Call.CLOSE, descriptor);
    }
  }
}
