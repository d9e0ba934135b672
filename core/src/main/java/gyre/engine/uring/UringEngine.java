package gyre.engine.uring;

import gyre.engine.Accept;
import gyre.engine.AllocateFile;
import gyre.engine.BlockPool;
import gyre.engine.ChangeName;
import gyre.engine.CloseFile;
import gyre.engine.Connect;
import gyre.engine.Engine;
import gyre.engine.EngineCounters;
import gyre.engine.EngineOptions;
import gyre.engine.EngineUnavailable;
import gyre.engine.Errno;
import gyre.engine.OpenFile;
import gyre.engine.Operation;
import gyre.engine.OperationKind;
import gyre.engine.Pipes;
import gyre.engine.Poll;
import gyre.engine.Processes;
import gyre.engine.ReadFile;
import gyre.engine.Receive;
import gyre.engine.ReceiveFrom;
import gyre.engine.Send;
import gyre.engine.SendTo;
import gyre.engine.Sockets;
import gyre.engine.StatFile;
import gyre.engine.SyncFile;
import gyre.engine.TruncateFile;
import gyre.engine.Vector;
import gyre.engine.Workers;
import gyre.engine.WriteFile;
import gyre.engine.kernel.KernelFiles;
import gyre.engine.kernel.KernelPipes;
import gyre.engine.kernel.KernelProcesses;
import gyre.engine.kernel.KernelSockets;
import gyre.sys.CallState;
import gyre.sys.Uring;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.util.Arrays;
import java.util.Locale;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

// Over 500 lines: it wires all kinds of requests, and has the one path of each wait.
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
 *
 * <p>It is long since there is a method for each kind that an engine has.
 */
public final class UringEngine implements Engine {
  private static final int SCRATCH_BYTES = 64 * 1024;
  private static final int ETIME = 62;

  /** Gathered vectors and the header of datagram requests lie before the scratch memory. */
  private static final int VECTOR_BYTES = Vector.CAPACITY * Vector.ENTRY_BYTES;

  private static final int HEADER_BYTES = 64;

  /** A message header and its one vector, for {@link SparseReceives}. */
  private static final int SPARSE_BYTES = 128;

  /**
   * Closed while the kernel had something in hand that did not end: the operations, and what they
   * keep, must stay reachable.
   */
  private static final Queue<UringEngine> UNFINISHED = new ConcurrentLinkedQueue<>();

  private static final VarHandle WOKEN;

  static {
    try {
      WOKEN = MethodHandles.lookup().findVarHandle(UringEngine.class, "woken", int.class);
    } catch (ReflectiveOperationException impossible) {
      throw new ExceptionInInitializerError(impossible);
    }
  }

  private final CallState calls;
  private final EngineCounters counters = new EngineCounters();
  private final KernelSockets sockets;
  private final KernelPipes pipes;
  private final KernelProcesses processes;
  private final BlockPool pool;
  private final Ring ring;
  private final CompletionQueue completions;
  private final Submitter submitter;
  private final OperationTable operations = new OperationTable();
  private final Cancels cancels;
  private final Workers workers = new Workers("io_uring-files", new KernelFiles(), this::wake);
  private final Waker waker;
  private final Mapping memory;

  /** There if somebody waits for this engine elsewhere. */
  private @Nullable ReadySignal ready;

  private final BufferRing streamBuffers;
  private final StreamReceives streams;
  private final SparseReceives sparse;
  private final Sends sends;
  private final DatagramReceives datagrams;

  /** Who carries out the operations of a kind, by its index; null is left to helper threads. */
  private @Nullable Requests<Operation>[] requests = newRequests(16);

  /** Completions before this were seen by {@link #await} and may be dispatched. */
  private int collected;

  /** Completions of the present walk that ran no callback. */
  private int droppedCompletions;

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

