package gyre.sim.kernel;

import gyre.engine.Errno;
import gyre.engine.FileCalls;
import gyre.sim.engine.Chance;
import gyre.sim.engine.Chaos;
import gyre.sim.engine.KernelBelow;
import gyre.sim.engine.Pieces;
import gyre.sim.engine.SimEngine;
import gyre.sim.engine.SimSocket;
import gyre.sim.engine.Universe;
import gyre.sim.fault.Fault;
import gyre.sys.Kernel;
import gyre.sys.LinuxMemory;
import gyre.sys.Memory;
import gyre.sys.Syscall;
import gyre.sys.Uring;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;

/**
 * The kernel of one process: its system calls, its descriptors, its memory, and whether it waits.
 *
 * <p>Whoever runs a world turns loops one after the other, so a call must never wait. One that
 * would is interrupted instead, as by a signal, and the process counts as waiting from then on:
 * until something comes that would have ended the wait, it gets no turn. Where an engine has a
 * universe for itself, a call that waits lets time pass.
 */
public final class SimKernel implements Kernel, KernelBelow {
  private static final int ETIME = 62;
  private static final int CALLS = 512;
  private static final int THREAD_ID = 4711;

  /** One system call. */
  interface Call {
    long call(long a, long b, long c, long d, long e, long f);
  }

  /** Has what a wait ends for. */
  interface Waiting {
    boolean isOver();
  }

  final SimEngine process;
  final Universe universe;
  final Chance chance;
  final KernelVersion version;
  private final ProcessMemory memory = new ProcessMemory();
  private final Call[] calls = new Call[CALLS];

  /** Rings, epolls and event counters, by descriptor. */
  private final Map<Integer, Object> own = new TreeMap<>();

  /** Those that somebody waits for, or has waited for. */
  private final IdentityHashMap<SimSocket, SocketFile> files = new IdentityHashMap<>();

  private final List<KernelRing> rings = new ArrayList<>(1);
  private final Map<Integer, KernelRing> registered = new HashMap<>();

  /** What other threads have asked for; tests of engines alone have such. */
  private final ConcurrentLinkedQueue<Runnable> fromOutside = new ConcurrentLinkedQueue<>();

  /** Closed, with requests in hand that have not ended. */
  private final List<KernelRing> dying = new ArrayList<>(0);

  private boolean gone;

  /** What the process waits for in its kernel; null while it runs. */
  private @Nullable Waiting waiting;

  /** The end of that wait, in the time of the world. */
  private long waitsUntilNanos;

  public SimKernel(SimEngine process, KernelVersion version) {
    this.process = process;
    this.universe = process.universe();
    this.version = version;
    this.chance = universe.chance("kernel of " + process.label());
    process.playKernel(this);
    SocketCalls sockets = new SocketCalls(this);
    sockets.addTo(this);
    on(Syscall.MMAP, (_, bytes, _, flags, fd, offset) -> map(bytes, (int) flags, (int) fd, offset));
    on(Syscall.MUNMAP, (address, bytes, _, _, _, _) -> unmap(address, bytes));
    on(Syscall.GETTID, (_, _, _, _, _, _) -> threadId());
    on(Syscall.CLOSE, (fd, _, _, _, _, _) -> close((int) fd));
    on(Syscall.EVENTFD2, (_, _, _, _, _, _) -> install(new CounterFile()));
    on(Syscall.READ, (fd, to, length, _, _, _) -> read((int) fd, to, (int) length));
    on(Syscall.WRITE, (fd, from, length, _, _, _) -> write((int) fd, from, (int) length));
    on(Syscall.IO_URING_SETUP, (entries, params, _, _, _, _) -> setUp((int) entries, params));
    on(
        Syscall.IO_URING_ENTER,
        (fd, submit, least, flags, argument, _) ->
            enter((int) fd, (int) submit, (int) least, (int) flags, argument));
    on(
        Syscall.IO_URING_REGISTER,
        (fd, operation, argument, count, _, _) ->
            register((int) fd, (int) operation, argument, (int) count));
    KernelEpoll.addTo(this);
  }

  void on(int number, Call call) {
    calls[number] = call;
  }

  // ---- what an engine calls

  @Override
  public long call(int number, long a, long b, long c, long d, long e, long f) {
    Call call = calls[number];
    if (call == null || !version.knowsCall(number)) {
      return Errno.ENOSYS.negated();
    }
    if (!isOfWorld()) {
      return call.call(a, b, c, d, e, f); // the rings are the world's thread's alone
    }
    for (int i = 0; i < rings.size(); i++) {
      rings.get(i).spoilGivenBack();
    }
    long result = call.call(a, b, c, d, e, f);
    for (int i = 0; i < rings.size(); i++) {
      rings.get(i).callEnds();
    }
    return result;
  }

  @Override
  public long nanoTime() {
    return process.nanoTime();
  }

