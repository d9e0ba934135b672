package gyre.engine.nio;

import gyre.engine.BlockPool;
import gyre.engine.Engine;
import gyre.engine.EngineOptions;
import gyre.engine.EngineUnavailable;
import gyre.engine.Errno;
import gyre.engine.FileCalls;
import gyre.engine.Poll;
import gyre.engine.Sockets;
import gyre.engine.Vector;
import gyre.engine.readiness.Channel;
import gyre.engine.readiness.ReadinessEngine;
import gyre.sys.Memory;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.net.SocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.DatagramChannel;
import java.nio.channels.SelectableChannel;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The engine on selectors: slower than the others, but everywhere.
 *
 * <p>A selector tells of states, not of edges, and would tell again and again. So interest in
 * output lasts for one event, and interest in input until an event finds nobody who wants to read.
 *
 * <p>Nothing runs inside {@code select} but the selector itself: it holds monitors meanwhile, under
 * which no fiber may be resumed.
 */
public final class NioEngine extends ReadinessEngine {
  private static final long NANOS_PER_MILLI = 1_000_000;
  private static final int EAGAIN = Errno.EAGAIN.negated();
  private static final int EINVAL = Errno.EINVAL.negated();
  private static final int SCRATCH_BYTES = 64 * 1024 + 1;

  final Selector selector;
  private final NioSockets sockets = new NioSockets(this);
  private final NioFiles files = new NioFiles();
  private final List<Integer> freeDescriptors = new ArrayList<>();
  private int nextDescriptor;
  private volatile boolean woken;

  /** Channels are closed that the selector has not let go of. */
  private boolean hasUnflushed;

  /** For datagrams, which the JDK wants in one piece, and one byte more to see what was cut. */
  private final MemorySegment scratchMemory = arena.allocate(SCRATCH_BYTES, 8);

  private final long scratchAddress = Memory.attach(scratchMemory);
  private final ByteBuffer scratch = scratchMemory.asByteBuffer();
  private final ByteBuffer[] pieces = new ByteBuffer[2];

  private NioEngine(EngineOptions options) {
    super(new BlockPool(options.poolLimitBytes()));
    try {
      selector = Selector.open();
    } catch (IOException failed) {
      Memory.detach(scratchAddress);
      closeMemory();
      throw new EngineUnavailable(Errno.describe(NioErrors.result(failed)));
    }
  }

  /** An engine for the calling thread. */
  public static NioEngine open(EngineOptions options) {
    return new NioEngine(options);
  }

  @Override
  public String name() {
    return "nio";
  }

  @Override
  public String features() {
    return selector.provider().getClass().getSimpleName() + ", millisecond waits";
  }

  @Override
  protected FileCalls files() {
    return files;
  }

  @Override
  public Sockets sockets() {
    return sockets;
  }

  // The table.

  @Override
  protected @Nullable Channel open(int descriptor) {
    return null;
  }

  @Nullable NioChannel find(int descriptor) {
    return (NioChannel) known(descriptor);
  }

  NioChannel add(Sockets.Family family, SelectableChannel jdk) {
    int descriptor = freeDescriptors.isEmpty() ? nextDescriptor++ : freeDescriptors.removeLast();
    NioChannel channel = new NioChannel(descriptor, family, jdk);
    put(channel);
    return channel;
  }

  void remove(NioChannel channel) {
    Channel ignored = forget(channel.descriptor);
    freeDescriptors.add(channel.descriptor);
    if (channel.key != null) {
      channel.key.cancel();
      try {
        if (Thread.currentThread().isVirtual()) {
          hasUnflushed = true;
        } else {
          flushClosed();
        }
      } catch (IOException broken) {
        // The next select will say so.
      }
    }
  }

  /**
   * A selector lets go of closed channels only when it selects; only then they are closed. Never
   * called in a fiber, which leaves it to the select of the next turn: selecting takes monitors,
   * and whoever wakes the loop at that moment has one of them. The fiber would be unmounted while
   * it holds the others, and the loop would wait for these for ever.
   */
  private void flushClosed() throws IOException {
    hasUnflushed = false;
    if (selector.isOpen()) {
      counters.calls++;
      int ignored = selector.selectNow();
    }
  }

  /** One is about to be closed that the selector knows. */
  void closedRegistered() {
    hasUnflushed = true;
  }

  /**
   * Lets go of what was closed in this turn, whose addresses are wanted again. In a fiber a thread
   * of its own does it meanwhile.
   */
  void freeAddresses() throws IOException {
    if (!hasUnflushed) {
      return;
    }
    if (!Thread.currentThread().isVirtual()) {
      flushClosed();
      return;
    }
    hasUnflushed = false;
    Flush flush = new Flush(selector);
    Thread helper = Thread.ofPlatform().daemon().name("gyre-nio-flush").start(flush);
    while (helper.isAlive()) {
      Thread.onSpinWait(); // parking would let others in, in the middle of a call
    }
    counters.calls++;
    flush.check();
  }

