package gyre.sim.kernel;

import gyre.engine.Errno;
import gyre.sim.engine.SimEngine;
import gyre.sim.engine.Trace;
import gyre.sim.engine.Universe;
import gyre.sim.fault.Fault;
import gyre.sys.Memory;
import gyre.sys.Uring;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

// Over 500 lines: one ring: setting up, taking entries and answering share its memory.
/** One io_uring: both rings in memory that it shares with the engine, and the requests in hand. */
final class KernelRing {
  private static final int SQ_HEAD = 0;
  private static final int SQ_FLAGS = 8;
  private static final int SQ_TAIL = 64;
  private static final int CQ_HEAD = 128;
  private static final int CQ_TAIL = 192;
  private static final int CQES = 256;
  private static final int MOST_ENTRIES = 32_768;
  private static final long NANOS_PER_SECOND = 1_000_000_000L;

  /** What of an entry an engine writes each time. */
  private static final int WRITTEN_BYTES = 48;

  private static final byte POISON = (byte) 0xEE;

  private record Answer(long userData, int result, int flags) {}

  final SimKernel kernel;
  private final int setup;
  private final int submissions;
  private final int completions;
  private final long rings;
  private final long ringBytes;
  private final long entries;
  private final long entryBytes;
  private final Issuer issuer = new Issuer(this);
  private final Map<Integer, BufferGroup> groups = new HashMap<>();
  private final Set<Request> requests = new LinkedHashSet<>();

  /** To be tried when the thread of the ring is in the kernel. */
  private ArrayDeque<Request> work = new ArrayDeque<>();

  private final ArrayDeque<Answer> overflow = new ArrayDeque<>(0);
  private @Nullable CounterFile signalled;
  private int head;
  private int tail;

  /** Completions before this were given back, and may be written again: so they are spoilt. */
  private int spoilt;

  private boolean isMapped;
  private boolean isClosed;
  private boolean isWorking;

  private KernelRing(SimKernel kernel, int setup, int submissions, int completions) {
    this.kernel = kernel;
    this.setup = setup;
    this.submissions = submissions;
    this.completions = completions;
    long array = has(Uring.SETUP_NO_SQARRAY) ? 0 : 4L * submissions;
    this.ringBytes = CQES + (long) Uring.CQE_BYTES * completions + array;
    this.entryBytes = (long) Uring.SQE_BYTES * submissions;
    this.rings = kernel.mapForRing(ringBytes);
    this.entries = kernel.mapForRing(entryBytes);
  }

  private boolean has(int flag) {
    return (setup & flag) != 0;
  }

  // ---- setting up

  /** The descriptor of a new one, or -errno. */
  static int setUp(SimKernel kernel, int wanted, long params) {
    int flags = Memory.getInt(params + Uring.PARAMS_FLAGS);
    boolean isClamped = (flags & Uring.SETUP_CLAMP) != 0;
    boolean isSized = (flags & Uring.SETUP_CQSIZE) != 0;
    boolean isDeferring = (flags & Uring.SETUP_DEFER_TASKRUN) != 0;
    boolean isCooperative = (flags & Uring.SETUP_COOP_TASKRUN) != 0;
    if (kernel.version.unknownSetup(flags) != 0
        || wanted < 1
        || (wanted > MOST_ENTRIES && !isClamped)
        || (isDeferring && (flags & Uring.SETUP_SINGLE_ISSUER) == 0)
        || ((flags & Uring.SETUP_TASKRUN_FLAG) != 0 && !isDeferring && !isCooperative)) {
      return Errno.EINVAL.negated();
    }
    int submissions = powerOfTwo(Math.min(wanted, MOST_ENTRIES));
    int asked = isSized ? Memory.getInt(params + Uring.PARAMS_CQ_ENTRIES) : 2 * submissions;
    if (asked < submissions && isSized) {
      return Errno.EINVAL.negated();
    }
    int completions = powerOfTwo(Math.min(asked, 2 * MOST_ENTRIES));
    if (kernel.strikes(Fault.SMALL_BUFFERS, null)) {
      completions = 2 << kernel.chance.below(3); // smaller than any kernel's, to overflow often
    }
    KernelRing ring = new KernelRing(kernel, flags, submissions, completions);
    ring.describe(params);
    int descriptor = kernel.install(ring);
    if (descriptor < 0) {
      ring.unmapUnused();
    }
    return descriptor;
  }

  private static int powerOfTwo(int least) {
    return least == 1 ? 1 : Integer.highestOneBit(least - 1) << 1;
  }