  @Override
  public long allocate(long bytes) {
    return memory.allocate(bytes);
  }

  /** A ring may be told that a fiber with a thread of its own calls, which it refuses. */
  private long threadId() {
    return isInside() && !universe.isEnding() && chance.below(8) == 0 ? THREAD_ID + 1 : THREAD_ID;
  }

  private boolean isOpening = true;

  /** The engine is there; what it calls from now on, it may call from any of its fibers. */
  void opened() {
    isOpening = false;
  }

  private boolean isInside() {
    return !isOpening;
  }

  // ---- memory

  private long map(long bytes, int flags, int fd, long offset) {
    if ((flags & LinuxMemory.MAP_ANONYMOUS) != 0) {
      return memory.map(bytes);
    }
    return own.get(fd) instanceof KernelRing ring ? ring.map(offset, bytes) : Errno.EBADF.negated();
  }

  private long unmap(long address, long bytes) {
    for (Object object : own.values()) {
      if (object instanceof KernelRing ring) {
        ring.checkUnmapped(address, bytes);
      }
    }
    dying.forEach(ring -> ring.checkUnmapped(address, bytes));
    return memory.unmap(address, bytes);
  }

  long mapForRing(long bytes) {
    return memory.map(bytes);
  }

  void unmapRing(long address, long bytes) {
    int ignored = memory.unmap(address, bytes);
  }

  // ---- descriptors

  /** Gives one of the kernel's own things a descriptor. */
  int install(Object object) {
    int descriptor = process.takeDescriptor();
    if (descriptor >= 0) {
      own.put(descriptor, object);
      if (object instanceof KernelRing ring) {
        rings.add(ring);
      }
    }
    return descriptor;
  }

  /** Whether a descriptor is that of a file of the world. */
  boolean isFile(int descriptor) {
    return process.isOpen(descriptor) && !own.containsKey(descriptor);
  }

  @Nullable Object own(int descriptor) {
    return own.get(descriptor);
  }

  /** What can be waited for; null if there is no such descriptor. */
  @Nullable OpenFile file(int descriptor) {
    if (own.get(descriptor) instanceof CounterFile counter) {
      return counter;
    }
    SimSocket socket = process.find(descriptor);
    return socket == null ? null : files.computeIfAbsent(socket, SocketFile::new);
  }

  private long close(int fd) {
    Object object = own.remove(fd);
    if (object != null) {
      process.giveDescriptor(fd);
      if (object instanceof KernelRing ring) {
        registered.values().remove(ring);
        rings.remove(ring);
        ring.close();
        dying.removeIf(KernelRing::isIdle);
        if (!ring.isIdle()) {
          dying.add(ring);
        }
      } else if (object instanceof KernelEpoll epoll) {
        epoll.close();
      }
      return 0;
    }
    SimSocket socket = process.find(fd);
    if (socket == null) {
      return process.fileCalls().close(fd);
    }
    release(fd);
    process.sockets().close(fd);
    return 0;
  }

  /** A descriptor leaves this process: no request may use it any more. */
  void release(int fd) {
    SimSocket socket = process.find(fd);
    SocketFile file = socket == null ? null : files.remove(socket);
    if (file != null) {
      for (OpenFile.Waiter waiter : List.copyOf(file.waiters())) {
        if (waiter instanceof Request request) {
          throw new AssertionError(
              "descriptor " + fd + " is closed while the kernel has a request for it: " + request);
        }
        ((KernelEpoll.Item) waiter).closed();
      }
    }
  }

  private long read(int fd, long to, int length) {
    if (own.get(fd) instanceof CounterFile counter) {
      long taken = counter.take();
      if (taken == 0) {
        return Errno.EAGAIN.negated();
      }
      Memory.putLong(to, taken);
      return Long.BYTES;
    }
    SimSocket socket = process.find(fd);
    return socket == null
        ? process.fileCalls().read(fd, to, length, FileCalls.AT_POSITION)
        : socket.receiveNow(to, length, false);
  }

  /** From any thread, where it is to an event counter. */
  private long write(int fd, long from, int length) {
    if (isOfWorld()) {
      if (own.get(fd) instanceof CounterFile counter) {
        counter.signal(Memory.getLong(from));
        return Long.BYTES;
      }
      SimSocket socket = process.find(fd);
      return socket == null
          ? process.fileCalls().write(fd, from, length, FileCalls.AT_POSITION)
          : socket.sendNow(Pieces.of(from, length));
    }
    outside(() -> {
      if (own.get(fd) instanceof CounterFile counter) {
        counter.signal(1);
      }
    });
    return Long.BYTES;
  }

  // ---- io_uring

  private long setUp(int entries, long params) {
    return KernelRing.setUp(this, entries, params);
  }

