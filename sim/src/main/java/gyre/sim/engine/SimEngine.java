package gyre.sim.engine;

import gyre.engine.Accept;
import gyre.engine.Block;
import gyre.engine.BlockPool;
import gyre.engine.Connect;
import gyre.engine.Engine;
import gyre.engine.EngineCounters;
import gyre.engine.EngineOptions;
import gyre.engine.Environment;
import gyre.engine.Errno;
import gyre.engine.FileCalls;
import gyre.engine.FileOperation;
import gyre.engine.FileTransfer;
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
import gyre.engine.TerminalCalls;
import gyre.engine.Vector;
import gyre.engine.WriteFile;
import gyre.sim.fault.Fault;
import gyre.sys.Memory;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.net.SocketAddress;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.BitSet;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

// Over 500 lines: it implements all of the seam, and its queues hang together.
/**
 * An engine whose kernel is a {@link Universe}.
 *
 * <p>An operation waits in {@code submitted} until the next await, is then attached to its socket,
 * and is tried whenever that is ready; what it is told goes into {@code completions}. Descriptors
 * are handed out lowest first, as kernels do, so that a stale one soon meets another's socket.
 */
@SuppressWarnings("EnumOrdinal") // an index of arrays of this run, and of nothing that lasts
public final class SimEngine implements Engine, Subject {
  private static final int FIRST_DESCRIPTOR = 3;
  private static final int COMPLETIONS_LIMIT = 64;
  private static final int LANDING_LEAST_BYTES = 2048;
  private static final long TURN_NANOS = 2_000;
  private static final long LAST_TURNS_NANOS = 1_000_000;

  /**
   * In {@link Operation#engineBits}: its last completion is in the queue, it can't be cancelled.
   */
  private static final int ENDED = 1;

  private final Universe universe;
  private final Machine machine;
  private final String label;
  private final int number;
  private final MemoryGuard guard = new MemoryGuard();
  private final BlockPool pool;

  /** Null where memory is taken from the pool when data is there. */
  final @Nullable ReceiveRing ring;

  /** What all exact receives share, and how much of it is used; only beside a ring. */
  private @Nullable Block landing;

  private int landed;
  private final SimSockets sockets;
  private final SimPipes pipes;
  private final SimProcesses processes;

  /** What it is itself, if a program of this world has started it. */
  private @Nullable SimProcess process;

  private final SimFiles files;
  private final FileWork fileWork;
  private final SimEnvironment environment;
  private final EngineCounters counters = new EngineCounters();

  /** Keeps the vector's memory alive. */
  private final MemorySegment entries =
      Arena.ofAuto().allocate((long) Vector.ENTRY_BYTES * Vector.CAPACITY, 8);

  private final Vector vector = new Vector(Memory.attachWeakly(entries));

  private @Nullable SimSocket[] table = new @Nullable SimSocket[16];
  private final BitSet descriptors = new BitSet();

  private final ArrayDeque<Operation> submitted = new ArrayDeque<>();
  private final ArrayDeque<Operation> cancelled = new ArrayDeque<>();
  private ArrayDeque<SimSocket> ready = new ArrayDeque<>();
  private final ArrayDeque<SimSocket> starving = new ArrayDeque<>();
  private final ArrayDeque<Completion> completions = new ArrayDeque<>();

  /** Successes that nobody waits for; told with the next turn that comes for another reason. */
  private final ArrayDeque<Completion> lazy = new ArrayDeque<>();

  private final ArrayDeque<Completion> free = new ArrayDeque<>();

  /** One for each kind of work that the loop hands over. */
  private final List<SimWorkers> workers = new ArrayList<>(2);

  private int active;
  private boolean memoryCame;
  private boolean gone;
  private boolean closed;

  /** There if a real engine runs above: then this is the process, and that the engine. */
  private @Nullable KernelBelow kernel;

  private volatile boolean woken;
  private String leftBehind = "";

