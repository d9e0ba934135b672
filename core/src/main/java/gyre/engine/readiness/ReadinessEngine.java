package gyre.engine.readiness;

import gyre.engine.Accept;
import gyre.engine.BlockPool;
import gyre.engine.CloseFile;
import gyre.engine.Connect;
import gyre.engine.Engine;
import gyre.engine.EngineCounters;
import gyre.engine.Errno;
import gyre.engine.FileCalls;
import gyre.engine.Operation;
import gyre.engine.OperationKind;
import gyre.engine.Poll;
import gyre.engine.ReadFile;
import gyre.engine.Receive;
import gyre.engine.ReceiveFrom;
import gyre.engine.Send;
import gyre.engine.SendTo;
import gyre.engine.Vector;
import gyre.engine.Workers;
import gyre.engine.WriteFile;
import gyre.sys.Memory;
import java.lang.foreign.Arena;
import java.net.SocketAddress;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

// Over 500 lines: the whole turn of both engines that are told of readiness.
/**
 * Completions made of readiness. A subclass knows the system's calls; the order of things is here.
 *
 * <p>An operation is in one place at a time:
 *
 * <pre>
 *   submit → SUBMITTED → await: tried → COMPLETED → dispatch: callback
 *                                └ would block → PARKED on its channel ┘ (readiness, cancel)
 * </pre>
 *
 * <p>What sends and connects is tried in {@link #await}, since it must reach the kernel then. What
 * receives is tried in {@link #dispatch}, one descriptor after the other and right before its
 * callback: the bytes are in the first-level cache when they are looked at, the same memory can
 * serve the next, and what is not received yet needs no care when somebody cancels or closes.
 *
 * <p>Nobody starves: a visit to a channel is bounded in transfers and bytes, what is left goes to
 * the end of the ready list, the kernel is asked for more after a few turns at the latest even if
 * there is enough to do, and completions and receivers take turns where the budget is too small for
 * both.
 */
public abstract class ReadinessEngine implements Engine {
  /** Beside the events of {@link Poll}: the peer will send nothing more. */
  protected static final int END = 32;

  /** Beside the events of {@link Poll}: urgent data has come, at whose mark a read stops. */
  protected static final int URGENT = 2;

  /** Turns in a row that may go without asking the kernel, while there is something to do. */
  private static final int UNASKED_TURNS = 4;

  static final int EAGAIN = Errno.EAGAIN.negated();
  static final int EINTR = Errno.EINTR.negated();
  private static final int ECANCELED = Errno.ECANCELED.negated();

  protected final EngineCounters counters = new EngineCounters();
  protected final BlockPool pool;
  protected final Arena arena = Arena.ofShared();

  final ReceiveBuffer landing;
  private final Vector vector;
  private final Reading reading;

  /** Who carries out the operations of a kind, by its index; null is left to helper threads. */
  private @Nullable ChannelRequests<Operation>[] requests = newRequests(16);

  private final OperationQueue submitted = new OperationQueue();
  private final OperationQueue completed = new OperationQueue();
  private final ChannelQueue ready = new ChannelQueue();
  private final ChannelQueue starved = new ChannelQueue();
  private final ChannelQueue starvedForHuge = new ChannelQueue();
  private @Nullable Channel[] channels = new @Nullable Channel[64];
  private @Nullable Workers workers;
  private int active;
  private int unaskedTurns;
  private boolean readersFirst;
  private boolean closed;

  /** Results of {@link #receiveFrom} beside the length. */
  protected @Nullable SocketAddress source;

  protected boolean truncated;

  /**
   * Set by the methods that receive from a stream, where they know that it stopped at a boundary
   * which the kernel keeps inside of it: a short read then says nothing about what is left.
   */
  protected boolean stoppedAtBoundary;

  /**
   * For subclasses.
   *
   * @param pool becomes the engine's, which closes it
   */
  protected ReadinessEngine(BlockPool pool) {
    this.pool = pool;
    landing = new ReceiveBuffer(pool);
    vector = new Vector(Memory.attach(arena.allocate(16L * Vector.CAPACITY, 8)));
    reading = new Reading(this);
    carryOut(Send.KIND, new Sends(this, vector));
    carryOut(SendTo.KIND, new DatagramSends(this, vector));
    carryOut(Connect.KIND, new Connects(this));
    carryOut(Receive.KIND, new StreamReads(this, reading));
    carryOut(ReceiveFrom.KIND, new DatagramReads(this));
    carryOut(Accept.KIND, new Accepts(this));
    carryOut(Poll.KIND, new Polls(this));
  }