  /** One call on a thread that can wait for monitors. */
  private static final class Flush implements Runnable {
    private final Selector selector;
    private @Nullable IOException failure;

    Flush(Selector selector) {
      this.selector = selector;
    }

    @Override
    public void run() {
      try {
        int ignored = selector.selectNow();
      } catch (IOException e) {
        failure = e;
      }
    }

    /** After the thread has ended. */
    void check() throws IOException {
      IOException known = failure;
      if (known != null) {
        throw known;
      }
    }
  }

  // Readiness.

  @Override
  protected int watch(Channel channel, int interest) {
    NioChannel nio = (NioChannel) channel;
    int operations = 0;
    if ((interest & Poll.READABLE) != 0) {
      operations |=
          nio.jdk instanceof ServerSocketChannel ? SelectionKey.OP_ACCEPT : SelectionKey.OP_READ;
    }
    if ((interest & Poll.WRITABLE) != 0 && !(nio.jdk instanceof ServerSocketChannel)) {
      operations |= nio.connecting ? SelectionKey.OP_CONNECT : SelectionKey.OP_WRITE;
    }
    counters.registrations++;
    try {
      if (nio.key == null) {
        nio.key = nio.jdk.register(selector, operations, nio);
      } else {
        int ignored = nio.key.interestOpsOr(operations);
      }
      nio.watched |= interest;
      return 0;
    } catch (IOException | RuntimeException failed) {
      return NioErrors.result(failed);
    }
  }

  @Override
  protected int rewatch(Channel channel, int interest) {
    return watch(channel, interest);
  }

  @Override
  protected void poll(long timeoutNanos) {
    if (Thread.interrupted()) {
      // It would close channels under our hands. For an engine it means no more than a wake-up.
      woken = true;
    }
    try {
      hasUnflushed = false;
      int ignored = select(woken ? 0 : timeoutNanos);
    } catch (IOException broken) {
      throw new IllegalStateException("the selector is broken", broken);
    }
    if (woken) {
      woken = false;
      counters.wakes++;
    }
    Iterator<SelectionKey> keys = selector.selectedKeys().iterator();
    while (keys.hasNext()) {
      SelectionKey key = keys.next();
      keys.remove();
      if (key.isValid()) {
        tell((NioChannel) key.attachment(), key);
      }
    }
  }

  private int select(long timeoutNanos) throws IOException {
    if (timeoutNanos <= 0) {
      return selector.selectNow();
    }
    return timeoutNanos == Engine.FOREVER
        ? selector.select()
        : selector.select(Math.ceilDiv(timeoutNanos, NANOS_PER_MILLI));
  }

  private void tell(NioChannel channel, SelectionKey key) {
    int operations = key.readyOps();
    int events = 0;
    int unwanted = 0;
    if ((operations & (SelectionKey.OP_READ | SelectionKey.OP_ACCEPT)) != 0) {
      events |= Poll.READABLE;
      if (channel.isUnread()) {
        unwanted |= SelectionKey.OP_READ | SelectionKey.OP_ACCEPT;
        channel.watched &= ~Poll.READABLE;
      }
    }
    if ((operations & (SelectionKey.OP_WRITE | SelectionKey.OP_CONNECT)) != 0) {
      events |= Poll.WRITABLE;
      unwanted |= SelectionKey.OP_WRITE | SelectionKey.OP_CONNECT;
      channel.watched &= ~Poll.WRITABLE;
    }
    if (unwanted != 0) {
      counters.registrations++;
      int ignored = key.interestOpsAnd(~unwanted);
    }
    event(channel, events);
  }

  @Override
  public void wake() {
    woken = true;
    Selector ignored = selector.wakeup();
  }

  @Override
  public void hurry() {
    wake();
  }

  // Transfers.

  @Override
  protected int accept(Channel channel) {
    if (!(jdk(channel) instanceof ServerSocketChannel server)) {
      return EINVAL;
    }
    counters.calls++;
    try {
      SocketChannel connection = server.accept();
      if (connection == null) {
        return EAGAIN;
      }
      NioSockets.makeNonBlocking(connection);
      NioChannel listener = (NioChannel) channel;
      NioSockets.inherit(listener, connection);
      NioChannel added = add(listener.family, connection);
      added.movedTo = listener.movedTo;
      return added.descriptor;
    } catch (IOException | RuntimeException failed) {
      return NioErrors.result(failed);
    }
  }

