package gyre.sim.engine;

import gyre.engine.Errno;
import gyre.sim.fault.Fault;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * A host's kernel: its addresses, what is bound to them, and its clocks. Survives a crash, which
 * only empties it.
 */
public final class Machine implements Subject, InstantSource {
  private static final int FIRST_EPHEMERAL_PORT = 32_768;
  private static final int LAST_EPHEMERAL_PORT = 60_999;
  private static final long EPOCH_SECOND = 1_767_225_600; // 2026-01-01T00:00:00Z

  private final Universe universe;
  private final int number;
  private final String name;
  private final List<InetAddress> addresses = new ArrayList<>();

  /** What is bound, by protocol and port; in the order of binding. */
  private final Map<Integer, List<SimSocket>> ports = new HashMap<>();

  private final Map<String, SimSocket> unixNames = new HashMap<>();
  private int nextPort;

  private final long clockStartNanos;
  private long driftPartsPerMillion;
  private long stepNanos;
  private boolean up = true;
  private int descriptorLimit = 1 << 20;
  private boolean hasReceiveRing;
  private final Disk disk = new Disk();
  private final SimSignals signals = new SimSignals();
  private final ProcessTable processes;
  private final Set<String> programs = new HashSet<>();
  private int terminals;
  private @Nullable TerminalDevice terminal;

  Machine(Universe universe, int number, String name) {
    this.universe = universe;
    this.number = number;
    this.name = name;
    this.processes = new ProcessTable(universe);
    Chance details = universe.details();
    this.clockStartNanos = details.below(1L << 48);
    this.nextPort =
        FIRST_EPHEMERAL_PORT + details.below(LAST_EPHEMERAL_PORT - FIRST_EPHEMERAL_PORT);
  }

  // ---- clocks

  /** Monotonic, and maybe a little fast or slow. */
  public long nanoTime() {
    long now = universe.nowNanos();
    return clockStartNanos + now + now / 1_000_000 * driftPartsPerMillion;
  }

  /** How long a time of this machine's clock lasts at least. */
  public long realNanos(long nanos) {
    return nanos - nanos / 1_000_000 * driftPartsPerMillion;
  }

  /** By how much the monotonic clock is fast, from the start on. */
  public void setDrift(long partsPerMillion) {
    if (Math.abs(partsPerMillion) > 100_000) {
      throw new IllegalArgumentException("drift of " + partsPerMillion + " ppm: at most 100,000");
    }
    driftPartsPerMillion = partsPerMillion;
  }

  /** The date jumps. */
  public void step(long nanos) {
    stepNanos += nanos;
  }

  @Override
  public Instant instant() {
    return Instant.ofEpochSecond(EPOCH_SECOND, universe.nowNanos()).plusNanos(stepNanos);
  }

  // ---- life

  /** How many descriptors each program of this machine may have. */
  public void setDescriptorLimit(int limit) {
    descriptorLimit = limit;
  }

  int descriptorLimit() {
    return descriptorLimit;
  }

  /** Its kernel receives into buffers that it has at hand, as io_uring does. */
  public void setReceiveRing(boolean has) {
    hasReceiveRing = has;
  }

  boolean hasReceiveRing() {
    return hasReceiveRing;
  }

  public boolean isUp() {
    return up;
  }

  /** All at once, and nobody is told. */
  public void crash() {
    up = false;
    for (SimEngine engine : universe.engines()) {
      if (engine.machine().equals(this)) {
        engine.vanish();
      }
    }
    universe.vanishAdrift(this);
    ports.clear();
    unixNames.clear();
    signals.clear();
    processes.clear();
    Chaos chaos = universe.chaos();
    boolean isTorn = chaos.strikes(Fault.TORN_WRITE, this, null);
    disk.crash(isTorn ? chaos.of(Fault.TORN_WRITE) : null);
  }

  /** The date, in nanoseconds since 1970. */
  long dateNanos() {
    Instant now = instant();
    return now.getEpochSecond() * 1_000_000_000L + now.getNano();
  }

  Disk disk() {
    return disk;
  }

  SimSignals signals() {
    return signals;
  }

  ProcessTable processes() {
    return processes;
  }

  /** From now on programs of this machine can start one of this name. */
  public void install(String program) {
    programs.add(program);
  }

  boolean hasProgram(String program) {
    return programs.contains(program);
  }

  void start(SimProcess process, SimCommand command) {
    universe.start(this, process, command);
  }

  /** The terminal that its programs were started in, if somebody sits there. */
  @Nullable TerminalDevice terminal() {
    return terminal;
  }

  /** From now on its programs have one. */
  public TerminalDevice attachTerminal(int columns, int rows) {
    TerminalDevice attached = new TerminalDevice(universe, this, columns, rows);
    terminal = attached;
    return attached;
  }

  int nextTerminal() {
    return terminals++;
  }

  /** Tells all programs that want to know of a signal, soon, outside of their turns. */
  public void signal(String name) {
    universe.at(
        universe.nowNanos(),
        () -> {
          boolean isTold = up && signals.deliver(name);
          if (!isTold) {
            universe.script(name() + " has nobody who wants " + name);
          }
        });
  }