  @SuppressWarnings("unchecked") // an array can't be made of the generic type
  private static @Nullable ChannelRequests<Operation>[] newRequests(int length) {
    return (ChannelRequests<Operation>[]) new ChannelRequests<?>[length];
  }

  /** From now on operations of this kind are carried out so. */
  @SuppressWarnings("unchecked") // the kind is that of the requests
  private void carryOut(OperationKind kind, ChannelRequests<?> by) {
    if (kind.index >= requests.length) {
      requests = Arrays.copyOf(requests, kind.index * 2);
    }
    requests[kind.index] = (ChannelRequests<Operation>) by;
  }

  private @Nullable ChannelRequests<Operation> requests(Operation operation) {
    int kind = operation.kind().index;
    return kind < requests.length ? requests[kind] : null;
  }

  /** How one of a channel's readers reads. */
  final Reads<Operation> reads(Operation reader) {
    if (requests(reader) instanceof Reads<Operation> reads) {
      return reads;
    }
    throw new AssertionError(reader.kind() + " among those who read");
  }

  private Writes<Operation> writes(Operation writer) {
    if (requests(writer) instanceof Writes<Operation> writes) {
      return writes;
    }
    throw new AssertionError(writer.kind() + " among those who write");
  }

  // What a subclass brings. All answer a negative errno; -EAGAIN is "would block".

  /**
   * The channel of a descriptor that is not in the table yet; null if there is no such descriptor.
   */
  protected abstract @Nullable Channel open(int descriptor);

  /**
   * Registers interest in addition to what is watched already. What is ready at this moment must be
   * reported, too.
   */
  protected abstract int watch(Channel channel, int interest);

  /** Has the present readiness of a channel reported once more, for a new {@link Poll}. */
  protected abstract int rewatch(Channel channel, int interest);

  /** Asks the kernel and calls {@link #event} for what is ready. */
  protected abstract void poll(long timeoutNanos);

  protected abstract int accept(Channel channel);

  protected abstract int connect(Channel channel, SocketAddress target);

  /** After readiness: 0, or why it failed, or {@code -EAGAIN} if it is still under way. */
  protected abstract int finishConnect(Channel channel, SocketAddress target);

  protected abstract int receive(Channel channel, long address, int length);

  /** Into two pieces of memory, one after the other. */
  protected abstract int receive(
      Channel channel, long first, int firstLength, long second, int secondLength);

  /** One datagram into two pieces of memory; sets {@link #source} and {@link #truncated}. */
  protected abstract int receiveFrom(
      Channel channel, long first, int firstLength, long second, int secondLength);

  /** How long the next datagram is that can be received; the most there are if it can't be told. */
  protected int nextDatagramBytes(Channel channel) {
    return Integer.MAX_VALUE;
  }

  protected abstract int send(Channel channel, Vector bytes);

  /** For helper threads. */
  protected abstract FileCalls files();

  protected abstract int sendTo(Channel channel, Vector bytes, @Nullable SocketAddress target);

  @Override
  public final void submit(Operation operation) {
    assert operation.isIdle() : "submitted twice";
    operation.state = Operation.State.ACTIVE;
    operation.phase = Operation.Phase.SUBMITTED;
    operation.engineBits = 0;
    active++;
    counters.submissions++;
    submitted.add(operation);
  }

  @Override
  public final void cancel(Operation operation) {
    if (operation.state != Operation.State.ACTIVE) {
      return;
    }
    operation.state = Operation.State.CANCELLING;
    switch (operation.phase) {
      case PARKED -> {
        unpark(operation);
        complete(operation, ECANCELED);
      }
      case WORKING -> workers().cancel(operation);
      default -> {} // it is about to end, or is looked at when it is started
    }
  }

  private void unpark(Operation operation) {
    Channel channel = channels[operation.descriptor];
    assert channel != null;
    if (channel == null) {
      return;
    }
    ChannelRequests<Operation> by = requests(operation);
    assert by != null;
    if (by != null) {
      by.remove(channel, operation);
    }
  }

  @Override
  public final void await(long timeoutNanos) {
    startSubmitted();
    feedStarved();
    long timeout = timeoutNanos;
    boolean hasResults = workers != null && workers.hasResults();
    if (!completed.isEmpty() || !ready.isEmpty() || hasResults) {
      if (unaskedTurns < UNASKED_TURNS) {
        unaskedTurns++;
        return;
      }
      timeout = 0;
    }
    unaskedTurns = 0;
    counters.waits++;
    poll(timeout);
  }

