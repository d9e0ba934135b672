package gyre.engine.epoll;

import static gyre.sys.LinuxEpoll.EPOLLERR;
import static gyre.sys.LinuxEpoll.EPOLLET;
import static gyre.sys.LinuxEpoll.EPOLLHUP;
import static gyre.sys.LinuxEpoll.EPOLLIN;
import static gyre.sys.LinuxEpoll.EPOLLOUT;
import static gyre.sys.LinuxEpoll.EPOLLPRI;
import static gyre.sys.LinuxEpoll.EPOLLRDHUP;
import static gyre.sys.LinuxEpoll.EPOLL_CTL_ADD;
import static gyre.sys.LinuxEpoll.EPOLL_CTL_DEL;
import static gyre.sys.LinuxEpoll.EPOLL_CTL_MOD;

import gyre.engine.BlockPool;
import gyre.engine.Engine;
import gyre.engine.EngineOptions;
import gyre.engine.EngineUnavailable;
import gyre.engine.Errno;
import gyre.engine.FileCalls;
import gyre.engine.Pipes;
import gyre.engine.Poll;
import gyre.engine.Processes;
import gyre.engine.Sockets;
import gyre.engine.Vector;
import gyre.engine.kernel.AddressCache;
import gyre.engine.kernel.EventCounter;
import gyre.engine.kernel.KernelFiles;
import gyre.engine.kernel.KernelPipes;
import gyre.engine.kernel.KernelProcesses;
import gyre.engine.readiness.Channel;
import gyre.engine.readiness.ReadinessEngine;
import gyre.sys.CallState;
import gyre.sys.LinuxEpoll;
import gyre.sys.LinuxFiles;
import gyre.sys.LinuxSockets;
import gyre.sys.Memory;
import gyre.sys.RawAddress;
import java.net.SocketAddress;
import org.jspecify.annotations.Nullable;

/**
 * The engine on epoll, edge-triggered.
 *
 * <p>A descriptor is registered once, for input, when it first waits; and widened once, to output,
 * if it ever finds its send buffer full. Registering both at once would be a single call, but then
 * every Unix and datagram socket would wake the loop whenever a peer has read what was sent.
 *
 * <p>An event carries descriptor and generation, so that a late one can't reach a new owner of the
 * number: a forked child may keep the old socket in epoll for a moment after it was closed here.
 */
public final class EpollEngine extends ReadinessEngine {
  private static final int EVENTS = 512;
  private static final long WAKE = -1;
  private static final long NANOS_PER_SECOND = 1_000_000_000;
  private static final long NANOS_PER_MILLI = 1_000_000;
  private static final int EALREADY = Errno.EALREADY.negated();
  private static final int EISCONN = Errno.EISCONN.negated();
  private static final int EINPROGRESS = Errno.EINPROGRESS.negated();
  private static final int EAGAIN = Errno.EAGAIN.negated();
  private static final int EINTR = Errno.EINTR.negated();
  private static final int ENOSYS = Errno.ENOSYS.negated();
  private static final int EPERM = Errno.EPERM.negated();

  private final CallState state;
  private final AddressCache addresses = new AddressCache();
  private final EpollSockets sockets;
  private final KernelPipes pipes;
  private final KernelProcesses processes = new KernelProcesses(counters);
  private final int epoll;
  private final EventCounter waker;
  private final long events = allocate((long) EVENTS * LinuxEpoll.EVENT_BYTES);
  private final long event = allocate(16);
  private final long timespec = allocate(16);
  private final long message = allocate(LinuxSockets.MESSAGE_BYTES);
  private final long vector = allocate(32);
  private final long address = allocate(RawAddress.CAPACITY_BYTES);

  /** Beside the interest of a channel: the kernel knows it, maybe for errors alone. */
  private static final int REGISTERED = 1 << 30;

  private boolean hasNanos = true;
  private int generations;

  private EpollEngine(CallState calls, BlockPool pool) {
    super(pool);
    state = calls;
    sockets = new EpollSockets(this, counters, calls);
    pipes = new KernelPipes(counters, calls);
    epoll = LinuxEpoll.create(state);
    try {
      check(epoll);
      waker = EventCounter.open(state);
    } catch (EngineUnavailable e) {
      closeEpoll();
      closeMemory();
      throw e;
    }
    waitForStreams(new KernelFiles(state));
    try {
      // Edge-triggered: each signal is an event, and nobody ever has to read the counter.
      LinuxEpoll.putEvent(event, EPOLLIN | EPOLLET, WAKE);
      check(LinuxEpoll.control(state, epoll, EPOLL_CTL_ADD, waker.descriptor, event));
      // A sandbox may allow to make one and not to wait, which nobody would notice until it runs.
      check(LinuxEpoll.waitMillis(state, epoll, events, EVENTS, 0));
    } catch (EngineUnavailable e) {
      close();
      throw e;
    }
  }

  private static void check(int result) {
    if (result < 0 && result != EINTR) {
      throw new EngineUnavailable(Errno.describe(result));
    }
  }

