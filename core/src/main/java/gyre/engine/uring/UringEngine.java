package gyre.engine.uring;

import gyre.engine.Accept;
import gyre.engine.BlockPool;
import gyre.engine.Connect;
import gyre.engine.Engine;
import gyre.engine.EngineCounters;
import gyre.engine.EngineOptions;
import gyre.engine.EngineUnavailable;
import gyre.engine.Errno;
import gyre.engine.Operation;
import gyre.engine.Poll;
import gyre.engine.Receive;
import gyre.engine.ReceiveFrom;
import gyre.engine.Send;
import gyre.engine.SendTo;
import gyre.engine.Sockets;
import gyre.engine.Vector;
import gyre.engine.kernel.KernelSockets;
import gyre.sys.CallState;
import gyre.sys.Uring;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.util.Locale;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

// Over 500 lines: one switchboard between the ring and a dozen kinds of operations.
/**
 * The engine on io_uring.
 *
 * <p>{@code submit} writes an entry into the submission ring. {@code await} hands the ring to the
 * kernel in one system call that also waits, unless completions are there already; with nothing
 * queued that costs no call at all. {@code dispatch} walks the completion ring up to where it was
 * when {@code await} returned: what callbacks submit is never reaped within the same walk, so there
 * is no recursion. The completion ring itself is the batch, and its head moves when the walk ends.
 *
 * <p>This class is the traffic between loop and ring; what the kinds of operations mean is in the
 * classes beside it.
 */
public final class UringEngine implements Engine {
  private static final int SCRATCH_BYTES = 64 * 1024;
  private static final int ETIME = 62;

  /** Gathered vectors and the header of datagram requests lie before the scratch memory. */
  private static final int VECTOR_BYTES = Vector.CAPACITY * Vector.ENTRY_BYTES;

  private static final int HEADER_BYTES = 64;

  /** A message header and its one vector, for {@link SparseReceives}. */
  private static final int SPARSE_BYTES = 128;

  private static final VarHandle WOKEN;

  static {
    try {
      WOKEN = MethodHandles.lookup().findVarHandle(UringEngine.class, "woken", int.class);
    } catch (ReflectiveOperationException impossible) {
      throw new ExceptionInInitializerError(impossible);
    }
  }

  private final UringOptions options;
  private final CallState calls = new CallState();
  private final EngineCounters counters = new EngineCounters();
  private final KernelSockets sockets;
  private final BlockPool pool;
  private final Ring ring;
  private final CompletionQueue completions;
  private final Submitter submitter;
  private final SlotTable slots = new SlotTable();
  private final Deferred deferred;
  private final Waker waker;
  private final Mapping memory;

  private final BufferRing streamBuffers;
  private final StreamReceives streams;
  private final SparseReceives sparse;
  private final Sends sends;
  private final Accepts accepts;
  private final Connects connects;
  private final Polls polls;
  private final DatagramSends datagramSends;
  private @Nullable DatagramReceives datagrams;

  /** Receivers of datagrams that came before there were buffers for any. */
  private final LongFifo unregistered = new LongFifo();

  /** Completions before this were seen by {@link #await} and may be dispatched. */
  private int collected;

  /** Completions of the present walk that ran no callback. */
  private int unheard;

  /** The last dispatch stopped at its budget. */
  private boolean hasBacklog;

  private boolean isClosed;

  /** Of the pool, when the last wait began. */
  private long refusalsSeen;

  /** 1 while a wake-up from another thread is on its way that no wait has ended for yet. */
  @SuppressWarnings("unused")
  private volatile int woken;

  /** The loop asked itself not to wait. */
  private boolean wokenBySelf;