  private UringEngine(UringOptions options, CallState calls, BlockPool pool) {
    this.calls = calls;
    this.pool = pool;
    ring = UringSetup.open(calls, options);
    completions = ring.completions;
    Mapping made = null;
    BufferRing registered = null;
    Vector vector;
    try {
      made = Mapping.anonymous(calls, VECTOR_BYTES + HEADER_BYTES + SPARSE_BYTES + SCRATCH_BYTES);
      memory = made;
      long sparseMessage = memory.address() + VECTOR_BYTES + HEADER_BYTES;
      long scratch = sparseMessage + SPARSE_BYTES;
      submitter = new Submitter(ring, operations, new Scratch(scratch, SCRATCH_BYTES), counters);
      sockets = new KernelSockets(counters, calls);
      pipes = new KernelPipes(counters, calls);
      processes = new KernelProcesses(counters);
      cancels = new Cancels(ring, submitter, operations);
      registered = BufferRing.forStreams(calls, ring, options, pool);
      streamBuffers = registered;
      vector = new Vector(memory.address());
      streams = new StreamReceives(submitter, operations, completions, streamBuffers, counters);
      sparse =
          new SparseReceives(
              submitter,
              operations,
              cancels,
              calls,
              counters,
              pool,
              sockets,
              sparseMessage,
              streams);
      streams.sparse(sparse);
      sends = new Sends(ring, submitter, operations, vector);
      long header = memory.address() + VECTOR_BYTES;
      datagrams =
          new DatagramReceives(
              submitter,
              operations,
              completions,
              counters,
              header,
              () -> BufferRing.forDatagrams(calls, ring, options));
      waker = new Waker(ring, submitter, operations, counters, calls);
    } catch (Throwable e) {
      abandon(made, registered);
      throw e;
    }
    carryOut(Send.KIND, sends);
    carryOut(Receive.KIND, streams);
    carryOut(Accept.KIND, new Accepts(submitter, operations, sockets));
    carryOut(Connect.KIND, new Connects(submitter, operations, sockets));
    carryOut(Poll.KIND, new Polls(submitter, operations));
    carryOut(ReceiveFrom.KIND, datagrams);
    carryOut(SendTo.KIND, new DatagramSends(submitter, operations, sockets, vector));
    carryOut(OpenFile.KIND, new FileOpens(submitter, operations, calls));
    carryOut(ReadFile.KIND, FileTransfers.reads(submitter, operations));
    carryOut(WriteFile.KIND, FileTransfers.writes(submitter, operations));
    carryOut(SyncFile.KIND, new FileSyncs(submitter, operations));
    carryOut(CloseFile.KIND, new FileCloses(submitter, operations));
    carryOut(StatFile.KIND, new FileStats(submitter, operations, pool));
    carryOut(ChangeName.KIND, new NameChanges(submitter, operations));
    carryOut(AllocateFile.KIND, new FileAllocations(submitter, operations));
    if (ring.has(Feature.TRUNCATE)) {
      carryOut(TruncateFile.KIND, new FileTruncations(submitter, operations));
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
      registered.close();
    }
    pool.close();
  }

  /**
   * Opens an engine that belongs to this thread.
   *
   * @throws EngineUnavailable if there is no usable io_uring here; the message says why
   */
  public static UringEngine open(UringOptions options) {
    return open(options, new CallState(), new BlockPool(options.poolLimitBytes()));
  }

  /**
   * The same on the kernel that {@code calls} reach, for those who bring one of their own.
   *
   * @param pool becomes the engine's, which closes it
   */
  public static UringEngine open(UringOptions options, CallState calls, BlockPool pool) {
    return new UringEngine(options, calls, pool);
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
    return calls.nanoTime();
  }

  @SuppressWarnings("unchecked") // an array can't be made of the generic type
  private static @Nullable Requests<Operation>[] newRequests(int length) {
    return (Requests<Operation>[]) new Requests<?>[length];
  }

  /** From now on operations of this kind are carried out so. */
  @SuppressWarnings("unchecked") // the kind is that of the requests
  private void carryOut(OperationKind kind, Requests<?> by) {
    if (kind.index >= requests.length) {
      requests = Arrays.copyOf(requests, kind.index * 2);
    }
    requests[kind.index] = (Requests<Operation>) by;
  }