  /** Bounded: nothing is submitted meanwhile. */
  private void startSubmitted() {
    Operation operation;
    while ((operation = submitted.poll()) != null) {
      if (operation.state == Operation.State.CANCELLING) {
        complete(operation, ECANCELED);
        continue;
      }
      ChannelRequests<Operation> by = requests(operation);
      if (by == null) {
        work(operation);
        continue;
      }
      Channel channel = channel(operation.descriptor);
      if (channel == null) {
        complete(operation, Errno.EBADF.negated());
      } else {
        operation.phase = Operation.Phase.PARKED;
        by.start(channel, operation);
      }
    }
  }

  /** Makes sure that the kernel will tell; if it can't, nobody has to wait for it. */
  final void awaitReadable(Channel channel) {
    if ((channel.watched & Poll.READABLE) == 0) {
      int result = watch(channel, Poll.READABLE);
      Operation reader = channel.readers.first();
      if (result < 0 && reader != null) {
        channel.readers.remove(reader);
        complete(reader, result);
      }
    }
  }

  /** Tries what waits to be sent, as far as the kernel takes it. */
  final void write(Channel channel) {
    Operation operation;
    while ((operation = channel.writers.first()) != null) {
      int result = writes(operation).attempt(channel, operation);
      if (result == EINTR) {
        continue;
      }
      if (result == EAGAIN) {
        channel.writable = false;
        result = (channel.watched & Poll.WRITABLE) != 0 ? 0 : watch(channel, Poll.WRITABLE);
        if (result >= 0) {
          return;
        }
      }
      channel.writers.remove(operation);
      complete(operation, result);
    }
  }

  /** For subclasses: a channel has become ready. */
  protected final void event(Channel channel, int events) {
    int failed = events & (Poll.ERROR | Poll.HANG_UP);
    channel.hasMarks |= (events & URGENT) != 0;
    if ((events & (Poll.READABLE | END)) != 0 || failed != 0) {
      channel.readable = true;
      if ((events & END) != 0 || failed != 0) {
        channel.ending = true;
      }
      if (!channel.readers.isEmpty()) {
        enqueue(channel);
      }
    }
    if (((events & Poll.WRITABLE) != 0 || failed != 0) && !channel.writable) {
      channel.writable = true;
      write(channel);
    }
    if (channel.poll instanceof Poll poll) {
      int told = events & (poll.interest | Poll.ERROR | Poll.HANG_UP);
      if (told != 0) {
        poll.engineBits |= told;
        enqueue(channel);
      }
    }
  }

  final void enqueue(Channel channel) {
    if (!channel.queued) {
      ready.add(channel);
    }
  }

  /** The channel's receiver has to wait until blocks come back. */
  final void starve(Channel channel) {
    starve(channel, starved);
  }

  /** The same for a huge one, which may take much longer: nobody else waits for that. */
  final void starveForHuge(Channel channel) {
    starve(channel, starvedForHuge);
  }

  private void starve(Channel channel, ChannelQueue queue) {
    assert !channel.queued;
    counters.starvations++;
    channel.starved = true;
    queue.add(channel);
  }

  /** Blocks come back on this thread alone, so it is enough to look before each wait. */
  private void feedStarved() {
    if (!starved.isEmpty() && landing.hasRoom()) {
      feed(starved);
    }
    if (!starvedForHuge.isEmpty() && landing.hasRoom() && landing.hasHuge()) {
      feed(starvedForHuge);
    }
  }

  private void feed(ChannelQueue queue) {
    for (int left = queue.size(); left > 0; left--) {
      Channel channel = queue.poll();
      if (channel != null) {
        channel.starved = false;
        if (!channel.closed) {
          enqueue(channel);
        }
      }
    }
  }

  final void complete(Operation operation, int result) {
    assert operation.phase != Operation.Phase.ENDED && !operation.isIdle();
    operation.phase = Operation.Phase.ENDED;
    operation.value = result;
    completed.add(operation);
  }

  @Override
  public final int dispatch(int budget) {
    int ran;
    if (readersFirst) {
      readersFirst = false;
      ran = visitReady(budget);
      ran += tellCompleted(budget - ran);
    } else {
      ran = tellCompleted(budget);
      readersFirst = ran == budget;
      ran += visitReady(budget - ran);
    }
    return ran;
  }