  private UringEngine(UringOptions options) {
    this.options = options;
    pool = new BlockPool(options.poolLimitBytes());
    ring = UringSetup.open(calls, options);
    completions = ring.completions;
    Mapping made = null;
    BufferRing registered = null;
    try {
      made = Mapping.anonymous(calls, VECTOR_BYTES + HEADER_BYTES + SPARSE_BYTES + SCRATCH_BYTES);
      memory = made;
      long sparseMessage = memory.address() + VECTOR_BYTES + HEADER_BYTES;
      long scratch = sparseMessage + SPARSE_BYTES;
      submitter = new Submitter(ring, new Scratch(scratch, SCRATCH_BYTES), counters);
      sockets = new KernelSockets(counters);
      deferred = new Deferred(submitter, slots);
      registered = BufferRing.forStreams(calls, ring, options, pool);
      streamBuffers = registered;
      Vector vector = new Vector(memory.address());
      streams = new StreamReceives(submitter, completions, slots, streamBuffers, counters);
      sparse =
          new SparseReceives(
              submitter, slots, calls, counters, pool, sockets, sparseMessage, streams);
      sends = new Sends(ring, submitter, slots, deferred, vector);
      accepts = new Accepts(submitter, slots, sockets);
      connects = new Connects(submitter, slots, deferred, sockets);
      polls = new Polls(submitter, slots);
      datagramSends = new DatagramSends(submitter, slots, deferred, sockets, vector);
      waker = new Waker(ring, submitter, calls);
    } catch (Throwable e) {
      abandon(made, registered);
      throw e;
    }
    // What was tried while opening has left completions.
    int ignored = ring.submitAndWait(0);
    collected = completions.tail();
    completions.release(collected);
  }

  /** Opening failed: nothing was submitted yet, so the kernel uses none of this any more. */
  private void abandon(@Nullable Mapping made, @Nullable BufferRing registered) {
    ring.close();
    Mapping.unmapMade(calls, made);
    if (registered != null) {
      registered.close(calls);
    }
    pool.close();
  }

  /**
   * Opens an engine that belongs to this thread.
   *
   * @throws EngineUnavailable if there is no usable io_uring here; the message says why
   */
  public static UringEngine open(UringOptions options) {
    return new UringEngine(options);
  }

  /** The same with sizes and features from system properties {@code gyre.uring.*}. */
  public static UringEngine open(EngineOptions options) {
    return open(UringOptions.fromSystemProperties().within(options));
  }

  @Override
  public String name() {
    return "io_uring";
  }

  @Override
  public String features() {
    String names =
        ring.features.stream()
            .map(feature -> feature.name().toLowerCase(Locale.ROOT))
            .sorted()
            .collect(Collectors.joining(" "));
    return names + "; " + streamBuffers.describe();
  }

  @Override
  public long nanoTime() {
    return System.nanoTime();
  }

  @Override
  public void submit(Operation operation) {
    assert !isClosed;
    // Not a switch over types, whose bootstrap costs a cold JVM 20 ms.
    if (operation instanceof Send send) {
      sends.start(send);
    } else if (operation instanceof Receive receive) {
      if (receive.sparse || receive.exact) {
        sparse.start(receive);
      } else {
        streams.start(receive);
      }
    } else if (operation instanceof Accept accept) {
      accepts.start(accept);
    } else if (operation instanceof Connect connect) {
      connects.start(connect);
    } else if (operation instanceof Poll poll) {
      polls.start(poll);
    } else if (operation instanceof ReceiveFrom receive) {
      startDatagrams(receive);
    } else if (operation instanceof SendTo send) {
      datagramSends.start(send);
    }
  }

  /**
   * The first one waits for the next {@link #await}: registering buffers takes the thread that owns
   * the ring, and who submits may be a fiber with a thread of its own.
   */
  private void startDatagrams(ReceiveFrom receive) {
    if (datagrams != null) {
      datagrams.start(receive);
      return;
    }
    Slot slot = slots.take(receive, Kind.RECEIVE_FROM);
    slot.phase = Slot.Phase.STARVING;
    unregistered.add(slot.userData);
  }

  private void registerDatagrams() {
    BufferRing buffers = BufferRing.forDatagrams(calls, ring, options);
    long header = memory.address() + VECTOR_BYTES;
    if (buffers != null) {
      datagrams = new DatagramReceives(submitter, completions, slots, buffers, counters, header);
    }
    while (!unregistered.isEmpty()) {
      Slot slot = slots.find(unregistered.poll());
      if (slot == null || slot.phase != Slot.Phase.STARVING) {
        continue;
      }
      slot.phase = Slot.Phase.IN_FLIGHT;
      if (datagrams == null) {
        slots.end(slot, Errno.ENOMEM.negated());
      } else {
        datagrams.arm(slot);
      }
    }
  }

  @Override
  public void cancel(Operation operation) {
    if (operation.state != Operation.State.ACTIVE) {
      return;
    }
    operation.state = Operation.State.CANCELLING;
    Slot slot = slots.of(operation);
    switch (slot.phase) {
      case IN_FLIGHT -> submitter.emitCancel(slot.userData);
      case STARVING, DEFERRED -> slots.end(slot, Errno.ECANCELED.negated());
      // It ends with the next call, which then must not wait.
      case QUIET -> wokenBySelf = true;
      // They end by themselves, and nothing could speed that up.
      case ENDING, ENDED -> {}
    }
  }