  private SimEngine(Universe universe, Machine machine, String label, EngineOptions options) {
    this.universe = universe;
    this.machine = machine;
    this.label = label;
    this.number = 10_000 + universe.enlist(this);
    this.pool = BlockPool.guarded(options.poolLimitBytes(), guard);
    this.ring = machine.hasReceiveRing() ? new ReceiveRing(pool) : null;
    this.sockets = new SimSockets(this, universe);
    this.pipes = new SimPipes(this, universe);
    this.files = new SimFiles(this, universe);
    this.processes = new SimProcesses(this, files, universe);
    this.fileWork = new FileWork(this, universe, files);
    this.environment = new SimEnvironment(this, universe);
    descriptors.set(0, FIRST_DESCRIPTOR);
    pool.addListener(() -> memoryCame = true);
  }

  /** An engine for a loop on {@code machine}; {@code label} names it in traces. */
  public static SimEngine open(
      Universe universe, Machine machine, String label, EngineOptions options) {
    return new SimEngine(universe, machine, label, options);
  }

  // ---- what it is

  @Override
  public String name() {
    return "sim";
  }

  @Override
  public String features() {
    return "virtual time, seed " + universe.seed();
  }

  @Override
  public String label() {
    return label;
  }

  public Machine machine() {
    return machine;
  }

  @Override
  public int number() {
    return number;
  }