  @Override
  protected int connect(Channel channel, SocketAddress target) {
    NioChannel nio = (NioChannel) channel;
    if (!(nio.jdk instanceof SocketChannel stream)) {
      return EINVAL;
    }
    if (NioSockets.isAbstract(target)) {
      return Errno.EOPNOTSUPP.negated();
    }
    counters.calls++;
    try {
      if (stream.connect(target)) {
        return 0;
      }
      nio.connecting = true;
      return Errno.EINPROGRESS.negated();
    } catch (IOException | RuntimeException failed) {
      return NioErrors.result(failed);
    }
  }

  @Override
  protected int finishConnect(Channel channel, SocketAddress target) {
    NioChannel nio = (NioChannel) channel;
    counters.calls++;
    try {
      if (!((SocketChannel) nio.jdk).finishConnect()) {
        return EAGAIN;
      }
      nio.connecting = false;
      return 0;
    } catch (IOException | RuntimeException failed) {
      nio.connecting = false;
      return NioErrors.result(failed);
    }
  }

  @Override
  protected int receive(Channel channel, long address, int length) {
    if (!(jdk(channel) instanceof SocketChannel stream)) {
      return EINVAL;
    }
    counters.calls++;
    try {
      return received(stream.read(buffer(address, length)));
    } catch (IOException | RuntimeException failed) {
      return NioErrors.result(failed);
    }
  }

  @Override
  protected int receive(
      Channel channel, long first, int firstLength, long second, int secondLength) {
    if (!(jdk(channel) instanceof SocketChannel stream)) {
      return EINVAL;
    }
    counters.calls++;
    pieces[0] = buffer(first, firstLength);
    pieces[1] = buffer(second, secondLength);
    try {
      return received((int) stream.read(pieces));
    } catch (IOException | RuntimeException failed) {
      return NioErrors.result(failed);
    }
  }

  /** The JDK says -1 at the end and 0 where there is nothing; the seam says 0 at the end. */
  private static int received(int length) {
    if (length < 0) {
      return 0;
    }
    return length == 0 ? EAGAIN : length;
  }

  @Override
  protected int receiveFrom(
      Channel channel, long first, int firstLength, long second, int secondLength) {
    if (!(jdk(channel) instanceof DatagramChannel datagrams)) {
      return EINVAL;
    }
    counters.calls++;
    try {
      source = datagrams.receive(scratch.clear());
    } catch (IOException | RuntimeException failed) {
      return NioErrors.result(failed);
    }
    if (source == null) {
      return EAGAIN;
    }
    int length = Math.min(scratch.position(), firstLength + secondLength);
    truncated = scratch.position() > length;
    long from = scratchAddress;
    Memory.copy(from, first, Math.min(length, firstLength));
    if (length > firstLength) {
      Memory.copy(from + firstLength, second, length - firstLength);
    }
    return length;
  }

  @Override
  protected int send(Channel channel, Vector bytes) {
    if (!(jdk(channel) instanceof SocketChannel stream)) {
      return EINVAL;
    }
    counters.calls++;
    try {
      long sent;
      if (bytes.count() == 1) {
        sent = stream.write(buffer(bytes.base(0), bytes.length(0)));
      } else {
        ByteBuffer[] buffers = new ByteBuffer[bytes.count()];
        for (int i = 0; i < buffers.length; i++) {
          buffers[i] = buffer(bytes.base(i), bytes.length(i));
        }
        sent = stream.write(buffers);
      }
      return sent == 0 ? EAGAIN : (int) sent;
    } catch (IOException | RuntimeException failed) {
      return NioErrors.result(failed);
    }
  }

  @Override
  protected int sendTo(Channel channel, Vector bytes, @Nullable SocketAddress target) {
    if (!(jdk(channel) instanceof DatagramChannel datagrams)) {
      return EINVAL;
    }
    if (bytes.bytes() > SCRATCH_BYTES) {
      return Errno.EMSGSIZE.negated();
    }
    int length = 0;
    for (int i = 0; i < bytes.count(); i++) {
      Memory.copy(bytes.base(i), scratchAddress + length, bytes.length(i));
      length += bytes.length(i);
    }
    scratch.clear().limit(length);
    counters.calls++;
    try {
      int sent = target == null ? datagrams.write(scratch) : datagrams.send(scratch, target);
      return sent == 0 && length > 0 ? EAGAIN : sent;
    } catch (IOException | RuntimeException failed) {
      return NioErrors.result(failed);
    }
  }

  private static SelectableChannel jdk(Channel channel) {
    return ((NioChannel) channel).jdk;
  }

  /** A few objects per transfer: the price of having no calls of our own. */
  private static ByteBuffer buffer(long address, int length) {
    return Memory.segment(address, length).asByteBuffer();
  }

  @Override
  protected void shut() {
    try {
      selector.close();
    } catch (IOException gone) {
      // It is closed all the same.
    }
    Memory.detach(scratchAddress);
  }
}