  @Override
  public void await(long timeoutNanos) {
    if (!unregistered.isEmpty()) {
      registerDatagrams();
    }
    boolean hasFed = streams.replenish() || streams.giveUp(sparse::adopt);
    if (datagrams != null) {
      hasFed |= datagrams.replenish();
    }
    boolean isReady =
        !submitter.drainSpilled()
            || !startDeferred()
            || hasFed
            || hasBacklog
            || completions.tail() != completions.head()
            || slots.hasEnded()
            || sparse.hasReady()
            || sends.isNothingElseActive()
            || (sends.hasQuiet() && isMemoryShort())
            || wokenBySelf; // last: who watches over memory may have asked for it just now
    if (!isCallNeeded(isReady || timeoutNanos <= 0)) {
      collect();
      return;
    }
    counters.waits++;
    int result = ring.submitAndWait(isReady ? 0 : Math.max(0, timeoutNanos));
    if (result < 0) {
      check(result);
    }
    submitter.settle();
    collect();
  }

  /** Bounded: nothing is deferred meanwhile. False if the kernel has no room for all of them. */
  private boolean startDeferred() {
    for (Slot slot = deferred.next(); slot != null; slot = deferred.next()) {
      switch (slot.operation()) {
        case Send ignored -> sends.begin(slot);
        case Connect ignored -> connects.begin(slot);
        case SendTo ignored -> datagramSends.begin(slot);
        default -> throw new AssertionError("deferred without a message to send");
      }
    }
    return deferred.isEmpty();
  }

  /** What quiet sends hold may be all that others wait for, so their end must not come late. */
  private boolean isMemoryShort() {
    long refusals = pool.refusals();
    boolean isRefused = refusals != refusalsSeen;
    refusalsSeen = refusals;
    return isRefused
        || streams.isStarving()
        || sparse.isStarving()
        || (datagrams != null && datagrams.isStarving());
  }

  private boolean isCallNeeded(boolean isReady) {
    if (!submitter.isEmpty() || !isReady) {
      return true;
    }
    int flags = ring.submissions.flags();
    if ((flags & Uring.SQ_CQ_OVERFLOW) != 0) {
      return true;
    }
    if (completions.tail() != completions.head()) {
      return false;
    }
    return !ring.has(Feature.TASKRUN_FLAG) || (flags & Uring.SQ_TASKRUN) != 0;
  }

  /** Passing trouble is over at the next wait; what is left would repeat for ever. */
  private static void check(int result) {
    boolean isPassing =
        result == -ETIME
            || result == Errno.EINTR.negated()
            || result == Errno.EAGAIN.negated()
            || result == Errno.EBUSY.negated();
    if (!isPassing) {
      throw new IllegalStateException("io_uring_enter: " + Errno.describe(result));
    }
  }

  private void collect() {
    wokenBySelf = false;
    if ((int) WOKEN.getOpaque(this) != 0) {
      // Volatile: what the loop reads after this is what the waker wrote before.
      WOKEN.setVolatile(this, 0);
    }
    int tail = completions.tail();
    if (sends.hasQuiet()) {
      sends.findFailures(completions, collected, tail);
      if ((ring.submissions.flags() & Uring.SQ_CQ_OVERFLOW) == 0) {
        sends.decide();
      }
    }
    if ((ring.submissions.flags() & Uring.SQ_CQ_OVERFLOW) != 0) {
      counters.overflows++;
    }
    collected = tail;
  }

  @Override
  public int dispatch(int budget) {
    hasBacklog = true; // stays so if a callback throws
    int told = sends.conclude(budget);
    told += tellEnded(budget - told);
    told += walk(budget - told);
    if (sparse.hasReady()) {
      told += sparse.readOn(budget - told);
    }
    hasBacklog = told >= budget;
    return told;
  }

  private int tellEnded(int budget) {
    int told = 0;
    while (told < budget && slots.hasEnded()) {
      Slot slot = slots.pollEnded();
      if (slot != null) {
        finish(slot, slot.value);
        told++;
      }
    }
    return told;
  }

