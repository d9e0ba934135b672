package gyre.sim.engine;

import gyre.engine.Block;
import gyre.engine.Errno;
import gyre.engine.Operation;
import gyre.engine.Poll;
import gyre.engine.ReceiveFrom;
import gyre.engine.SendTo;
import gyre.engine.Sockets.Family;
import gyre.engine.Sockets.Option;
import gyre.engine.Vector;
import gyre.sim.fault.Fault;
import gyre.sys.Memory;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.net.UnixDomainSocketAddress;
import java.util.ArrayDeque;
import java.util.HashSet;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * A datagram socket: what has arrived waits in a bounded queue, and what does not fit into it is
 * lost, as in a kernel.
 */
@SuppressWarnings("EnumOrdinal") // an index of arrays of this run, and of nothing that lasts
final class DatagramSocket extends SimSocket {
  private static final int LONGEST_BYTES = 65_507;
  private static final int TURN_DATAGRAMS = 16;

  private @Nullable SocketAddress remote;
  private final ArrayDeque<Datagram> waiting = new ArrayDeque<>();
  private int waitingBytes;
  private final ArrayDeque<SendTo> sends = new ArrayDeque<>();
  private final Set<InetAddress> groups = new HashSet<>();
  private int error;

  /** So that datagrams of one socket arrive in order unless a fault says otherwise. */
  private long lastArrivalNanos;

  DatagramSocket(Universe universe, Machine machine, Family family) {
    super(universe, machine, family);
    options[Option.RECEIVE_BUFFER_BYTES.ordinal()] = 212_992;
    options[Option.SEND_BUFFER_BYTES.ordinal()] = 212_992;
    options[Option.LINGER_SECONDS.ordinal()] = -1;
    options[Option.MULTICAST_LOOP.ordinal()] = 1;
    options[Option.MULTICAST_TIME_TO_LIVE.ordinal()] = 1;
  }

  @Override
  boolean yieldsPort(SimSocket other) {
    return isOn(Option.REUSE_ADDRESS) && other.isOn(Option.REUSE_ADDRESS);
  }

  int connect(SocketAddress address) {
    if (!fits(address)) {
      return Errno.EAFNOSUPPORT.negated();
    }
    if (address instanceof InetSocketAddress inet) {
      int bound = bindFor(inet);
      if (bound < 0) {
        return bound;
      }
    }
    remote = address;
    return 0;
  }

  @Override
  @Nullable SocketAddress remote() {
    return remote;
  }

  boolean accepts(SocketAddress from) {
    return remote == null || remote.equals(from);
  }

  void join(InetAddress group) {
    groups.add(group);
  }

  int leave(InetAddress group) {
    return groups.remove(group) ? 0 : Errno.EADDRNOTAVAIL.negated();
  }

  void add(SendTo send) {
    sends.add(send);
  }

  boolean remove(Operation operation) {
    return operation instanceof SendTo send && sends.remove(send);
  }

  boolean sends() {
    return !sends.isEmpty();
  }

  @Override
  void progress(SimEngine trying) {
    Chaos chaos = universe.chaos();
    if (isHeldBack()) {
      return;
    }
    if (chaos.strikes(Fault.LATE_COMPLETION, trying, this)) {
      readyLater(chaos.of(Fault.LATE_COMPLETION).below(2_000_000L));
      return;
    }
    for (int i = 0; i < TURN_DATAGRAMS && !sends.isEmpty(); i++) {
      SendTo send = sends.remove();
      trying.complete(send, Completion.Kind.TERMINAL, send(trying, send, chaos));
    }
    if (!sends.isEmpty()) {
      ready();
    }
    if (receiver instanceof ReceiveFrom receive) {
      receive(trying, receive, chaos);
    } else if (receiver != null) {
      Operation wrong = receiver;
      receiver = null;
      trying.complete(wrong, Completion.Kind.TERMINAL, Errno.EOPNOTSUPP.negated());
    }
    if (sender != null) {
      Operation wrong = sender;
      sender = null;
      trying.complete(wrong, Completion.Kind.TERMINAL, Errno.EOPNOTSUPP.negated());
    }
  }