  @Override
  public long nanoTime() {
    return machine.nanoTime();
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
  public Supplier<TerminalCalls> terminals() {
    return () -> new SimTerminalCalls(this, universe);
  }

  /** It runs a child, with what that was given for its input, output and errors. */
  public void become(SimProcess child) {
    process = child;
  }

  @Nullable SimProcess process() {
    return process;
  }

  /** What it was started with; null where that is closed. */
  @Nullable PipeEnd standard(int number) {
    SimProcess own = process;
    return own == null || own.hasEnded() ? null : own.standard(number);
  }

  @Override
  public Environment environment() {
    return environment;
  }

  @Override
  public BlockPool pool() {
    return pool;
  }

  @Override
  public EngineCounters counters() {
    return counters;
  }

  @Override
  public int active() {
    return active;
  }

  Vector vector() {
    return vector;
  }

  void employ(SimWorkers newWorkers) {
    workers.add(newWorkers);
  }

  /** Offloaded jobs that have begun and wait for something, for reports. */
  public List<String> blockedJobs() {
    List<String> jobs = new ArrayList<>(0);
    workers.forEach(present -> present.describeBlocked(jobs));
    return jobs;
  }

  /** An offloaded job that only real time can wake; null if there is none. */
  public @Nullable String jobThatWaitsByClock() {
    for (SimWorkers present : workers) {
      String job = present.jobThatWaitsByClock();
      if (job != null) {
        return job;
      }
    }
    return null;
  }

  // ---- descriptors

  /** The lowest free descriptor, which has an owner now; or -errno. */
  public int takeDescriptor() {
    int descriptor = descriptors.nextClearBit(0);
    if (descriptor >= machine.descriptorLimit()) {
      return Errno.EMFILE.negated();
    }
    descriptors.set(descriptor);
    return descriptor;
  }

  public void giveDescriptor(int descriptor) {
    descriptors.clear(descriptor);
  }

  /** Gives a socket a descriptor, or answers -errno. */
  int install(SimSocket socket) {
    int descriptor = takeDescriptor();
    if (descriptor < 0) {
      return descriptor;
    }
    if (descriptor >= table.length) {
      table = Arrays.copyOf(table, Math.max(descriptor + 1, table.length * 2));
    }
    table[descriptor] = socket;
    socket.descriptor = descriptor;
    socket.engine = this;
    return descriptor;
  }

  @Nullable SimSocket uninstall(int descriptor) {
    SimSocket socket = find(descriptor);
    if (socket != null) {
      table[descriptor] = null;
      descriptors.clear(descriptor);
      socket.engine = null;
      socket.descriptor = -1;
      if (socket.queued) {
        socket.queued = false;
        ready.remove(socket);
      }
      starving.remove(socket);
      if (ring != null && socket instanceof StreamSocket stream) {
        ring.forget(stream);
      }
    }
    return socket;
  }

  /** What a descriptor is; null if it is none, or that of a file. */
  public @Nullable SimSocket find(int descriptor) {
    return descriptor >= 0 && descriptor < table.length ? table[descriptor] : null;
  }

  /** Whether any operation on it has not had its terminal callback. For assertions. */
  boolean isActive(SimSocket socket) {
    return activeOn(socket) != null;
  }

  @Nullable Operation activeOn(@Nullable SimSocket socket) {
    if (socket == null) {
      return null;
    }
    if (socket.receiver != null) {
      return socket.receiver;
    }
    if (socket.sender != null) {
      return socket.sender;
    }
    if (socket.poll != null) {
      return socket.poll;
    }
    for (Completion completion : completions) {
      if (completion.operation != null && completion.operation.descriptor == socket.descriptor) {
        return completion.operation;
      }
    }
    for (Completion completion : lazy) {
      if (completion.operation != null && completion.operation.descriptor == socket.descriptor) {
        return completion.operation;
      }
    }
    for (Operation operation : submitted) {
      if (operation.descriptor == socket.descriptor) {
        return operation;
      }
    }
    return null;
  }

  /** What its kernel knows of a descriptor; empty if that is none. */
  public String explain(int descriptor) {
    SimSocket socket = find(descriptor);
    return socket == null ? "" : socket.explain();
  }

  /** Where the other end of a connection is, if a program has it. */
  public @Nullable Place other(int descriptor) {
    SimSocket socket = find(descriptor);
    SimSocket other = socket == null ? null : socket.other();
    SimEngine there = other == null ? null : other.engine;
    if (there == null || other == null) {
      return null;
    }
    Operation active = there.activeOn(other);
    return new Place(there, other.descriptor, String.valueOf(active == null ? other.user : active));
  }

  /** The sockets for which something has arrived that no program receives, and why. */
  public List<String> neglected() {
    List<String> list = new ArrayList<>();
    for (SimSocket socket : table) {
      if (socket != null && socket.isNeglected()) {
        list.add("after " + socket.user + " nobody receives: " + socket.explain());
      }
    }
    return list;
  }

  /**
   * A descriptor of an engine.
   *
   * @param user an operation on it, the last if none is active, or {@code null} as a word
   */
  public record Place(SimEngine engine, int descriptor, String user) {}

  void enqueue(SimSocket socket, int events) {
    KernelBelow below = kernel;
    if (below != null) {
      below.readied(socket, events);
      if (!socket.isBusy()) {
        return;
      }
    }
    if (!socket.queued) {
      socket.queued = true;
      ready.add(socket);
    }
  }

  // ---- operations

  @Override
  public void submit(Operation operation) {
    assert operation.isIdle() : operation + " is submitted while it is active";
    counters.submissions++;
    operation.state = Operation.State.ACTIVE;
    operation.phase = Operation.Phase.SUBMITTED;
    operation.engineBits = 0;
    active++;
    submitted.add(operation);
  }

  @Override
  public void cancel(Operation operation) {
    if (operation.state == Operation.State.ACTIVE) {
      operation.state = Operation.State.CANCELLING;
      cancelled.add(operation);
    }
  }

  /** The same in every run, unlike the index of the kind. */
  private static int kind(Operation operation) {
    return operation.kind().name().hashCode();
  }

  private void startSubmitted() {
    for (int left = submitted.size(); left > 0; left--) {
      Operation operation = submitted.remove();
      universe.trace(Trace.Kind.SUBMIT, this, kind(operation), operation.descriptor, operation);
      if (operation instanceof FileOperation work && !isOfPipe(operation)) {
        fileWork.start(work);
        continue;
      }
      SimSocket socket = find(operation.descriptor);
      if (socket == null) {
        complete(operation, Completion.Kind.TERMINAL, Errno.EBADF.negated());
      } else {
        attach(socket, operation);
        enqueue(socket, SimSocket.ANY_EVENT);
      }
    }
  }

  private boolean isOfPipe(Operation operation) {
    return operation instanceof FileTransfer && find(operation.descriptor) instanceof PipeEnd;
  }

  /** How an operation of a kind gets to the socket that it is about. */
  private interface Attaching {
    void attach(SimSocket socket, Operation operation);
  }

  private static final Map<OperationKind, Attaching> KINDS =
      Map.of(
          Accept.KIND, SimEngine::attachReceiver,
          Receive.KIND, SimEngine::attachReceiver,
          ReadFile.KIND, SimEngine::attachReceiver,
          WriteFile.KIND, SimEngine::attachSender,
          ReceiveFrom.KIND, SimEngine::attachReceiver,
          Send.KIND, SimEngine::attachSender,
          Connect.KIND, SimEngine::attachSender,
          SendTo.KIND, SimEngine::attachDatagram,
          Poll.KIND, SimEngine::attachPoll);

  private static void attach(SimSocket socket, Operation operation) {
    socket.user = operation;
    Attaching kind = KINDS.get(operation.kind());
    if (kind == null) {
      throw new IllegalArgumentException("no way to carry out " + operation.kind());
    }
    kind.attach(socket, operation);
  }

  private static void attachDatagram(SimSocket socket, Operation operation) {
    if (socket instanceof DatagramSocket datagrams) {
      datagrams.add((SendTo) operation);
    } else {
      attachSender(socket, operation);
    }
  }

  private static void attachPoll(SimSocket socket, Operation operation) {
    assert socket.poll == null : "two polls on " + socket;
    socket.poll = (Poll) operation;
    socket.edges = Poll.READABLE | Poll.WRITABLE;
  }

  private static void attachSender(SimSocket socket, Operation operation) {
    assert socket.sender == null : "two that send or connect on " + socket + ": " + operation;
    socket.sender = operation;
  }

  private static void attachReceiver(SimSocket socket, Operation operation) {
    assert socket.receiver == null : "two that receive on " + socket + ": " + operation;
    socket.receiver = operation;
  }

  private void cancelRequested() {
    Chaos chaos = universe.chaos();
    for (int left = cancelled.size(); left > 0; left--) {
      Operation operation = cancelled.remove();
      if (operation.state != Operation.State.CANCELLING || operation.engineBits == ENDED) {
        continue;
      }
      if (operation.phase == Operation.Phase.WORKING) {
        fileWork.cancel(operation);
        continue;
      }
      SimSocket socket = find(operation.descriptor);
      if (gone) {
        complete(operation, Completion.Kind.TERMINAL, Errno.ECANCELED.negated());
        continue;
      }
      assert socket != null : "the socket of " + operation + " has gone";
      if (socket instanceof StreamSocket stream && stream.isSettled(operation)) {
        continue; // it ends by itself
      }
      if (chaos.strikes(Fault.LATE_CANCEL, this, operation)) {
        cancelled.add(operation);
        continue;
      }
      universe.trace(Trace.Kind.CANCEL, this, kind(operation), operation.descriptor, operation);
      boolean detached =
          socket.detach(operation)
              || (socket instanceof DatagramSocket datagrams && datagrams.remove(operation));
      assert detached : operation + " is nowhere";
      complete(operation, Completion.Kind.TERMINAL, Errno.ECANCELED.negated());
    }
  }

  // ---- completions

  private Completion completion(Operation operation, Completion.Kind kind, int result) {
    Completion completion = free.isEmpty() ? new Completion() : free.removeLast();
    completion.operation = operation;
    completion.kind = kind;
    completion.result = result;
    if (kind == Completion.Kind.TERMINAL) {
      assert operation.engineBits != ENDED : operation + " ends twice";
      operation.engineBits = ENDED;
    }
    universe.trace(
        Trace.Kind.COMPLETE,
        this,
        operation.descriptor + ((long) kind.ordinal() << 32),
        result,
        operation);
    return completion;
  }

  void complete(Operation operation, Completion.Kind kind, int result) {
    completions.add(completion(operation, kind, result));
  }

  void completeReceived(Receive receive, Block block, int offset, int length) {
    guard.lent(block, receive);
    Completion completion = completion(receive, Completion.Kind.RECEIVED, length);
    completion.block = block;
    completion.offset = offset;
    completion.length = length;
    completions.add(completion);
  }

  void completeReceivedFrom(
      ReceiveFrom receive,
      Block block,
      int length,
      @Nullable SocketAddress source,
      boolean truncated) {
    guard.lent(block, receive);
    Completion completion = completion(receive, Completion.Kind.RECEIVED_FROM, length);
    completion.block = block;
    completion.offset = 0;
    completion.length = length;
    completion.source = source;
    completion.truncated = truncated;
    completions.add(completion);
  }

  /** Its memory is checked when it is told. */
  void completeSent(Send send, int result, boolean isAll, SentSum lent) {
    Completion completion = completion(send, Completion.Kind.TERMINAL, result);
    completion.lent = lent;
    boolean isLazy = isAll && !send.awaited && universe.details().below(2) == 0;
    (isLazy ? lazy : completions).add(completion);
  }

  /** Memory to receive into; null if there is none, and then the socket is tried again later. */
  @Nullable Block takeBlock(SimSocket socket, int bytes) {
    Chaos chaos = universe.chaos();
    if (chaos.strikes(Fault.POOL_EXHAUSTION, this, socket)) {
      counters.starvations++;
      socket.readyLater(chaos.of(Fault.POOL_EXHAUSTION).below(20_000_000L));
      return null;
    }
    boolean isStream = bytes > BlockPool.SMALL_BYTES && bytes <= BlockPool.LARGE_BYTES;
    Block block = isStream ? pool.takeTransit() : pool.takeContiguous(bytes);
    if (block != null && block.capacity < Math.min(bytes, BlockPool.LARGE_BYTES)) {
      block.release(); // a datagram does not fit, and what a stream can do with it is played below
      pool.refuse(); // or nobody would say that another came back
      block = null;
    }
    if (block == null && bytes <= BlockPool.SMALL_BYTES) {
      block = pool.takeReserved(bytes);
    }
    if (block == null) {
      pool.fallShort();
      counters.starvations++;
      starving.add(socket);
      return null;
    }
    block.filled = Block.NOT_FILLABLE;
    return block;
  }

  /**
   * Room in the block that exact receives share; 0 if there is none, and then it is tried later.
   */
  int landingSpace(SimSocket socket) {
    Block present = landing;
    if (present != null) {
      landed = present.references() == 1 ? 0 : landed;
      if (present.capacity - landed >= LANDING_LEAST_BYTES) {
        return present.capacity - landed;
      }
      present.release();
    }
    landed = 0;
    landing = pool.takeTransit();
    if (landing == null) {
      counters.starvations++;
      starving.add(socket);
      return 0;
    }
    landing.filled = Block.NOT_FILLABLE;
    return landing.capacity;
  }

  /** Takes a slice of that block. */
  void land(Receive receive, Pipe from, int length) {
    Block block = landing;
    assert block != null;
    from.read(block.address + landed, length);
    block.retain();
    completeReceived(receive, block, landed, length);
    landed += length;
  }

  @Override
  public int dispatch(int budget) {
    int ran = 0;
    while (ran < budget && !completions.isEmpty()) {
      Completion completion = completions.remove();
      ran++;
      counters.completions++;
      tell(completion);
    }
    return ran;
  }

  private void tell(Completion completion) {
    Operation operation = completion.operation;
    assert operation != null;
    int result = completion.result;
    Completion.Kind kind = completion.kind;
    Block block = completion.block;
    int offset = completion.offset;
    int length = completion.length;
    SocketAddress source = completion.source;
    boolean truncated = completion.truncated;
    SentSum lent = completion.lent;
    completion.operation = null;
    completion.block = null;
    completion.source = null;
    completion.lent = null;
    free.add(completion);
    if (kind == Completion.Kind.TERMINAL) {
      if (lent != null) {
        lent.check(operation);
      }
      operation.state = Operation.State.IDLE;
      active--;
      operation.ended(result);
      return;
    }
    switch (kind) {
      case ACCEPTED -> ((Accept) operation).accepted(result);
      case READY -> ((Poll) operation).ready(result);
      case RECEIVED -> ((Receive) operation).received(filled(block), offset, length);
      case RECEIVED_FROM ->
          ((ReceiveFrom) operation).received(filled(block), offset, length, source, truncated);
      case TERMINAL -> throw new AssertionError(operation);
    }
  }

  private static Block filled(@Nullable Block block) {
    assert block != null;
    return block;
  }

  // ---- the turn

  /**
   * From now on this is a process with a kernel of its own, whose descriptors are used by a real
   * engine: what happens to sockets is told to that kernel.
   */
  public void playKernel(KernelBelow played) {
    kernel = played;
  }

  /** Whether a real engine runs above, which waits in its kernel and not here. */
  public boolean hasKernel() {
    return kernel != null;
  }

  /** Until when a real engine above waits in its kernel at most. */
  public long waitsUntilNanos() {
    KernelBelow below = kernel;
    return below == null ? Long.MAX_VALUE : below.waitsUntilNanos();
  }

  /** A real engine above has something to do that its kernel knows nothing of. */
  public void runs() {
    KernelBelow below = kernel;
    if (below != null) {
      below.runs();
    }
  }

  public Universe universe() {
    return universe;
  }

  /** Calls on files of this process. */
  public FileCalls fileCalls() {
    return files;
  }

  /** A pool for a real engine above, whose blocks are watched. */
  public BlockPool newPool(EngineOptions options) {
    return BlockPool.guarded(options.poolLimitBytes(), new MemoryGuard());
  }

  /** Whether a descriptor is open, also if it is not one of a socket. */
  public boolean isOpen(int descriptor) {
    return descriptor >= 0 && descriptors.get(descriptor);
  }

  /** Closes it, with what else a real engine above has left behind in its kernel. */
  public void closeWith(String leftBelow) {
    close();
    if (!leftBelow.isEmpty()) {
      leftBehind += (leftBehind.isEmpty() ? "" : ", ") + leftBelow;
    }
  }

  /** Whether completions of what it does itself are there to be told. */
  public boolean hasCompletions() {
    return !completions.isEmpty();
  }

  /** Whether a turn would find something to do at once. */
  public boolean needsTurn() {
    KernelBelow below = kernel;
    return below == null ? isReady() : below.needsTurn() || isReady();
  }

  private boolean isReady() {
    return !completions.isEmpty()
        || !submitted.isEmpty()
        || !ready.isEmpty()
        || !cancelled.isEmpty()
        || memoryCame
        || woken
        || (ring != null && ring.isStarving());
  }

  /**
   * What a turn costs its machine: virtual time must pass, or those who spin never end. When all
   * ends they get through their limits of time in few turns.
   */
  public static long turnNanos(Universe universe) {
    return universe.isEnding() ? LAST_TURNS_NANOS : 200 + universe.details().below(TURN_NANOS);
  }

  @Override
  public void await(long timeoutNanos) {
    counters.waits++;
    universe.trace(Trace.Kind.TURN, this, counters.submissions, counters.completions, null);
    if (!universe.isAutonomous()) {
      assert timeoutNanos == 0 : "a world's loop never waits by itself";
      collect();
      return;
    }
    universe.advanceTo(universe.nowNanos() + turnNanos(universe));
    universe.fireDue();
    collect();
    if (timeoutNanos > 0) {
      waitFor(timeoutNanos);
    }
    if (woken) {
      woken = false;
      counters.wakes++;
    }
  }

  /** Whether something is to be done beside what the real engine above does. */
  public boolean needsTurnOfItsOwn() {
    return isReady();
  }

  /** Looks what has happened, without waiting. */
  public void collect() {
    completions.addAll(lazy);
    lazy.clear();
    startSubmitted();
    if (memoryCame) {
      memoryCame = false;
      while (!starving.isEmpty()) {
        enqueue(starving.remove(), SimSocket.ANY_EVENT);
      }
    }
    if (ring != null) {
      ring.replenish();
    }
    progress();
    cancelRequested();
    assert pool.holdsInvariant()
        : label
            + " has promised more memory than it has: "
            + pool.usedBytes()
            + " used, "
            + pool.transitBytes()
            + " in transit, "
            + pool.promisedBytes()
            + " promised";
    if (!universe.isAutonomous() && woken) {
      woken = false;
      counters.wakes++;
    }
  }

  private void progress() {
    Chaos chaos = universe.chaos();
    if (ready.size() > 1 && chaos.strikes(Fault.REORDERED_COMPLETIONS, this, null)) {
      shuffle(chaos.of(Fault.REORDERED_COMPLETIONS));
    }
    for (int left = ready.size(); left > 0 && completions.size() < COMPLETIONS_LIMIT; left--) {
      SimSocket socket = ready.remove();
      socket.queued = false;
      socket.progress(this);
    }
  }

  private void shuffle(Chance chance) {
    SimSocket[] all = ready.toArray(SimSocket[]::new);
    for (int i = all.length - 1; i > 0; i--) {
      int other = chance.below(i + 1);
      SimSocket swapped = all[i];
      all[i] = all[other];
      all[other] = swapped;
    }
    ready = new ArrayDeque<>(Arrays.asList(all));
  }

  private void waitFor(long timeoutNanos) {
    long now = universe.nowNanos();
    long real = machine.realNanos(timeoutNanos);
    long deadlineNanos = timeoutNanos == FOREVER ? Long.MAX_VALUE : now + Math.max(1, real);
    while (completions.isEmpty() && !woken && !closed) {
      long next = Math.min(universe.nextEventNanos(), deadlineNanos);
      if (next == Long.MAX_VALUE) {
        waitForOutside();
        continue;
      }
      if (ready.isEmpty() && cancelled.isEmpty()) {
        universe.advanceTo(Math.max(next, universe.nowNanos()));
      } else {
        universe.advanceTo(
            Math.min(Math.max(next, universe.nowNanos()), universe.nowNanos() + 1_000));
      }
      universe.fireDue();
      collect();
      if (universe.nowNanos() >= deadlineNanos) {
        return;
      }
    }
  }

  private void waitForOutside() {
    if (!universe.allowsWakesFromOutside()) {
      throw new IllegalStateException(label + " waits for ever: nothing is going to happen");
    }
    if (!woken) {
      LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(1));
    }
  }