  public void restart() {
    up = true;
  }

  // ---- addresses

  public void addAddress(InetAddress address) {
    addresses.add(address);
    universe.network().addressed(address, this);
  }

  public List<InetAddress> addresses() {
    return addresses;
  }

  boolean has(InetAddress address) {
    return address.isLoopbackAddress()
        || address.isAnyLocalAddress()
        || addresses.contains(address);
  }

  /** The address that packets to {@code target} come from. */
  InetAddress sourceFor(InetAddress target) {
    if (target.isLoopbackAddress() || addresses.contains(target)) {
      return target;
    }
    for (InetAddress address : addresses) {
      if (address.getClass().equals(target.getClass())) {
        return address;
      }
    }
    return addresses.isEmpty() ? target : addresses.getFirst();
  }

  // ---- what is bound

  private static Integer key(SimSocket socket, int port) {
    return (socket instanceof DatagramSocket ? 1 << 16 : 0) | port;
  }

  /** Binds to a port, a free one for 0. The port, or -errno. */
  int bind(SimSocket socket, InetAddress address, int port) {
    if (!has(address) && !address.isMulticastAddress()) {
      return Errno.EADDRNOTAVAIL.negated();
    }
    if (port != 0) {
      return occupy(socket, address, port);
    }
    for (int tries = LAST_EPHEMERAL_PORT - FIRST_EPHEMERAL_PORT; tries > 0; tries--) {
      int candidate = nextPort++;
      if (nextPort > LAST_EPHEMERAL_PORT) {
        nextPort = FIRST_EPHEMERAL_PORT;
      }
      if (occupy(socket, address, candidate) > 0) {
        return candidate;
      }
    }
    return Errno.EADDRINUSE.negated();
  }

  private int occupy(SimSocket socket, InetAddress address, int port) {
    List<SimSocket> bound = ports.computeIfAbsent(key(socket, port), _ -> new ArrayList<>(1));
    for (SimSocket other : bound) {
      if (conflict(socket, address, other)) {
        return Errno.EADDRINUSE.negated();
      }
    }
    bound.add(socket);
    return port;
  }

  private static boolean conflict(SimSocket socket, InetAddress address, SimSocket other) {
    InetSocketAddress local = other.inetLocal();
    if (local == null) {
      return false;
    }
    InetAddress taken = local.getAddress();
    boolean overlaps =
        taken.equals(address)
            || (taken.isAnyLocalAddress() && other.reaches(address))
            || (address.isAnyLocalAddress() && socket.reaches(taken));
    return overlaps && !(socket.sharesPort() && other.sharesPort()) && !other.yieldsPort(socket);
  }

  void unbind(SimSocket socket) {
    InetSocketAddress local = socket.inetLocal();
    if (local != null) {
      List<SimSocket> bound = ports.get(key(socket, local.getPort()));
      if (bound != null) {
        bound.remove(socket);
      }
    }
    String path = socket.unixName();
    if (path != null) {
      unixNames.remove(path, socket);
    }
  }

  int bindUnix(SimSocket socket, String path) {
    return unixNames.putIfAbsent(path, socket) == null ? 0 : Errno.EADDRINUSE.negated();
  }

  @Nullable SimSocket unix(String path) {
    return unixNames.get(path);
  }

  /** Who listens there; by lot if several share the port. Null if nobody does. */
  @Nullable StreamSocket listener(InetSocketAddress at) {
    List<SimSocket> bound = ports.get(at.getPort());
    StreamSocket found = null;
    int candidates = 0;
    if (bound != null) {
      for (SimSocket socket : bound) {
        if (socket instanceof StreamSocket stream
            && stream.isListening()
            && stream.hears(at.getAddress())
            && (++candidates == 1 || universe.details().below(candidates) == 0)) {
          found = stream;
        }
      }
    }
    return found;
  }

  /** Who gets a datagram; by lot if several share the port. Null if nobody does. */
  @Nullable DatagramSocket receiver(InetSocketAddress at, SocketAddress from) {
    List<SimSocket> bound = ports.get(1 << 16 | at.getPort());
    DatagramSocket found = null;
    int candidates = 0;
    if (bound != null) {
      for (SimSocket socket : bound) {
        if (socket instanceof DatagramSocket datagrams
            && datagrams.hears(at.getAddress())
            && datagrams.accepts(from)
            && (++candidates == 1 || universe.details().below(candidates) == 0)) {
          found = datagrams;
        }
      }
    }
    return found;
  }

  /** All that are bound to a port of datagrams, in the order of binding. */
  List<SimSocket> datagramSockets(int port) {
    return ports.getOrDefault(1 << 16 | port, List.of());
  }

  @Override
  public int number() {
    return number;
  }

  @Override
  public String label() {
    return name();
  }

  public String name() {
    return name;
  }

  @Override
  public String toString() {
    return name;
  }
}