  private void receive(SimEngine trying, ReceiveFrom receive, Chaos chaos) {
    for (int i = 0; i < TURN_DATAGRAMS && !waiting.isEmpty(); i++) {
      Datagram next = waiting.getFirst();
      int length = Math.min(next.bytes().length, receive.maxLengthBytes);
      Block block = trying.takeBlock(this, Math.max(1, length));
      if (block == null) {
        return;
      }
      waiting.removeFirst();
      waitingBytes -= next.bytes().length;
      Memory.copy(next.bytes(), 0, block.address, length);
      trying.completeReceivedFrom(
          receive, block, length, next.source(), length < next.bytes().length);
    }
    if (!waiting.isEmpty()) {
      ready();
    } else if (error != 0) {
      int failure = error;
      error = 0;
      receiver = null;
      trying.complete(receive, Completion.Kind.TERMINAL, failure);
    } else if (chaos.strikes(Fault.EARLY_END, trying, receive)) {
      receiver = null;
      trying.complete(receive, Completion.Kind.TERMINAL, Errno.ECANCELED.negated());
    }
  }

  // ---- calls that don't wait

  @Override
  public int levels() {
    int levels = Poll.WRITABLE;
    levels |= waiting.isEmpty() ? 0 : Poll.READABLE;
    return error == 0 ? levels : levels | Poll.READABLE | Poll.ERROR;
  }

  /** The error that waits to be told, which is told once; 0 if there is none. */
  @Override
  public int takeError() {
    int failure = error;
    error = 0;
    return failure;
  }

  @Override
  public @Nullable Datagram peekDatagram() {
    return waiting.peek();
  }

  @Override
  public void dropDatagram() {
    waitingBytes -= waiting.remove().bytes().length;
  }

  @Override
  public int connectNow(SocketAddress target) {
    return connect(target);
  }

  @Override
  public int sendDatagramNow(@Nullable SocketAddress to, byte[] bytes) {
    SimEngine trying = engine;
    return trying == null ? Errno.EBADF.negated() : send(trying, to, this, universe.chaos(), bytes);
  }

  // ---- sending

  private int send(SimEngine trying, SendTo send, Chaos chaos) {
    return send(trying, send.target, send, chaos, null);
  }

  private int send(
      SimEngine trying,
      @Nullable SocketAddress to,
      Object what,
      Chaos chaos,
      byte @Nullable [] given) {
    SocketAddress target = to == null ? remote : to;
    if (target == null) {
      return Errno.EINVAL.negated();
    }
    if (!fits(target)) {
      return Errno.EAFNOSUPPORT.negated();
    }
    if (error != 0) {
      return takeError();
    }
    if (chaos.strikes(Fault.SEND_ERROR, trying, what)) {
      return chaos.pick(
          Fault.SEND_ERROR,
          Errno.ENOBUFS.negated(),
          Errno.ENOMEM.negated(),
          Errno.ENETUNREACH.negated(),
          Errno.EHOSTUNREACH.negated(),
          Errno.EPERM.negated());
    }
    byte[] bytes = given == null ? gathered(trying, (SendTo) what) : given;
    if (bytes.length > LONGEST_BYTES) {
      return Errno.EMSGSIZE.negated();
    }
    return target instanceof UnixDomainSocketAddress unix
        ? sendUnix(unix, bytes)
        : sendInet((InetSocketAddress) target, bytes);
  }

  private static byte[] gathered(SimEngine trying, SendTo send) {
    Vector vector = trying.vector();
    vector.clear();
    int entries = send.gather(vector);
    byte[] bytes = new byte[(int) Math.min(vector.bytes(), LONGEST_BYTES + 1)];
    int done = 0;
    for (int i = 0; i < entries && done < bytes.length; i++) {
      int length = Math.min(vector.length(i), bytes.length - done);
      Memory.copy(vector.base(i), bytes, done, length);
      done += length;
    }
    return bytes;
  }

  private int sendUnix(UnixDomainSocketAddress target, byte[] bytes) {
    SimSocket named = machine.unix(target.getPath().toString());
    if (!(named instanceof DatagramSocket to)) {
      return named == null ? Errno.ENOENT.negated() : Errno.ECONNREFUSED.negated();
    }
    to.deliver(bytes, local);
    return bytes.length;
  }