  @Override
  public void hurry() {
    wake();
  }

  @Override
  public void wake() {
    if (!universe.allowsWakesFromOutside()) {
      universe.entered(isInside(), label + " is woken");
    }
    woken = true;
    LockSupport.unpark(universe.thread());
  }

  /** Whether the caller is the thread of the world, or may be a fiber that it carries. */
  public boolean isInside() {
    Thread caller = Thread.currentThread();
    return caller.isVirtual() || caller.equals(universe.thread());
  }

  // ---- the end

  boolean isGone() {
    return gone || closed;
  }

  /** The process is killed: it does nothing any more, and its descriptors are closed. */
  public void kill() {
    vanish();
  }

  /** The host has crashed: all of it is gone at once, and nobody is told. */
  void vanish() {
    gone = true;
    if (kernel != null) {
      kernel.vanish();
    }
    fileWork.vanish();
    files.vanish();
    machine.processes().childrenOf(this).forEach(SimProcess::orphan);
    for (SimSocket socket : table) {
      if (socket != null) {
        socket.vanish();
      }
    }
    Arrays.fill(table, null);
    ready.clear();
    starving.clear();
  }

  @Override
  public void close() {
    if (closed) {
      return;
    }
    closed = true;
    fileWork.vanish();
    StringBuilder left = new StringBuilder(files.leftBehind());
    files.vanish();
    for (SimProcess child : machine.processes().childrenOf(this)) {
      left.append(left.isEmpty() ? "" : ", ").append(child).append(", ").append(child.state());
      child.orphan();
    }
    for (int descriptor = 0; descriptor < table.length; descriptor++) {
      SimSocket socket = find(descriptor);
      if (socket != null) {
        left.append(left.isEmpty() ? "" : ", ").append(socket);
        if (socket.user != null) {
          left.append(", used last by ").append(socket.user);
        }
      }
      uninstall(descriptor);
      if (socket != null) {
        socket.close();
      }
    }
    for (Completion completion : completions) {
      if (completion.block != null) {
        completion.block.release();
      }
    }
    completions.clear();
    if (landing != null) {
      landing.release();
      landing = null;
    }
    long bytes = pool.usedBytes() + (ring == null ? 0 : ring.close());
    if (bytes > 0) {
      left.append(left.isEmpty() ? "" : ", ").append(bytes).append(" bytes of buffers");
    }
    if (pool.promisedBytes() > 0) {
      left.append(left.isEmpty() ? "" : ", ")
          .append(pool.promisedBytes())
          .append(" bytes promised");
    }
    leftBehind = left.toString();
    pool.close();
  }

  /** What a loop should have given back before it closed its engine; empty if there is nothing. */
  public String leftBehind() {
    return gone ? "" : leftBehind;
  }

  @Override
  public String toString() {
    return label;
  }
}