  private long enter(int fd, int submit, int least, int flags, long argument) {
    takeFromOutside();
    boolean isRegistered = (flags & Uring.ENTER_REGISTERED_RING) != 0;
    Object ring = isRegistered ? registered.get(fd) : own.get(fd);
    if (!(ring instanceof KernelRing known)) {
      return (isRegistered ? Errno.EINVAL : Errno.EBADF).negated();
    }
    return known.enter(submit, least, flags & ~Uring.ENTER_REGISTERED_RING, argument);
  }

  private long register(int fd, int operation, long argument, int count) {
    if (!version.knowsRegister(operation)) {
      return Errno.EINVAL.negated();
    }
    if (operation == Uring.REGISTER_SEND_MSG_RING) {
      return message(Entry.read(argument));
    }
    return own.get(fd) instanceof KernelRing ring
        ? ring.register(operation, argument, count)
        : Errno.EBADF.negated();
  }

  /** From any thread: a completion for a ring. */
  private long message(Entry entry) {
    if (isOfWorld()) {
      return deliver(entry);
    }
    outside(() -> {
      long ignored = deliver(entry);
    });
    return 0;
  }

  private long deliver(Entry entry) {
    if (own.get(entry.descriptor()) instanceof KernelRing ring) {
      ring.message(entry.offset(), entry.length());
      return 0;
    }
    return Errno.EBADF.negated();
  }

  /** A number under which the ring is known to its thread. */
  int registerRing(KernelRing ring) {
    int number = registered.size();
    registered.put(number, ring);
    return number;
  }

  void unregisterRing(int number) {
    registered.remove(number);
  }

  // ---- other threads

  private boolean isOfWorld() {
    Thread caller = Thread.currentThread();
    return !universe.allowsWakesFromOutside() || caller.equals(universe.thread());
  }

  private void outside(Runnable what) {
    fromOutside.add(what);
    LockSupport.unpark(universe.thread());
  }

  void takeFromOutside() {
    Runnable what;
    while ((what = fromOutside.poll()) != null) {
      what.run();
    }
  }

  // ---- time

  /** In a while. */
  void later(long nanos, Runnable what) {
    universe.at(universe.nowNanos() + nanos, what);
  }

  // ---- waiting

  boolean strikes(Fault fault, @Nullable Object what) {
    return chaos().strikes(fault, process, what);
  }

  Chaos chaos() {
    return universe.chaos();
  }

  /**
   * The process waits until something is over, or its time is up.
   *
   * @return 0, or {@code -ETIME} or {@code -EINTR}
   */
  int waitFor(Waiting what, long timeoutNanos) {
    if (what.isOver()) {
      return 0;
    }
    boolean hasLimit = timeoutNanos != Long.MAX_VALUE;
    if (!universe.isAutonomous()) {
      waiting = what;
      waitsUntilNanos = hasLimit ? universe.nowNanos() + timeoutNanos : Long.MAX_VALUE;
      return hasLimit && chance.below(2) == 0 ? -ETIME : Errno.EINTR.negated();
    }
    long limit = hasLimit ? universe.nowNanos() + timeoutNanos : Long.MAX_VALUE;
    while (!what.isOver()) {
      if (universe.nowNanos() >= limit) {
        return -ETIME;
      }
      if (process.needsTurnOfItsOwn()) {
        return Errno.EINTR.negated(); // as a helper's wake-up would
      }
      pass(limit);
      takeFromOutside();
    }
    return 0;
  }

  private void pass(long limit) {
    long next = Math.min(universe.nextEventNanos(), limit);
    if (next == Long.MAX_VALUE) {
      if (!universe.allowsWakesFromOutside()) {
        throw new IllegalStateException(process + " waits for ever: nothing is going to happen");
      }
      LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(1));
      return;
    }
    universe.advanceTo(Math.max(next, universe.nowNanos()));
    universe.fireDue();
    process.collect();
  }

  /** The process does something. */
  @Override
  public void runs() {
    waiting = null;
  }

  @Override
  public boolean needsTurn() {
    Waiting what = waiting;
    return what == null || what.isOver() || universe.nowNanos() >= waitsUntilNanos;
  }

  @Override
  public long waitsUntilNanos() {
    return waitsUntilNanos;
  }

  @Override
  public void readied(SimSocket socket, int events) {
    SocketFile file = files.get(socket);
    if (file != null) {
      file.tellAll(events);
    }
  }

  @Override
  public void vanish() {
    gone = true; // requests in hand are still there to be cancelled, when its loop is closed
  }

  boolean isGone() {
    return gone;
  }

  /** What the engine should have given back before it was closed. */
  String leftBehind() {
    StringBuilder left = new StringBuilder();
    own.forEach(
        (fd, object) -> left.append(object).append(" (descriptor ").append(fd).append(") "));
    long bytes = memory.mappedBytes();
    return left.append(bytes == 0 ? "" : bytes + " bytes mapped").toString().strip();
  }
}