  private void describe(long params) {
    Memory.putInt(params + Uring.PARAMS_SQ_ENTRIES, submissions);
    Memory.putInt(params + Uring.PARAMS_CQ_ENTRIES, completions);
    Memory.putInt(params + Uring.PARAMS_FEATURES, kernel.version.features());
    Memory.putInt(params + Uring.PARAMS_SQ_HEAD, SQ_HEAD);
    Memory.putInt(params + Uring.PARAMS_SQ_TAIL, SQ_TAIL);
    Memory.putInt(params + Uring.PARAMS_SQ_FLAGS, SQ_FLAGS);
    boolean isDirect = has(Uring.SETUP_NO_SQARRAY);
    Memory.putInt(params + Uring.PARAMS_SQ_ARRAY, isDirect ? 0 : (int) array());
    Memory.putInt(params + Uring.PARAMS_CQ_HEAD, CQ_HEAD);
    Memory.putInt(params + Uring.PARAMS_CQ_TAIL, CQ_TAIL);
    Memory.putInt(params + Uring.PARAMS_CQ_CQES, CQES);
  }

  private long array() {
    return CQES + (long) Uring.CQE_BYTES * completions;
  }

  long map(long offset, long bytes) {
    isMapped = true;
    if (offset == Uring.OFFSET_SQES) {
      return bytes == entryBytes ? entries : Errno.EINVAL.negated();
    }
    boolean isRings = offset == Uring.OFFSET_RINGS && bytes == ringBytes;
    return isRings ? rings : Errno.EINVAL.negated();
  }

  private void unmapUnused() {
    if (!isMapped) {
      kernel.unmapRing(rings, ringBytes);
      kernel.unmapRing(entries, entryBytes);
    }
  }

  long register(int operation, long argument, int count) {
    return switch (operation) {
      case Uring.REGISTER_PROBE -> probe(argument, count);
      case Uring.REGISTER_RING_FDS -> {
        Memory.putInt(argument, kernel.registerRing(this));
        yield 1;
      }
      case Uring.UNREGISTER_RING_FDS -> {
        kernel.unregisterRing(Memory.getInt(argument));
        yield 1;
      }
      case Uring.REGISTER_PBUF_RING -> registerBuffers(argument);
      case Uring.REGISTER_EVENTFD -> {
        signalled = kernel.own(Memory.getInt(argument)) instanceof CounterFile file ? file : null;
        yield signalled == null ? Errno.EBADF.negated() : 0;
      }
      default -> Errno.EINVAL.negated();
    };
  }

  private int probe(long probe, int count) {
    for (int operation = 0; operation < count; operation++) {
      long entry = probe + Uring.PROBE_HEADER_BYTES + (long) operation * Uring.PROBE_OP_BYTES;
      boolean isKnown = kernel.version.knowsOperation(operation);
      Memory.putShort(entry + 2, (short) (isKnown ? Uring.PROBE_SUPPORTED : 0));
    }
    return 0;
  }

  private int registerBuffers(long registration) {
    int count = Memory.getInt(registration + 8);
    int rest = Memory.getInt(registration + 12);
    int group = rest & 0xFFFF;
    int flags = rest >>> 16;
    boolean isIncremental = flags == Uring.BUFFER_RING_INCREMENTAL;
    if (Integer.bitCount(count) != 1
        || (flags != 0 && !(isIncremental && kernel.version.knowsIncrementalBuffers()))) {
      return Errno.EINVAL.negated();
    }
    if (groups.containsKey(group)) {
      return Errno.EEXIST.negated();
    }
    groups.put(group, new BufferGroup(Memory.getLong(registration), count, isIncremental));
    return 0;
  }

  @Nullable BufferGroup group(int number) {
    return groups.get(number);
  }

  // ---- the call

  int enter(int submit, int least, int flags, long argument) {
    if (kernel.universe.isEnding()) {
      letTimePass();
    }
    if (!has(Uring.SETUP_DEFER_TASKRUN)) {
      runWork();
    }
    int taken = 0;
    if (submit > 0) {
      isWorking = true; // what is woken meanwhile has its turn afterwards
      try {
        taken = submit(submit);
      } finally {
        isWorking = false;
      }
      if (!has(Uring.SETUP_DEFER_TASKRUN)) {
        runWork();
      }
    }
    if (taken != submit || (flags & Uring.ENTER_GETEVENTS) == 0) {
      return taken;
    }
    int result = complete(least, timeoutNanos(flags, argument));
    return taken > 0 ? taken : result;
  }