  private int tellCompleted(int budget) {
    int ran = workers == null ? 0 : workers.dispatch(budget);
    while (ran < budget) {
      Operation operation = completed.poll();
      if (operation == null) {
        break;
      }
      ran++;
      end(operation, operation.value);
    }
    return ran;
  }

  private int visitReady(int budget) {
    int ran = 0;
    for (int left = ready.size(); left > 0 && ran < budget; left--) {
      Channel channel = ready.poll();
      if (channel != null && !channel.closed) {
        ran += visit(channel, budget - ran);
      }
    }
    return ran;
  }

  private int visit(Channel channel, int budget) {
    try {
      return runCallbacks(channel, budget);
    } finally {
      // Also where a callback throws: the other operation of this channel has its right.
      if (channel.readable && !channel.closed && !channel.readers.isEmpty() && !channel.starved) {
        enqueue(channel);
      }
    }
  }

  private int runCallbacks(Channel channel, int budget) {
    int ran = 0;
    if (channel.poll instanceof Poll poll && poll.engineBits != 0) {
      int events = poll.engineBits;
      poll.engineBits = 0;
      counters.completions++;
      poll.ready(events);
      ran++;
    }
    if (!channel.closed && channel.readable && !channel.readers.isEmpty()) {
      ran += reading.read(channel, budget - ran);
    }
    return ran;
  }

  /** A receiver is at its end: the terminal callback. */
  final void endReader(Channel channel, Operation reader, int result) {
    channel.readers.remove(reader);
    end(reader, result);
  }

  private void end(Operation operation, int result) {
    operation.state = Operation.State.IDLE;
    active--;
    counters.completions++;
    operation.ended(result);
  }

  /** The channel of a descriptor, or null if there is no such descriptor. */
  protected final @Nullable Channel channel(int descriptor) {
    if (descriptor < 0) {
      return null;
    }
    Channel channel = descriptor < channels.length ? channels[descriptor] : null;
    if (channel == null) {
      channel = open(descriptor);
      if (channel != null) {
        put(channel);
      }
    }
    return channel;
  }

  /** As {@link #channel}, but never opens one. */
  protected final @Nullable Channel known(int descriptor) {
    return descriptor >= 0 && descriptor < channels.length ? channels[descriptor] : null;
  }

  protected final void put(Channel channel) {
    int descriptor = channel.descriptor;
    if (descriptor >= channels.length) {
      channels = Arrays.copyOf(channels, Math.max(descriptor + 1, channels.length * 2));
    }
    channels[descriptor] = channel;
  }

  /** A descriptor is about to be closed, which the kernel may have to be told. */
  protected void unregister(int descriptor) {
    Channel ignored = forget(descriptor);
  }

  /** A descriptor is about to be closed or given away. */
  protected final @Nullable Channel forget(int descriptor) {
    Channel channel = known(descriptor);
    if (channel != null) {
      assert channel.isIdle() : "closed with operations active";
      channel.closed = true;
      channels[descriptor] = null;
    }
    return channel;
  }

  @Override
  public final BlockPool pool() {
    return pool;
  }

  @Override
  public final EngineCounters counters() {
    return counters;
  }

  @Override
  public final int active() {
    return active + (workers == null ? 0 : workers.active());
  }

  /** Hands an operation to the helper threads, for want of another way. */
  final void work(Operation operation) {
    active--; // the helpers count it from now on
    workers().start(operation);
  }

  /** For subclasses whose descriptors of pipes and terminals tell of their readiness. */
  protected final void waitForStreams(FileCalls calls) {
    carryOut(ReadFile.KIND, new FileReads(this, calls));
    carryOut(WriteFile.KIND, new FileWrites(this, calls));
    carryOut(CloseFile.KIND, new FileCloses(this));
  }

  private Workers workers() {
    Workers present = workers;
    if (present == null) {
      present = new Workers(name() + "-files", files(), this::wake);
      workers = present;
    }
    return present;
  }

  @Override
  public final long nanoTime() {
    return System.nanoTime();
  }

  @Override
  public final void close() {
    if (!closed) {
      closed = true;
      boolean isStill = workers == null || workers.close();
      shut();
      if (isStill) {
        closeMemory();
      }
    }
  }

  /** Gives back what was taken before the engine could be opened. */
  protected final void closeMemory() {
    landing.close();
    Memory.detach(vector.address());
    arena.close();
    pool.close();
  }

  /**
   * Gives up what the kernel holds for this engine; descriptors belong to those who opened them.
   */
  protected abstract void shut();
}