  @Override
  public void submit(Operation operation) {
    assert !isClosed;
    int kind = operation.kind().index;
    Requests<Operation> by = kind < requests.length ? requests[kind] : null;
    if (by == null) {
      workers.start(operation);
    } else {
      by.start(operation);
    }
  }

  @Override
  public void cancel(Operation operation) {
    if (operation.state != Operation.State.ACTIVE) {
      return;
    }
    operation.state = Operation.State.CANCELLING;
    switch (operation.phase) {
      case IN_FLIGHT -> cancels.cancel(operation);
      case STARVING, DEFERRED -> operations.end(operation, Errno.ECANCELED.negated());
      // It ends with the next call, which then must not wait.
      case QUIET -> wokenBySelf = true;
      // They end by themselves, and nothing could speed that up.
      case ENDING, ENDED -> {}
      case WORKING -> workers.cancel(operation);
      case SUBMITTED, PARKED -> throw new AssertionError(operation.phase);
    }
  }

  @Override
  public void await(long timeoutNanos) {
    if (ready != null) {
      ready.reset(calls);
    }
    boolean hasFed = streams.replenish() || streams.giveUp(sparse::adopt);
    if (datagrams.hasBufferRing()) {
      hasFed |= datagrams.replenish();
    }
    boolean isReady =
        !submitter.drain()
            || hasFed
            || hasBacklog
            || completions.tail() != completions.head()
            || operations.hasEnded()
            || workers.hasResults()
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
    submitter.freeScratch();
    collect();
  }

  /** What quiet sends hold may be all that others wait for, so their end must not come late. */
  private boolean isMemoryShort() {
    long refusals = pool.refusals();
    boolean isRefused = refusals != refusalsSeen;
    refusalsSeen = refusals;
    return isRefused || streams.isStarving() || sparse.isStarving() || datagrams.isStarving();
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
        sends.decideTaken();
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
    int told = sends.completeDecided(budget);
    told += tellEnded(budget - told);
    told += workers.dispatch(budget - told);
    told += walk(budget - told);
    if (sparse.hasReady()) {
      told += sparse.readOn(budget - told);
    }
    hasBacklog = told >= budget;
    return told;
  }

  private int tellEnded(int budget) {
    int told = 0;
    while (told < budget && operations.hasEnded()) {
      Operation operation = operations.pollEnded();
      if (operation != null) {
        operations.finish(operation, operation.value);
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
    droppedCompletions = 0;
    int sequence = head;
    try {
      while (sequence != head + count) {
        long outcome = completions.outcome(sequence);
        long tag = completions.userData(sequence++);
        boolean ranCallback =
            operations.kindOf(tag).complete(tag, (int) outcome, (int) (outcome >>> 32));
        droppedCompletions += ranCallback ? 0 : 1;
      }
    } finally {
      // A callback that throws has had its completion: neither that nor those after it are lost.
      counters.completions += sequence - head;
      completions.release(sequence);
    }
    return count - droppedCompletions;
  }

  @Override
  public void wake() {
    if (WOKEN.compareAndSet(this, 0, 1) && !waker.wake()) {
      WOKEN.setVolatile(this, 0); // or else nobody would try again
      throw new IllegalStateException("the kernel refuses to wake a loop");
    }
  }

  @Override
  public int readyDescriptor() {
    if (ready == null) {
      ready = ReadySignal.register(calls, ring);
    }
    return ready == null ? -1 : ready.descriptor();
  }

  @Override
  public boolean hasUnsent() {
    return submitter.hasUnsent();
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
  public Pipes pipes() {
    return pipes;
  }

  @Override
  public Processes processes() {
    return processes;
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
    return operations.active() + workers.active();
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
    boolean hasEnded = workers.close();
    hasEnded &= new Drain(calls, ring, submitter, operations, sends, cancels).run();
    waker.close(calls);
    ring.close();
    if (ready != null) {
      ready.close(calls);
    }
    if (hasEnded) {
      streamBuffers.close();
      if (datagrams.hasBufferRing()) {
        datagrams.buffers().close();
      }
      memory.unmap(calls);
      sparse.close();
      pool.close();
    } else {
      UNFINISHED.add(this);
    }
  }
}