  /**
   * An engine for the calling thread.
   *
   * @throws EngineUnavailable where epoll is not to be had
   */
  public static EpollEngine open(EngineOptions options) {
    return open(new CallState(), new BlockPool(options.poolLimitBytes()));
  }

  /**
   * The same on the kernel that {@code calls} reach, for those who bring one of their own.
   *
   * @param pool becomes the engine's, which closes it
   */
  public static EpollEngine open(CallState calls, BlockPool pool) {
    return new EpollEngine(calls, pool);
  }

  private long allocate(long bytes) {
    return arena.allocate(bytes, 8).address();
  }

  @Override
  public String name() {
    return "epoll";
  }

  @Override
  public String features() {
    return hasNanos ? "edge-triggered, nanosecond waits" : "edge-triggered, millisecond waits";
  }

  @Override
  public Sockets sockets() {
    return sockets;
  }

  @Override
  public Pipes pipes() {
    return pipes;
  }

  @Override
  public Processes processes() {
    return processes;
  }

  @Override
  protected Channel open(int descriptor) {
    return new EpollChannel(descriptor, ++generations & Integer.MAX_VALUE);
  }

  @Override
  protected int watch(Channel channel, int interest) {
    return register((EpollChannel) channel, channel.watched | interest);
  }

  /** A modified registration reports what is ready, even if nothing in it has changed. */
  @Override
  protected int rewatch(Channel channel, int interest) {
    return register((EpollChannel) channel, channel.watched | interest);
  }

  private int register(EpollChannel channel, int interest) {
    int command = channel.watched == 0 ? EPOLL_CTL_ADD : EPOLL_CTL_MOD;
    int mask = EPOLLRDHUP | EPOLLET;
    mask |= (interest & Poll.READABLE) != 0 ? EPOLLIN | EPOLLPRI : 0;
    mask |= (interest & Poll.WRITABLE) != 0 ? EPOLLOUT : 0;
    LinuxEpoll.putEvent(event, mask, (long) channel.generation << 32 | channel.descriptor);
    counters.registrations++;
    int result = LinuxEpoll.control(state, epoll, command, channel.descriptor, event);
    if (result >= 0) {
      channel.watched = interest | REGISTERED;
    }
    return result;
  }

  @Override
  protected void unregister(int descriptor) {
    Channel channel = forget(descriptor);
    if (channel != null && channel.watched != 0) {
      counters.registrations++;
      int ignored = LinuxEpoll.control(state, epoll, EPOLL_CTL_DEL, descriptor, event);
    }
  }

  void abandon(int descriptor) {
    Channel ignored = forget(descriptor);
  }

  @Override
  protected void poll(long timeoutNanos) {
    int count = waitForEvents(timeoutNanos);
    if (count < 0 && count != EINTR) {
      // It would fail again and again, and the loop would spin without hearing of anything.
      throw new IllegalStateException("epoll_wait: " + Errno.describe(count));
    }
    for (int i = 0; i < count; i++) {
      long data = LinuxEpoll.data(events, i);
      if (data == WAKE) {
        counters.wakes++;
      } else if (known((int) data) instanceof EpollChannel channel
          && channel.generation == (int) (data >>> 32)) {
        event(channel, translate(LinuxEpoll.events(events, i)));
      }
    }
  }

  /** The number of events, or a negative errno; after a signal {@code -EINTR}. */
  private int waitForEvents(long timeoutNanos) {
    if (timeoutNanos <= 0) {
      return LinuxEpoll.waitMillis(state, epoll, events, EVENTS, 0);
    }
    if (timeoutNanos == Engine.FOREVER) {
      return LinuxEpoll.waitMillis(state, epoll, events, EVENTS, -1);
    }
    if (hasNanos) {
      Memory.putLong(timespec, timeoutNanos / NANOS_PER_SECOND);
      Memory.putLong(timespec + 8, timeoutNanos % NANOS_PER_SECOND);
      int count = LinuxEpoll.waitTimespec(state, epoll, events, EVENTS, timespec);
      if (count != ENOSYS && count != EPERM) {
        return count;
      }
      hasNanos = false;
    }
    // Rounded up: a loop that wakes before its timer is due would have to go round again.
    long millis = Math.ceilDiv(timeoutNanos, NANOS_PER_MILLI);
    return LinuxEpoll.waitMillis(
        state, epoll, events, EVENTS, (int) Math.min(millis, Integer.MAX_VALUE));
  }

  /** To the bits of {@link Poll}, which are epoll's own except for these. */
  private static int translate(int bits) {
    int translated = 0;
    translated |= (bits & EPOLLIN) != 0 ? Poll.READABLE : 0;
    translated |= (bits & EPOLLPRI) != 0 ? URGENT : 0;
    translated |= (bits & EPOLLOUT) != 0 ? Poll.WRITABLE : 0;
    translated |= (bits & EPOLLERR) != 0 ? Poll.ERROR : 0;
    translated |= (bits & EPOLLHUP) != 0 ? Poll.HANG_UP : 0;
    translated |= (bits & EPOLLRDHUP) != 0 ? END : 0;
    return translated;
  }