  /** An engine that closes calls until all has ended, or its time is over: it must get there. */
  private void letTimePass() {
    Universe universe = kernel.universe;
    universe.advanceTo(universe.nowNanos() + SimEngine.turnNanos(universe));
    universe.fireDue();
  }

  private long timeoutNanos(int flags, long argument) {
    long timespec =
        (flags & Uring.ENTER_EXT_ARG) == 0 ? 0 : Memory.getLong(argument + Uring.WAIT_TIMESPEC);
    if (timespec == 0) {
      return Long.MAX_VALUE;
    }
    long nanos = Memory.getLong(timespec) * NANOS_PER_SECOND + Memory.getLong(timespec + 8);
    return Math.max(1, kernel.process.machine().realNanos(nanos));
  }

  private int complete(int least, long timeoutNanos) {
    if (least > 0 && kernel.strikes(Fault.INTERRUPTED_CALL, null)) {
      return Errno.EINTR.negated();
    }
    while (true) {
      runWork();
      flushOverflow();
      int wanted = Math.min(least, completions);
      if (ready() >= wanted) {
        return 0;
      }
      int result = kernel.waitFor(() -> hasSomething(wanted), timeoutNanos);
      if (result < 0) {
        return result;
      }
    }
  }

  /** Whether the wait of its thread would end, or be looked at. */
  private boolean hasSomething(int wanted) {
    return ready() >= wanted || !work.isEmpty() || !overflow.isEmpty();
  }

  private int submit(int most) {
    int shown = Memory.getIntAcquire(rings + SQ_TAIL);
    int taken = 0;
    while (taken < most && head != shown) {
      if (kernel.strikes(Fault.PARTIAL_SUBMISSION, null)) {
        return taken == 0 ? Errno.EAGAIN.negated() : taken;
      }
      long at = entries + (long) index(head) * Uring.SQE_BYTES;
      Entry entry = Entry.read(at);
      Memory.putIntRelease(rings + SQ_HEAD, ++head);
      taken++;
      boolean isGood = issue(entry);
      Memory.fill(at, WRITTEN_BYTES, POISON);
      if (!isGood && !has(Uring.SETUP_SUBMIT_ALL)) {
        break;
      }
    }
    return taken;
  }

  private int index(int sequence) {
    int place = sequence & (submissions - 1);
    return has(Uring.SETUP_NO_SQARRAY)
        ? place
        : Memory.getInt(rings + array() + 4L * place) & (submissions - 1);
  }

  /** False if the entry makes no sense. */
  private boolean issue(Entry entry) {
    kernel.universe.trace(
        Trace.Kind.ENTRY, kernel.process, entry.operation(), entry.descriptor(), entry);
    int failure = issuer.issue(entry);
    if (failure < 0) {
      post(entry, failure, 0);
    }
    return failure != Errno.EINVAL.negated();
  }

  /** Ends a request that an engine names, or all: 0, how many, or -errno. */
  int cancel(Entry entry) {
    boolean isAny = (entry.operationFlags() & Uring.ASYNC_CANCEL_ANY) != 0;
    int cancelled = 0;
    for (Request request : List.copyOf(requests)) {
      boolean isMeant = isAny || request.entry.userData() == entry.address();
      if (!isMeant || request instanceof Requests.Message) {
        continue;
      }
      if (!request.isCancellable()) {
        if (!isAny) {
          return Errno.EALREADY.negated();
        }
        continue;
      }
      if (kernel.strikes(Fault.MISSED_CANCEL, request)) {
        continue;
      }
      request.cancel(kernel.strikes(Fault.LATE_CANCEL, request));
      cancelled++;
      if (!isAny) {
        return 0;
      }
    }
    return cancelled == 0 ? Errno.ENOENT.negated() : isAny ? cancelled : 0;
  }

  // ---- requests

  void hold(Request request) {
    requests.add(request);
  }

  void drop(Request request) {
    requests.remove(request);
  }

  boolean isIdle() {
    return requests.isEmpty();
  }

  /** Has a request tried when the ring's thread is in the kernel; at once where it need not be. */
  void queue(Request request) {
    if (request.isOver || request.isQueued) {
      return;
    }
    request.isQueued = true;
    work.add(request);
    if (signalled != null) {
      signalled.signal(1);
    }
    boolean waits = has(Uring.SETUP_DEFER_TASKRUN) || has(Uring.SETUP_COOP_TASKRUN);
    if (!waits) {
      runWork();
    } else if (has(Uring.SETUP_TASKRUN_FLAG)) {
      flag(Uring.SQ_TASKRUN, true);
    }
  }