  private int sendInet(InetSocketAddress target, byte[] bytes) {
    int bound = bindFor(target);
    if (bound < 0) {
      return bound;
    }
    InetAddress address = target.getAddress();
    if (address.isMulticastAddress()) {
      sendToGroup(target, bytes);
      return bytes.length;
    }
    Machine to = universe.network().find(machine, address);
    if (to != null) {
      depart(to, target, bytes);
    }
    return bytes.length;
  }

  private void sendToGroup(InetSocketAddress target, byte[] bytes) {
    for (Machine to : universe.network().machines()) {
      if (!to.equals(machine) || isOn(Option.MULTICAST_LOOP)) {
        depart(to, target, bytes);
      }
    }
  }

  private void depart(Machine to, InetSocketAddress target, byte[] bytes) {
    Route route = universe.network().route(machine, to);
    Chaos chaos = universe.chaos();
    long nanos = route.latencyNanos() + route.transmissionNanos(bytes.length + 28);
    boolean overtakes = !route.isLocal() && chaos.strikes(Fault.REORDERING, route, this);
    if (overtakes) {
      nanos += chaos.of(Fault.REORDERING).below(20 * nanos + 1);
    } else {
      lastArrivalNanos = Math.max(lastArrivalNanos + 1, universe.nowNanos() + nanos);
      nanos = lastArrivalNanos - universe.nowNanos();
    }
    if (route.loses(this)) {
      return;
    }
    universe.schedule(new Packet(this, route, target, bytes), nanos);
    if (!route.isLocal() && chaos.strikes(Fault.DUPLICATION, route, this)) {
      universe.schedule(
          new Packet(this, route, target, bytes),
          nanos + chaos.of(Fault.DUPLICATION).below(5_000_000L));
    }
  }

  /** One datagram on its way. */
  private static final class Packet extends Event {
    private final DatagramSocket from;
    private final SocketAddress source;
    private final Route route;
    private final InetSocketAddress target;
    private final byte[] bytes;

    Packet(DatagramSocket from, Route route, InetSocketAddress target, byte[] bytes) {
      this.from = from;
      this.route = route;
      this.target = target;
      this.bytes = bytes;
      InetSocketAddress bound = from.inetLocal();
      assert bound != null;
      this.source =
          bound.getAddress().isAnyLocalAddress()
              ? new InetSocketAddress(from.machine.sourceFor(target.getAddress()), bound.getPort())
              : bound;
    }

    @Override
    void fire() {
      Machine to = route.to();
      from.universe.trace(Trace.Kind.DATAGRAM, to, target.getPort(), bytes.length, target);
      if (route.isCut() || !to.isUp()) {
        return;
      }
      if (target.getAddress().isMulticastAddress()) {
        for (SimSocket socket : to.datagramSockets(target.getPort())) {
          DatagramSocket member = (DatagramSocket) socket;
          if (member.groups.contains(target.getAddress())) {
            member.deliver(bytes, source);
          }
        }
        return;
      }
      DatagramSocket receiver = to.receiver(target, source);
      if (receiver != null) {
        receiver.deliver(bytes, source);
      } else if (target.equals(from.remote) && !from.closed) {
        from.refused();
      }
    }
  }

  private void refused() {
    error = Errno.ECONNREFUSED.negated();
    ready();
  }

  private void deliver(byte[] bytes, @Nullable SocketAddress source) {
    if (waitingBytes + bytes.length > option(Option.RECEIVE_BUFFER_BYTES)) {
      return;
    }
    waiting.add(new Datagram(bytes, source));
    waitingBytes += bytes.length;
    ready(Poll.READABLE);
  }

  @Override
  void close() {
    if (!closed) {
      closed();
    }
  }

  @Override
  String explain() {
    return describe() + ": " + waiting.size() + " datagrams have arrived and are not taken";
  }

  @Override
  String describe() {
    return "datagram socket " + local + (remote == null ? "" : " to " + remote);
  }
}
