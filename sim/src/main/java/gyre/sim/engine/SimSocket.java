package gyre.sim.engine;

import gyre.engine.Errno;
import gyre.engine.Operation;
import gyre.engine.Poll;
import gyre.engine.Sockets.Family;
import gyre.engine.Sockets.Option;
import java.net.Inet4Address;
import java.net.Inet6Address;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.net.UnixDomainSocketAddress;
import org.jspecify.annotations.Nullable;

/**
 * What a descriptor stands for. Holds the operations that are active on it and tries them whenever
 * the engine finds it ready, which is when something has happened to it.
 */
@SuppressWarnings("EnumOrdinal") // an index of arrays of this run, and of nothing that lasts
public abstract class SimSocket {
  static final int UNSET = Integer.MIN_VALUE;

  /** Beside the events of {@link Poll}: the peer sends nothing more. */
  public static final int READ_HANG_UP = 0x2000;

  static final int EAGAIN = Errno.EAGAIN.negated();

  final Universe universe;
  final Machine machine;
  final Family family;
  final int[] options = new int[Option.values().length];

  /** Null while it waits to be accepted or adopted, and once it is closed. */
  @Nullable SimEngine engine;

  int descriptor = -1;
  boolean closed;
  @Nullable SocketAddress local;

  /** The one operation that receives, the one that sends or connects, and the one that polls. */
  @Nullable Operation receiver;

  @Nullable Operation sender;
  @Nullable Poll poll;

  /** The last operation on it: whose it is, for those who find it left behind. */
  @Nullable Operation user;

  static final int ANY_EVENT = -1;

  /** Readiness that the poll has not been told of. */
  int edges;

  /** In the engine's queue of those that are ready. */
  boolean queued;

  private final Event later =
      new Event() {
        @Override
        void fire() {
          ready();
        }
      };

  SimSocket(Universe universe, Machine machine, Family family) {
    this.universe = universe;
    this.machine = machine;
    this.family = family;
  }

  /** Has the engine try the operations of this socket in its next turn. */
  final void ready() {
    ready(ANY_EVENT);
  }

  /** The same where only who waits for these events has something to look at. */
  final void ready(int events) {
    if (engine != null) {
      engine.enqueue(this, events);
    }
  }

  public final void readyLater(long nanos) {
    if (!later.isScheduled()) {
      universe.schedule(later, nanos);
    }
  }

  final boolean isHeldBack() {
    return later.isScheduled();
  }

  // ---- calls that don't wait, as a kernel's descriptors have them

  /** Which events of {@link Poll}, and {@link #READ_HANG_UP}, are there now. */
  public int levels() {
    return 0;
  }

  /**
   * Reads what is there.
   *
   * @param peeks leaves it there
   * @return bytes, 0 at the end, or -errno
   */
  public int receiveNow(long address, int length, boolean peeks) {
    return Errno.EINVAL.negated();
  }

  /** How many bytes of a stream have arrived and were not read. */
  public int readableBytes() {
    return 0;
  }

  /** Takes what there is room for; the bytes, or -errno. */
  public int sendNow(Pieces bytes) {
    return Errno.EINVAL.negated();
  }

  /** A descriptor of a connection that was waiting, or -errno. */
  public int acceptNow() {
    return Errno.EINVAL.negated();
  }

  /** Begins to connect, or says how far it is. */
  public int connectNow(SocketAddress target) {
    return Errno.EOPNOTSUPP.negated();
  }

  /** Of a datagram socket: an error that waits to be told, which is told once; else 0. */
  public int takeError() {
    return 0;
  }

  /** Of a datagram socket: what has arrived first; null if nothing has. */
  public @Nullable Datagram peekDatagram() {
    return null;
  }

  /** That one was received. */
  public void dropDatagram() {
    throw new AssertionError("not a datagram socket: " + this);
  }

  /** Of a datagram socket: sends one; its bytes, or -errno. */
  public int sendDatagramNow(@Nullable SocketAddress target, byte[] bytes) {
    return Errno.EOPNOTSUPP.negated();
  }

  public final Family family() {
    return family;
  }

  public final int descriptor() {
    return descriptor;
  }

  public final boolean isStream() {
    return this instanceof StreamSocket;
  }

  public final boolean isDatagram() {
    return this instanceof DatagramSocket;
  }

  public final boolean isPipe() {
    return this instanceof PipeEnd;
  }

  /** For failures: the last operation on it. */
  public final void usedBy(Operation operation) {
    user = operation;
  }

  /** A pipe and nothing that looks like one: no file, and no terminal. */
  public final boolean isPlainPipe() {
    return getClass() == PipeEnd.class;
  }