  @Override
  protected int accept(Channel channel) {
    counters.calls++;
    int connection = LinuxSockets.accept(state, channel.descriptor);
    if (connection >= 0) {
      sockets.inherit(channel.descriptor, connection);
    }
    return connection;
  }

  @Override
  protected int connect(Channel channel, SocketAddress target) {
    int length = sockets.encode(channel.descriptor, target, address);
    if (length < 0) {
      return length;
    }
    counters.calls++;
    int result = LinuxSockets.connect(state, channel.descriptor, address, length);
    // Only a Unix socket says so: the listener's backlog is full, and nothing tells when it is not.
    return result == EAGAIN ? Errno.ECONNREFUSED.negated() : result;
  }

  /** Asking again tells exactly: done, still under way, or what went wrong. */
  @Override
  protected int finishConnect(Channel channel, SocketAddress target) {
    int result = connect(channel, target);
    if (result == EALREADY || result == EINPROGRESS) {
      return EAGAIN;
    }
    return result == EISCONN ? 0 : result;
  }

  @Override
  protected int receive(Channel channel, long to, int length) {
    if (sockets.keepsMessagesApart(channel.descriptor)) {
      return receiveTold(channel, to, length, 0, 0);
    }
    counters.calls++;
    stoppedAtBoundary = false;
    return LinuxSockets.recv(state, channel.descriptor, to, length, 0);
  }

  @Override
  protected int receive(
      Channel channel, long first, int firstLength, long second, int secondLength) {
    return receiveTold(channel, first, firstLength, second, secondLength);
  }

  /** The call that says whether it stopped behind descriptors, which are dropped. */
  private int receiveTold(
      Channel channel, long first, int firstLength, long second, int secondLength) {
    counters.calls++;
    putVector(first, firstLength, second, secondLength);
    LinuxSockets.putMessage(message, 0, 0, vector, secondLength > 0 ? 2 : 1);
    int length = LinuxSockets.recvmsg(state, channel.descriptor, message, 0);
    stoppedAtBoundary =
        length > 0 && (LinuxSockets.messageFlags(message) & LinuxSockets.MSG_CTRUNC) != 0;
    return length;
  }

  @Override
  protected int receiveFrom(
      Channel channel, long first, int firstLength, long second, int secondLength) {
    counters.calls++;
    putVector(first, firstLength, second, secondLength);
    LinuxSockets.putMessage(
        message, address, RawAddress.CAPACITY_BYTES, vector, secondLength > 0 ? 2 : 1);
    int length = LinuxSockets.recvmsg(state, channel.descriptor, message, 0);
    if (length >= 0) {
      truncated = (LinuxSockets.messageFlags(message) & LinuxSockets.MSG_TRUNC) != 0;
      source = addresses.decode(address, LinuxSockets.messageNameBytes(message));
    }
    return length;
  }

  @Override
  protected int nextDatagramBytes(Channel channel) {
    counters.calls++;
    int flags = LinuxSockets.MSG_PEEK | LinuxSockets.MSG_TRUNC;
    return LinuxSockets.recv(state, channel.descriptor, 0, 0, flags);
  }

  private void putVector(long first, int firstLength, long second, int secondLength) {
    Memory.putLong(vector, first);
    Memory.putLong(vector + 8, firstLength);
    Memory.putLong(vector + 16, second);
    Memory.putLong(vector + 24, secondLength);
  }

  @Override
  protected int send(Channel channel, Vector bytes) {
    counters.calls++;
    if (bytes.count() == 1) {
      return LinuxSockets.send(
          state, channel.descriptor, bytes.base(0), bytes.length(0), LinuxSockets.MSG_NOSIGNAL);
    }
    LinuxSockets.putMessage(message, 0, 0, bytes.address(), bytes.count());
    return LinuxSockets.sendmsg(state, channel.descriptor, message, LinuxSockets.MSG_NOSIGNAL);
  }

  @Override
  protected int sendTo(Channel channel, Vector bytes, @Nullable SocketAddress target) {
    int nameLength = 0;
    if (target != null) {
      nameLength = sockets.encode(channel.descriptor, target, address);
      if (nameLength < 0) {
        return nameLength;
      }
    }
    counters.calls++;
    LinuxSockets.putMessage(
        message, nameLength == 0 ? 0 : address, nameLength, bytes.address(), bytes.count());
    return LinuxSockets.sendmsg(state, channel.descriptor, message, LinuxSockets.MSG_NOSIGNAL);
  }

  @Override
  protected FileCalls files() {
    return new KernelFiles();
  }

  /** An epoll descriptor can be waited for like what is in it. */
  @Override
  public int readyDescriptor() {
    return epoll;
  }

  @Override
  public void hurry() {
    wake();
  }

  @Override
  public void wake() {
    waker.signal();
  }

  @Override
  protected void shut() {
    waker.close(state);
    closeEpoll();
  }

  private void closeEpoll() {
    if (epoll >= 0) {
      int ignored = LinuxFiles.close(state, epoll);
    }
  }
}