  /** Completes what was collected. */
  private int walk(int budget) {
    int head = completions.head();
    int count = Math.min(budget, collected - head);
    if (count <= 0) {
      return 0;
    }
    unheard = 0;
    int sequence = head;
    try {
      while (sequence != head + count) {
        long outcome = completions.outcome(sequence);
        long userData = completions.userData(sequence++);
        complete(userData, (int) outcome, (int) (outcome >>> 32));
      }
    } finally {
      // A callback that throws has had its completion: neither that nor those after it are lost.
      counters.completions += sequence - head;
      completions.release(sequence);
    }
    return count - unheard;
  }

  private void complete(long userData, int result, int flags) {
    switch (SlotTable.kind(userData)) {
      case Kind.RECEIVE -> streams.complete(userData, result, flags);
      case Kind.SEND -> sends.complete(userData, result);
      case Kind.QUIET_SEND -> sends.completeQuiet(userData, result);
      case Kind.SPARSE -> sparse.complete(userData, result, flags);
      case Kind.ACCEPT -> accepts.complete(userData, result, flags);
      case Kind.CONNECT -> connects.complete(userData, result);
      case Kind.POLL -> polls.complete(userData, result, flags);
      case Kind.RECEIVE_FROM -> completeDatagram(userData, result, flags);
      case Kind.SEND_TO -> datagramSends.complete(userData, result);
      default -> completeOwn(userData, result, flags);
    }
  }

  /** What the engine asked for itself; no callback runs. */
  private void completeOwn(long userData, int result, int flags) {
    unheard++;
    switch (SlotTable.kind(userData)) {
      case Kind.WAKE -> counters.wakes++;
      case Kind.UNHEARD -> {}
      case Kind.SIGNAL -> {
        counters.wakes++;
        waker.completeSignal(flags);
      }
      case Kind.CANCEL -> repeatCancel(userData, result);
      default -> throw new AssertionError("a completion of unknown kind");
    }
  }

  /**
   * A request on its way from one list of the kernel's to another is not found, and would live on:
   * if its end has not come by now, it has to be asked for again.
   */
  private void repeatCancel(long userData, int result) {
    Slot slot = result == Errno.ENOENT.negated() ? slots.findOwner(userData) : null;
    if (slot == null) {
      return;
    }
    boolean isAwaited =
        (slot.phase == Slot.Phase.ENDING && SlotTable.kind(slot.userData) == Kind.SPARSE)
            || (slot.phase == Slot.Phase.IN_FLIGHT
                && slot.operation().state == Operation.State.CANCELLING);
    if (isAwaited) {
      submitter.emitCancel(slot.userData);
    }
  }

  private void completeDatagram(long userData, int result, int flags) {
    DatagramReceives present = datagrams;
    assert present != null;
    present.complete(userData, result, flags);
  }

  /** Ends an operation without its having run to its end. */
  private void finish(Slot slot, int result) {
    switch (slot.operation()) {
      case Send ignored -> sends.finish(slot, result);
      case Receive ignored -> streams.finish(slot, result);
      case Accept ignored -> accepts.finish(slot, result);
      case Connect ignored -> connects.finish(slot, result);
      case Poll ignored -> polls.finish(slot, result);
      case ReceiveFrom receive -> {
        slots.free(slot);
        receive.stopped(result);
      }
      case SendTo ignored -> datagramSends.finish(slot, result);
    }
  }

  @Override
  public void wake() {
    if (WOKEN.compareAndSet(this, 0, 1) && !waker.wake()) {
      WOKEN.setVolatile(this, 0); // or else nobody would try again
      throw new IllegalStateException("the kernel refuses to wake a loop");
    }
  }

  @Override
  public void hurry() {
    wokenBySelf = true;
  }

  @Override
  public Sockets sockets() {
    return sockets;
  }

  @Override
  public BlockPool pool() {
    return pool;
  }

  @Override
  public EngineCounters counters() {
    return counters;
  }

  /** For tests. */
  BufferRing streamBuffers() {
    return streamBuffers;
  }

  @Override
  public int active() {
    return slots.active();
  }

  /**
   * The kernel may write into lent memory until a request has ended, also after the ring's
   * descriptor is closed. So everything is cancelled first and its end awaited; memory of what does
   * not end in time is never given back.
   */
  @Override
  public void close() {
    if (isClosed) {
      return;
    }
    isClosed = true;
    boolean hasEnded = new Drain(ring, submitter, slots, sends, accepts).run();
    waker.close(calls);
    ring.close();
    if (hasEnded) {
      streamBuffers.close(calls);
      if (datagrams != null) {
        datagrams.buffers.close(calls);
      }
      memory.unmap(calls);
      sparse.close();
      pool.close();
    }
  }
}