  /** Tries what is active on it. */
  abstract void progress(SimEngine trying);

  /** The operation is not wanted any more; takes it off unless its outcome is settled. */
  final boolean detach(Operation operation) {
    if (receiver == operation) {
      receiver = null;
    } else if (sender == operation) {
      sender = null;
    } else if (poll == operation) {
      poll = null;
    } else {
      return false;
    }
    return true;
  }

  final boolean isBusy() {
    return receiver != null || sender != null || poll != null;
  }

  /** Nobody has a descriptor of it any more. */
  abstract void close();

  /** The host is gone, and tells nobody. */
  void vanish() {
    closed();
  }

  void closed() {
    closed = true;
    universe.cancel(later);
    machine.unbind(this);
    engine = null;
  }

  // ---- addresses

  final @Nullable InetSocketAddress inetLocal() {
    return local instanceof InetSocketAddress inet ? inet : null;
  }

  final @Nullable String unixName() {
    return local instanceof UnixDomainSocketAddress unix ? unix.getPath().toString() : null;
  }

  /** Whether a socket of this family can talk to an address. */
  final boolean fits(SocketAddress address) {
    return switch (address) {
      case UnixDomainSocketAddress _ -> family == Family.UNIX;
      case InetSocketAddress inet ->
          switch (inet.getAddress()) {
            case Inet6Address _ -> family == Family.INET6;
            case null -> false;
            case InetAddress _ ->
                family == Family.INET4 || (family == Family.INET6 && !isOnlySix());
          };
      default -> false;
    };
  }

  private boolean isOnlySix() {
    return options[Option.IPV6_ONLY.ordinal()] != 0;
  }

  /** Whether one that is bound to all addresses is bound to this one. */
  final boolean reaches(InetAddress address) {
    boolean four = address instanceof Inet4Address;
    return family == Family.INET4 ? four : !four || !isOnlySix();
  }

  final boolean hears(InetAddress address) {
    InetSocketAddress bound = inetLocal();
    return bound != null
        && (bound.getAddress().equals(address)
            || (bound.getAddress().isAnyLocalAddress() && reaches(address)));
  }

  final boolean sharesPort() {
    return options[Option.REUSE_PORT.ordinal()] != 0;
  }

  /** Whether another socket may have this one's port all the same. */
  boolean yieldsPort(SimSocket other) {
    return false;
  }

  final int bind(SocketAddress address) {
    if (local != null) {
      return Errno.EINVAL.negated();
    }
    if (!fits(address)) {
      return Errno.EAFNOSUPPORT.negated();
    }
    if (address instanceof UnixDomainSocketAddress unix) {
      int result = machine.bindUnix(this, unix.getPath().toString());
      if (result == 0) {
        local = unix;
      }
      return result;
    }
    InetSocketAddress inet = (InetSocketAddress) address;
    int port = machine.bind(this, inet.getAddress(), inet.getPort());
    if (port < 0) {
      return port;
    }
    local = new InetSocketAddress(inet.getAddress(), port);
    return 0;
  }

  /** Gives it a port, if it has none, for talking to {@code target}. 0 or -errno. */
  final int bindFor(InetSocketAddress target) {
    if (local != null) {
      return 0;
    }
    return bind(new InetSocketAddress(machine.sourceFor(target.getAddress()), 0));
  }

  @Nullable SocketAddress remote() {
    return null;
  }

  // ---- options

  /** An option has a new value. */
  void optionSet(Option option) {
    // Most take effect where they are looked at.
  }

  int option(Option option) {
    return options[option.ordinal()];
  }

  final boolean isOn(Option option) {
    return options[option.ordinal()] != 0;
  }

  final boolean offers(Option option) {
    boolean stream = this instanceof StreamSocket;
    return switch (option) {
      case NO_DELAY, KEEP_ALIVE_IDLE_SECONDS, KEEP_ALIVE_INTERVAL_SECONDS, KEEP_ALIVE_COUNT ->
          stream && family != Family.UNIX;
      case IPV6_ONLY -> family == Family.INET6;
      case MULTICAST_TIME_TO_LIVE, MULTICAST_LOOP -> !stream && family != Family.UNIX;
      case TRANSPARENT, LATE_PORT -> false;
      default -> true;
    };
  }

  /** What there is of it, for those who wait in vain. */
  String explain() {
    return describe();
  }

  /** Whether something has arrived, and no operation receives it. */
  boolean isNeglected() {
    return false;
  }

  /** The other end of a connection. */
  @Nullable SimSocket other() {
    return null;
  }

  abstract String describe();

  @Override
  public String toString() {
    return describe() + " (descriptor " + descriptor + ")";
  }
}