  /** Without deferral what a thread owes its rings is done whenever it leaves the kernel. */
  void callEnds() {
    if (!isClosed && !has(Uring.SETUP_DEFER_TASKRUN)) {
      runWork();
    }
  }

  private void runWork() {
    if (isWorking) {
      return;
    }
    isWorking = true;
    try {
      if (work.size() > 1 && kernel.strikes(Fault.REORDERED_COMPLETIONS, null)) {
        shuffle();
      }
      for (int left = work.size(); left > 0; left--) {
        work.remove().goOn();
      }
    } finally {
      isWorking = false;
    }
    if (work.isEmpty()) {
      flag(Uring.SQ_TASKRUN, false);
    }
  }

  private void shuffle() {
    List<Request> all = new ArrayList<>(work);
    for (int i = all.size() - 1; i > 0; i--) {
      int other = kernel.chaos().of(Fault.REORDERED_COMPLETIONS).below(i + 1);
      Request swapped = all.set(i, all.get(other));
      all.set(other, swapped);
    }
    work = new ArrayDeque<>(all);
  }

  void message(long userData, int result) {
    Entry entry = new Entry(Uring.OP_MSG_RING, 0, 0, -1, 0, 0, 0, 0, userData, 0);
    Request message = new Requests.Message(this, entry, result);
    hold(message);
    queue(message);
  }

  // ---- completions

  private int ready() {
    return tail - Memory.getIntAcquire(rings + CQ_HEAD);
  }

  boolean hasRoom() {
    return overflow.isEmpty() && ready() < completions;
  }

  void post(Entry entry, int result, int flags) {
    if (isClosed) {
      return;
    }
    kernel.universe.trace(Trace.Kind.ANSWER, kernel.process, result, flags, entry);
    Answer answer = new Answer(entry.userData(), result, flags);
    if (hasRoom()) {
      write(answer);
    } else {
      overflow.add(answer);
      flag(Uring.SQ_CQ_OVERFLOW, true);
    }
    if (signalled != null) {
      signalled.signal(1);
    }
  }

  /** The engine calls its kernel: what it has given back by now it can't read any more. */
  void spoilGivenBack() {
    if (!isClosed) {
      int givenBack = Memory.getIntAcquire(rings + CQ_HEAD);
      if (givenBack - spoilt < 0 || tail - givenBack < 0) {
        throw new AssertionError(
            "the head of the completions is at %d: between %d, which was given back, and %d it may be"
                .formatted(givenBack, spoilt, tail));
      }
      for (; spoilt != givenBack; spoilt++) {
        Memory.fill(completion(spoilt), Uring.CQE_BYTES, POISON);
      }
    }
  }

  private long completion(int sequence) {
    return rings + CQES + (long) (sequence & (completions - 1)) * Uring.CQE_BYTES;
  }

  private void write(Answer answer) {
    spoilGivenBack();
    long at = completion(tail);
    Memory.putLong(at, answer.userData);
    Memory.putInt(at + 8, answer.result);
    Memory.putInt(at + 12, answer.flags);
    Memory.putIntRelease(rings + CQ_TAIL, ++tail);
  }

  private void flushOverflow() {
    while (!overflow.isEmpty() && ready() < completions) {
      write(overflow.remove());
    }
    flag(Uring.SQ_CQ_OVERFLOW, !overflow.isEmpty());
  }

  private void flag(int bit, boolean isSet) {
    if (!isClosed) {
      int flags = Memory.getIntAcquire(rings + SQ_FLAGS);
      Memory.putIntRelease(rings + SQ_FLAGS, isSet ? flags | bit : flags & ~bit);
    }
  }

  // ---- the end

  /** What is in hand is cancelled, some time later, and nobody is told. */
  void close() {
    isClosed = true;
    unmapUnused();
    for (Request request : List.copyOf(requests)) {
      kernel.later(
          1_000_000,
          () -> {
            if (!request.isOver) {
              request.end(Errno.ECANCELED.negated());
            }
          });
    }
  }

  /** Memory is given back to the system: nothing in hand may use it. */
  void checkUnmapped(long address, long bytes) {
    for (Request request : requests) {
      BufferGroup group = groups.get(request.entry.group());
      boolean selects = (request.entry.flags() & Uring.SQE_BUFFER_SELECT) != 0;
      if (selects && group != null && group.overlaps(address, bytes)) {
        throw new AssertionError(
            "memory is unmapped while it is lent to the kernel, which may write into it for "
                + request);
      }
    }
  }

  @Override
  public String toString() {
    return "io_uring with " + requests.size() + " requests in hand";
  }
}
